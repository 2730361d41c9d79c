"""The contract of events: what was told once stays readable, and documents for machines say what the code does."""

import random
import re
from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import pytest

from gridwhistle.common.data_classes import is_banned
from gridwhistle.common.events import Envelope, Event, NotAnEvent, Unknown
from gridwhistle.common.events.schemas import released, sample_of, schema_of
from gridwhistle.common.tables import plumbing
from gridwhistle.standalone.documents import events, main
from gridwhistle.standalone.documents.changes import breaking
from gridwhistle.standalone.services import KINDS, NAMES
from tests.conftest import RunningSuite

ROOT = Path(__file__).parents[2]
SAMPLES = sorted((ROOT / events.SAMPLES).glob("*.json"))
KNOWN = {kind.type: kind for kind in released(NAMES)}
WORD = {"type": "string", "pattern": "^[a-z]{1,9}$", "x-extensible-enum": ["idle", "lent"]}


# --- samples of everything that was ever told --------------------------------------------------------------------------------


def test_every_event_has_a_sample() -> None:
    missing = KNOWN.keys() - {path.stem for path in SAMPLES}

    assert not missing, "run `make docs` and commit the samples"


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_what_was_told_once_is_read_today(path: Path) -> None:
    raw = path.read_bytes()
    told = orjson.loads(raw)

    try:
        heard = Envelope.parse(raw)
    except NotAnEvent as fault:
        pytest.fail(f"{path.stem} as it was told is unreadable ({fault}): leave that version as it was and make the next one")

    assert heard.data.type == path.stem
    lost = told["data"].keys() - type(heard.data).model_fields.keys()
    assert not lost, f"{path.stem} lost {', '.join(sorted(lost))}: leave that version as it was and make the next one"
    jsonschema_rs.Draft202012Validator(schema_of(KNOWN[path.stem]), validate_formats=True).validate(told)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_spoilt_envelope_is_read_or_said_to_be_none(path: Path) -> None:
    lot = random.Random(path.stem)
    told = orjson.loads(path.read_bytes())
    spots = [(told, name) for name in told] + [(told["data"], name) for name in told["data"]]
    trouble = [None, True, -1, 2**63, 1e308, "", "\x00", "*.>", "x" * 100_000, [], {}, [[[]]], {"a": {"b": 1}}]
    spoilt = [b"[" * 100_000, b'{"type":' * 50_000, b'{"type": NaN}', b'{"type": "\\ud800"}']
    for around, name in spots:
        for value in trouble:
            kept, around[name] = around[name], value
            spoilt.append(orjson.dumps(told))
            around[name] = kept
    raw = bytearray(orjson.dumps(told))
    for _ in range(300):
        changed = bytearray(raw)
        changed[lot.randrange(len(raw))] = lot.randrange(256)
        spoilt.append(bytes(changed[: lot.choice((len(raw), lot.randrange(len(raw))))]))

    for one in spoilt:
        with suppress(NotAnEvent):
            heard = Envelope.parse(one)
            if isinstance(heard.data, Unknown):
                continue
            # What is read can be told on: its subject has no more tokens than it should, whatever was in it.
            assert re.fullmatch(r"gw\.[0-9]{6}(\.[a-z0-9_-]+){3}\.v[0-9]+", heard.subject)
            assert 0 < heard.event_no < 2**31


@pytest.mark.parametrize("kind", released(NAMES), ids=lambda kind: kind.type)
def test_a_sample_is_the_same_whenever_it_is_made(kind: type[Event]) -> None:
    first = sample_of(kind)
    schema_of.cache_clear()

    assert sample_of(kind) == first


# --- what breaks readers -----------------------------------------------------------------------------------------------------


