"""Events: an envelope that comes back as it went, and types that cannot be mistaken."""

import datetime as dt
import re
from dataclasses import fields
from typing import Any
from uuid import UUID

import orjson
import pytest
from pydantic import ValidationError

from gridwhistle.common.events import Envelope, Event, NotAnEvent, Unknown
from gridwhistle.common.events.incidents import IncidentFiled
from gridwhistle.common.events.personnel import ShiftStarted
from gridwhistle.common.ids import new_id

NOW = dt.datetime(2026, 7, 6, 8, 30, 0, 250_000, dt.UTC)


def envelope() -> Envelope[ShiftStarted]:
    return Envelope(
        id=new_id(),
        data=ShiftStarted(worker_id=new_id(), grid_code="990101001001001", started_at=NOW),
        aggregate_id=new_id(),
        event_no=3,
        area_code="990101001001001",
        occurred_at=NOW,
        actor_role="grid_worker",
        correlation_id="r-1",
        causation_id="r-1",
    )


def vars_of(one: Envelope[Any]) -> dict[str, Any]:
    return {field.name: getattr(one, field.name) for field in fields(one)}


def test_an_envelope_comes_back_as_it_went() -> None:
    sent = envelope()

    assert Envelope.parse(sent.to_json().encode()) == sent


def test_it_is_a_cloud_event_with_our_extensions() -> None:
    sent = envelope()
    content = orjson.loads(sent.to_json())

    assert content["specversion"] == "1.0"
    assert content["type"] == "gw.personnel.shift.started.v1"
    assert content["subject"] == content["aggregateid"] == str(sent.aggregate_id)
    assert (content["county"], content["eventno"], content["timeline"]) == ("990101", 3, 1)
    assert sent.subject == "gw.990101.personnel.shift.started.v1"
    assert all(name.isalnum() and name.islower() for name in content)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        b"[1]",
        b'"text"',
        b'{"type": ["gw.personnel.shift.started.v1"]}',
        envelope().to_json().encode().replace(b'"worker_id"', b'"nobody"'),
        envelope().to_json().encode().replace(b'"eventno"', b'"number"'),
        envelope().to_json().encode().replace(b'"eventno":3', b'"eventno":"3"'),
        envelope().to_json().encode().replace(b'"eventno":3', b'"eventno":0'),
        envelope().to_json().encode().replace(b'"eventno":3', b'"eventno":9999999999'),
        envelope().to_json().encode().replace(b'"areacode":"990101', b'"areacode":"*.>101'),
        envelope().to_json().encode().replace(b'"actorrole":"', b'"actorrole":"a b'),
        envelope().to_json().encode().replace(b'"correlationid":"', b'"correlationid":"\xe7\x8e\x8b'),
        envelope().to_json().encode().replace(b'+00:00","datacontenttype', b'","datacontenttype'),
        re.sub(rb'"id":"[^"]*"', b'"id":5', envelope().to_json().encode()),
    ],
)
def test_what_is_no_envelope_is_said_to_be_none(raw: bytes) -> None:
    with pytest.raises(NotAnEvent):
        Envelope.parse(raw)


def test_a_kind_of_a_later_release_is_told_apart_from_rubbish() -> None:
    later = Envelope.parse(envelope().to_json().encode().replace(b"started.v1", b"started.v9"))

    assert later.data == Unknown()
    assert later.event_no == envelope().event_no


def test_nobody_publishes_under_the_name_of_another_service() -> None:
    own = envelope()

    assert Envelope.parse(own.to_json().encode(), own.subject) == own
    with pytest.raises(NotAnEvent):
        Envelope.parse(own.to_json().encode(), own.subject.replace("personnel", "incidents"))


def test_a_field_of_a_later_release_is_passed_over() -> None:
    sent = envelope()
    content = orjson.loads(sent.to_json())
    content["data"]["weather"] = "rain"

    assert Envelope.parse(orjson.dumps(content)) == sent


def test_a_word_of_a_later_release_is_read_and_never_written() -> None:
    filed = {"incident_no": "I9901012026070600001", "urgency": "normal", "grid_code": None, "category": "C-0101"}
    sent = Envelope(**{**vars_of(envelope()), "data": IncidentFiled(**filed, source="resident")})

    heard = Envelope.parse(sent.to_json().encode().replace(b'"resident"', b'"drone"'))

    assert heard.data.source == "drone"
    with pytest.raises(ValidationError):
        IncidentFiled(**filed, source="drone")


@pytest.mark.parametrize("kind", ["gw.personnel.shift.started.v1", "gw.personnel.shift", "gw.a.b.c.vx", "GW.a.b.c.v1"])
def test_a_type_is_new_and_of_our_form(kind: str) -> None:
    with pytest.raises(ValueError, match="not a new event type"):
        type("Another", (Event,), {"__module__": __name__}, type=kind)


def test_ids_follow_one_another_in_time() -> None:
    ids = [new_id() for _ in range(1_000)]

    assert ids == sorted(ids)
    assert all(isinstance(one, UUID) and one.version == 7 for one in ids)
