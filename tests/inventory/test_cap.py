"""CAP 1.2 is read with nothing resolved and everything bounded, and every rule that a message breaks is told."""

import datetime as dt
import random
import re
import time
from pathlib import Path

import pytest

from gridwhistle.common.problems import Problem
from gridwhistle.inventory.alerts.cap_reading import read_cap
from gridwhistle.inventory.alerts.cap_writing import write_cap
from tests.inventory.a_warning import cap_message

CAP = "urn:oasis:names:tc:emergency:cap:1.2"
REAL = Path(__file__).parents[3] / "shared" / "data" / "cap"
needs_real_messages = pytest.mark.skipif(not REAL.exists(), reason="needs ../shared/data/cap, which is not in the repository")


def verdict(content: bytes) -> str:
    """Return what is said of a message: its kind, or why it is none."""
    try:
        return read_cap(content).kind
    except Problem as refusal:
        return refusal.code


def test_a_message_says_what_it_says() -> None:
    alert = read_cap(cap_message(references="990401.qx.example,99040100000000_20260706083000_0,2026-07-06T08:30:00+08:00"))

    [info] = alert.infos
    assert (alert.kind, alert.status, alert.scope) == ("Alert", "Actual", "Public")
    assert (info.language, info.severity, info.event, info.event_codes) == (
        "zh-CN",
        "Extreme",
        "暴雨",
        (("GB/T 35561", "11B03"),),
    )
    assert info.areas[0].polygons == ([(120.1, 30.2), (120.2, 30.2), (120.2, 30.3), (120.1, 30.2)],)
    assert info.areas[0].geocodes == (("GB/T 10114", "990401001000"),)
    assert alert.references[0].sent_at == dt.datetime.fromisoformat("2026-07-06T08:30:00+08:00")


def test_what_is_written_reads_as_it_was() -> None:
    alert = read_cap(cap_message())

    assert read_cap(write_cap(alert).encode()) == alert