def shape(**fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": fields, "required": [name for name in fields if not name.startswith("maybe_")]}


def nullable(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


NUMBER = {"type": "integer", "minimum": 0, "maximum": 100}
BEFORE = shape(
    state=WORD,
    number=NUMBER,
    maybe_code=nullable({"type": "string", "pattern": "^[0-9]{3}$"}),
    list_of={"type": "array", "maxItems": 5, "items": shape(depth=NUMBER)},
    form={"oneOf": [shape(type={"const": "a"}), shape(type={"const": "b"})]},
)


BREAKS: list[tuple[Any, str]] = [
    (lambda s: s["properties"].pop("number"), "`number` is gone"),
    (lambda s: s["properties"].update(count=s["properties"].pop("number")), "`number` is gone"),
    (lambda s: s["properties"]["number"].update(type="string"), "`number` was integer and is string"),
    (lambda s: s["properties"]["number"].update(maximum=9), "`number` has a narrower maximum"),
    (lambda s: s["properties"]["number"].update(minimum=1), "`number` has a narrower minimum"),
    (lambda s: s["properties"]["number"].update(minLength=1), "`number` has a narrower minLength"),
    (lambda s: s["properties"].update(number=nullable(NUMBER)), "`number` may be null now"),
    (lambda s: s["properties"].update(maybe_code=WORD), "`maybe_code` may be null no more"),
    (lambda s: s["properties"]["state"].update({"x-extensible-enum": ["idle"]}), "`state` lost `lent`"),
    (lambda s: s["properties"]["state"].update(pattern="^[a-z]{2}$"), "`state` has another pattern"),
    (lambda s: s["required"].remove("number"), "`number` may be missing now"),
    (lambda s: (s["properties"].update(more=NUMBER), s["required"].append("more")), "`more` is required now"),
    (lambda s: s["required"].append("maybe_code"), "`maybe_code` is required now"),
    (lambda s: s["properties"]["list_of"].update(maxItems=4), "`list_of` has a narrower maxItems"),
    (lambda s: s["properties"]["list_of"]["items"]["properties"].clear(), "`list_of[].depth` is gone"),
    (lambda s: s["properties"]["form"]["oneOf"].pop(), "`form` lost one of its forms"),
    (lambda s: s.update(additionalProperties=False), "the event takes no further fields now"),
]


@pytest.mark.parametrize(("change", "sentence"), BREAKS, ids=[f"{n}: {sentence}" for n, (_, sentence) in enumerate(BREAKS)])
def test_what_breaks_readers_is_said(change: Any, sentence: str) -> None:
    after = deepcopy(BEFORE)
    change(after)

    found = list(breaking(BEFORE, after))

    assert any(one.startswith(sentence) for one in found), found


@pytest.mark.parametrize(
    "change",
    [
        lambda _: None,
        lambda s: s["properties"].update(more=NUMBER),
        lambda s: s["properties"].update(more=nullable(WORD)),
        lambda s: s["properties"]["state"]["x-extensible-enum"].append("broken"),
        lambda s: s["properties"]["number"].update(maximum=200, description="more", examples=[3]),
        lambda s: s["properties"]["list_of"].update(maxItems=6),
        lambda s: s["properties"]["form"]["oneOf"].append(shape(type={"const": "c"})),
    ],
    ids=["nothing", "a field", "a nullable field", "a word", "a wider bound", "a longer list", "a form"],
)
def test_what_is_only_added_breaks_nobody(change: Any) -> None:
    after = deepcopy(BEFORE)
    change(after)

    assert list(breaking(BEFORE, after)) == []


def places(schema: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every field, word and bound of a schema."""
    if not isinstance(schema, dict | list):
        return
    for key, part in schema.items() if isinstance(schema, dict) else enumerate(schema):
        if path and path[-1] in {"properties", "x-extensible-enum", "anyOf", "oneOf"}:
            yield (*path, key)
        if key != "examples":
            yield from places(part, (*path, key))


@pytest.mark.parametrize("kind", released(NAMES), ids=lambda kind: kind.type)
def test_no_field_word_or_form_of_a_real_event_can_be_taken_away_unnoticed(kind: type[Event]) -> None:
    before = schema_of(kind)
    every = list(places(before))
    unnoticed = []

    for path in every:
        after = deepcopy(before)
        around = after
        for key in path[:-1]:
            around = around[key]
        del around[path[-1]]
        if not events.broken_by({kind.type: after}, {kind.type: before}):
            unnoticed.append(path)

    assert len(every) >= len(before["properties"])
    assert not unnoticed


def test_a_refused_change_says_what_to_do_instead() -> None:
    before = {"gw.personnel.shift.started.v1": BEFORE, "gw.personnel.shift.ended.v1": BEFORE}

    gone, *others = events.broken_by({"gw.personnel.shift.ended.v1": BEFORE}, before)

    assert "gw.personnel.shift.started.v1" in gone
    assert "make gw.personnel.shift.started.v2 beside it" in gone
    assert not others


def test_the_code_breaks_no_committed_event(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)

    assert not events.broken()


def test_a_breaking_schema_is_not_written_over_the_old_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    kind = next(iter(KNOWN))
    committed = deepcopy(schema_of(KNOWN[kind]))
    committed["properties"]["data"]["properties"]["colour"] = WORD
    path = tmp_path / events.FOLDER / f"{kind}.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(orjson.dumps(committed))

    with pytest.raises(SystemExit, match=r"`data\.colour` is gone"):
        main(check=False)

    assert orjson.loads(path.read_bytes()) == committed


# --- documents ---------------------------------------------------------------------------------------------------------------


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        yield from ([part["$ref"]] if isinstance(part.get("$ref"), str) else ())
        for inner in part.values():
            yield from references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from references(inner)


def found(document: Any, reference: str) -> Any:
    assert reference.startswith("#/"), reference
    for key in reference[2:].split("/"):
        document = document[key.replace("~1", "/").replace("~0", "~")]
    return document


def test_asyncapi_names_every_event_its_teller_and_its_hearers(suite: RunningSuite) -> None:
    document = suite.client.get("/asyncapi.json").json()

    assert document == orjson.loads((ROOT / "docs/asyncapi.json").read_bytes())
    assert document["asyncapi"] == "3.1.0"
    shown = {*released(NAMES), *(kind for service in KINDS for kind in service.consumer.hears())}
    addresses = {kind.type.replace("gw.", "gw.{county}.") for kind in shown}
    assert {channel["address"] for channel in document["channels"].values()} == addresses
    acts = {
        (one["action"], one["tags"][0]["name"], found(document, one["channel"]["$ref"])["title"])
        for one in document["operations"].values()
    }
    assert {(teller, kind) for action, teller, kind in acts if action == "send"} == {
        (k.service, k.__name__) for k in released(NAMES)
    }
    assert {(hearer, kind) for action, hearer, kind in acts if action == "receive"} == {
        (service.name, kind.__name__) for service in KINDS for kind in service.consumer.hears()
    }


def test_asyncapi_holds_together() -> None:
    document = orjson.loads((ROOT / "docs/asyncapi.json").read_bytes())

    assert all(isinstance(found(document, reference), dict) for reference in references(document))
    for operation in document["operations"].values():
        # A message of an operation is one of its channel, and operations say on which stream they meet.
        assert all(message["$ref"].startswith(f"{operation['channel']['$ref']}/messages/") for message in operation["messages"])
        assert operation["bindings"]["nats"]["x-stream"].startswith("GW_")
        assert operation["summary"]
    for channel in document["channels"].values():
        assert all(f"{{{name}}}" in channel["address"] for name in channel["parameters"])
    for message in document["components"]["messages"].values():
        schema = found(document, message["payload"]["$ref"])
        for example in message["examples"]:
            jsonschema_rs.Draft202012Validator(schema).validate(example["payload"])


@pytest.mark.parametrize("kind", released(NAMES), ids=lambda kind: kind.type)
def test_a_schema_stands_alone_and_is_one(kind: type[Event]) -> None:
    schema = orjson.loads((ROOT / events.FOLDER / f"{kind.type}.json").read_bytes())

    assert not list(references(schema))
    assert jsonschema_rs.meta.is_valid(schema)


def test_what_is_told_for_real_is_what_the_schema_says(suite: RunningSuite, background: Any) -> None:
    import asyncpg  # noqa: PLC0415  only this test looks into the outboxes

    async def told() -> list[bytes]:
        envelopes = []
        for service in KINDS:
            connection = await asyncpg.connect(suite.postgres.url(service.name))
            envelopes += [row["envelope"] for row in await connection.fetch("SELECT envelope::text FROM outbox")]
            await connection.close()
        return envelopes

    envelopes = [orjson.loads(raw) for raw in background.run(told())]

    assert envelopes
    for envelope in envelopes:
        jsonschema_rs.Draft202012Validator(schema_of(KNOWN[envelope["type"]]), validate_formats=True).validate(envelope)


# --- what is never collected -------------------------------------------------------------------------------------------------


def field_names(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        for key, part in schema.items():
            if key == "properties" and isinstance(part, dict):
                yield from part
            yield from field_names(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from field_names(part)


def test_nothing_that_is_never_collected_has_a_field_anywhere() -> None:
    api = orjson.loads((ROOT / "docs/openapi.json").read_bytes())
    parameters = {one["name"] for path in api["paths"].values() for way in path.values() for one in way.get("parameters", ())}
    columns = {column.name for service in KINDS for table in service.tables.tables.values() for column in table.c}
    columns |= {column.name for table in plumbing.tables.values() for column in table.c}
    told = {name for kind in released(NAMES) for name in field_names(schema_of(kind))}
    every = {*field_names(api), *parameters, *columns, *told}

    assert len(every) > 100
    assert not {name for name in every if is_banned(name)}