def test_what_is_written_is_escaped() -> None:
    alert = read_cap(cap_message())
    info = alert.infos[0].__class__(**{name: getattr(alert.infos[0], name) for name in alert.infos[0].__slots__}
                                    | {"headline": "<alert>&]]>\"'", "areas": ()})  # fmt: skip

    [again] = read_cap(
        write_cap(alert.__class__(*[getattr(alert, name) for name in alert.__slots__[:-1]], [info])).encode()
    ).infos

    assert again.headline == "<alert>&]]>\"'"


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
HOSTILE = {
    "billion laughs": (f'<!DOCTYPE a [<!ENTITY l0 "lol">{LAUGHS}]><a>&l9;</a>'.encode(), "xml_unsafe"),
    "an external entity": (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "xml_unsafe"),
    "a parameter entity": (b'<!DOCTYPE a [<!ENTITY % x SYSTEM "http://192.0.2.1/x">%x;]><a/>', "xml_unsafe"),
    "a document type": (b'<!DOCTYPE a SYSTEM "http://192.0.2.1/x.dtd"><a/>', "xml_unsafe"),
    "an entity that nobody declared": (f'<alert xmlns="{CAP}"><identifier>&x;</identifier></alert>'.encode(), "xml_unreadable"),
    "deep nesting": (f'<alert xmlns="{CAP}">'.encode() + b"<info>" * 5_000, "not_cap"),
    "deep nesting in a signature": (
        f'<alert xmlns="{CAP}"><S xmlns="http://www.w3.org/2000/09/xmldsig#">'.encode() + b"<S>" * 5_000,
        "xml_too_deep",
    ),
    "many elements in a signature": (
        f'<alert xmlns="{CAP}"><S xmlns="http://www.w3.org/2000/09/xmldsig#">'.encode() + b"<S/>" * 11_000,
        "xml_too_deep",
    ),
    "another encoding": ('<?xml version="1.0" encoding="GB18030"?><alert/>'.encode("gb18030"), "xml_not_utf8"),
    "bytes of another encoding": ("<alert>预警</alert>".encode("gbk"), "xml_not_utf8"),
    "UTF-16": ("<alert/>".encode("utf-16"), "xml_not_utf8"),
    "nothing": (b"", "xml_unreadable"),
    "no XML": (b"{}", "xml_unreadable"),
    "a NUL": (f'<alert xmlns="{CAP}">\0</alert>'.encode(), "xml_unreadable"),
    "half a message": (cap_message()[:-20], "xml_unreadable"),
    "two roots": (cap_message() + b"<alert/>", "xml_unreadable"),
    "another root": (b"<feed/>", "not_cap_1_2"),
    "CAP 1.1": (cap_message().replace(b"cap:1.2", b"cap:1.1"), "not_cap_1_2"),
    "an element of elsewhere": (cap_message().replace(b"<scope>", b'<x xmlns="y"/><scope>'), "not_cap"),
    "an attribute": (cap_message().replace(b"<scope>", b'<scope a="b">'), "not_cap"),
    "text between elements": (cap_message().replace(b"<scope>", b"x<scope>"), "not_cap"),
    "an element within a text": (cap_message().replace(b"Public", b"<scope>Public</scope>"), "not_cap"),
    "the wrong order": (cap_message().replace(b"<scope>Public</scope>", b"") + b"", "not_cap"),
    "twice the same": (cap_message().replace(b"<scope>Public</scope>", b"<scope>Public</scope>" * 2), "not_cap"),
    "an unknown word": (cap_message(severity="Terrible"), "not_cap"),
    "a word in blanks": (cap_message(severity=" Extreme"), "not_cap"),
    "a moment with Z": (cap_message(sent="2026-07-06T08:30:00Z"), "not_cap"),
    "a moment without its offset": (cap_message(sent="2026-07-06T08:30:00"), "not_cap"),
    "the 30th of February": (cap_message(sent="2026-02-30T08:30:00+08:00"), "not_cap"),
    "an offset of a day": (cap_message(sent="2026-02-03T08:30:00+24:00"), "not_cap"),
    "a polygon that is open": (cap_message().replace(b" 30.2,120.1</polygon>", b"</polygon>"), "not_cap"),
    "a polygon beyond the pole": (cap_message().replace(b"30.3,120.2", b"91.3,120.2"), "not_cap"),
    "a polygon of words": (cap_message().replace(b"30.3,120.2", b"north,east"), "not_cap"),
    "a polygon of nothing at all": (cap_message().replace(b"30.3,120.2", b"nan,nan"), "not_cap"),
    "an update of nothing": (cap_message(msgType="Update"), "references_unclear"),
    "a cancellation of nothing": (cap_message(msgType="Cancel"), "references_unclear"),
    "a reference without its moment": (cap_message(references="a,b"), "references_unclear"),
    "a reference to another day": (cap_message(references="a,b,2026-13-06T08:30:00+08:00"), "references_unclear"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_message_is_refused_at_once_and_says_why(name: str) -> None:
    content, code = HOSTILE[name]

    began = time.process_time()
    assert verdict(content) == code
    assert time.process_time() - began < 5, "what is blown up on purpose would take minutes"


def test_a_refusal_says_where_and_repeats_nothing() -> None:
    with pytest.raises(Problem) as refused:
        read_cap(cap_message(severity="骇人听闻").replace("城关镇".encode(), "幸福里3栋".encode()))

    assert refused.value.sentence("en") == "This is not CAP 1.2: alert/info/severity (line 5) does not have its form."
    assert "骇人听闻" not in refused.value.sentence("zh")


def test_a_signature_beside_the_alert_is_let_be() -> None:
    signed = cap_message().replace(b"</alert>", b'<S xmlns="http://www.w3.org/2000/09/xmldsig#"><V a="b">x</V></S></alert>')

    assert verdict(signed) == "Alert"


REAL_VERDICTS = {
    "australia.cap": "Alert",  # two areas' worth of English, three of the polygons with 200 points and more
    "canada.cap": "Update",  # in two languages; empty restriction, addresses and note, which the schema allows
    "validator_example_thunderstorm.cap": "Alert",
    "invalid.cap": "not_cap",  # it lacks its scope
    "noaa_errors.cap": "not_cap_1_2",  # CAP 1.1, and empty words where 1.1 has none either
    "weather.cap": "not_cap_1_2",  # valid CAP 1.1: another namespace, other words; its sender has 1.2 by now
    "bushfire_valid.edxlde": "not_cap_1_2",  # an envelope around seven alerts
    "nws_atom_feed_2020-05-07.xml": "not_cap_1_2",  # a list of where alerts are
}


@needs_real_messages
@pytest.mark.parametrize("name", REAL_VERDICTS)
def test_messages_of_other_countries_are_judged_as_their_schema_does(name: str) -> None:
    assert verdict((REAL / "messages" / name).read_bytes()) == REAL_VERDICTS[name]


@needs_real_messages
def test_no_real_message_is_left_out() -> None:
    assert {path.name for path in (REAL / "messages").iterdir()} == REAL_VERDICTS.keys()


@needs_real_messages
def test_the_alerts_within_an_envelope_are_messages() -> None:
    envelope = (REAL / "messages/bushfire_valid.edxlde").read_bytes()

    alerts = re.findall(rb"<cap:alert .*?</cap:alert>", envelope, re.DOTALL)

    assert [verdict(alert) for alert in alerts] == ["Alert"] * 7


@needs_real_messages
@pytest.mark.parametrize("seed", range(4))
def test_our_table_says_what_the_schema_of_oasis_says(seed: int) -> None:
    """Messages are damaged at random: a line taken out, doubled, moved, its word or its text changed; both judge each."""
    lxml = pytest.importorskip("lxml.etree", reason="lxml is not installed, by which the schema could be asked")
    schema = lxml.XMLSchema(lxml.parse(str(REAL / "schema/cap12.xsd")))
    lots, disagreed, invalid = random.Random(seed), [], 0
    originals = [(REAL / "messages" / name).read_bytes() for name in ("australia.cap", "canada.cap")] + [cap_message()]

    for _ in range(500):
        content = damaged(lots.choice(originals), lots)
        try:
            parsed = lxml.fromstring(content, lxml.XMLParser(resolve_entities=False, no_network=True))
        except lxml.XMLSyntaxError:
            continue
        theirs = bool(schema.validate(parsed))
        if "anyURI" in str(schema.error_log.last_error):
            continue  # addresses are never followed, nor looked at
        invalid += not theirs
        ours = verdict(content)
        # What is beyond the schema, CAP says in words: references, and places that are none.
        if (ours in {"not_cap", "not_cap_1_2"}) == theirs and not (theirs and "area" in str(refusal_of(content))):
            disagreed.append((ours, theirs, content))

    assert not disagreed
    assert invalid > 100


def refusal_of(content: bytes) -> Problem | None:
    try:
        read_cap(content)
    except Problem as refusal:
        return refusal
    return None


def damaged(content: bytes, lots: random.Random) -> bytes:
    pieces = re.split(rb"(<[^?!/][^>]*>[^<]*</[^>]*>)", content)
    leaves = [number for number, piece in enumerate(pieces) if number % 2]
    one, other = lots.choice(leaves), lots.choice(leaves)
    match lots.randrange(5):
        case 0:
            pieces[one] = b""
        case 1:
            pieces[one] *= 2
        case 2:
            pieces[one], pieces[other] = pieces[other], pieces[one]
        case 3:
            pieces[one] = re.sub(
                rb">[^<]*<", lots.choice([b"><", b">Extreme<", b">2012-05-02T23:21:04-00:00<", b">x<"]), pieces[one]
            )
        case _:
            pieces[one] = re.sub(rb"<(/?)(\w+)>", lots.choice([rb"<\1note>", rb"<\1event>", rb"<\1geocode>"]), pieces[one])
    return b"".join(pieces)
