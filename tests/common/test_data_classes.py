"""Data classes: what an event may carry is looked at when its class is defined, and what nobody may collect has names."""

from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from gridwhistle.common.data_classes import OPEN, P0, P1, P2, Count, Instant, PublicName, ThingId, event_faults, is_banned
from gridwhistle.common.events import REGISTRY, Event
from gridwhistle.common.ids import GridCode
from gridwhistle.common.places import CheckedGeoJson


class Person(BaseModel):
    name: str


class Spot(BaseModel):
    grid_code: GridCode


def defined(**fields: Any) -> type[Event]:
    """Define an event class with these fields, as somebody would in a module of events."""
    return type("Tried", (Event,), {"__module__": __name__, "__annotations__": fields}, type="gw.toolshed.tool.tried.v1")


TOO_MUCH: list[tuple[dict[str, Any], str]] = [
    ({"phone": Annotated[str, Field(pattern=r"^[0-9]{11}$"), P1]}, "`phone` may not be in an event"),
    ({"reporter_phone": Annotated[Literal["a"], P1]}, "`reporter_phone` may not be in an event"),
    ({"face_image": Annotated[bool, P1]}, "`face_image` may not be in an event"),
    ({"lon": Annotated[float, P1]}, "`lon` may not be in an event"),
    ({"state": str}, "`state` is of class none"),
    ({"state": Annotated[str, P1]}, "`state` is free text"),
    ({"state": Annotated[str, Field(max_length=20), P1]}, "`state` is free text"),
    ({"state": Annotated[str, Field(pattern=r"^.{1,20}$"), P1]}, "`state` is free text"),
    ({"state": Annotated[str, Field(pattern=r"^[a-z]+$"), P1]}, "`state` is free text"),
    ({"state": Annotated[str, Field(pattern=r"[a-z]{3}"), P1]}, "`state` is free text"),
    ({"state": Annotated[str, Field(pattern=r"^[^0-9]{3}$"), P1]}, "`state` is free text"),
    ({"state": Annotated[str, Field(pattern=r"^[0-9]{3}$"), P1] | str}, "`state` is free text"),
    ({"id_of_person": Annotated[str, Field(pattern=r"^[0-9]{18}$"), P2]}, "`id_of_person` is of class P2"),
    ({"tools": Annotated[int, P1]}, "`tools` is a number without bounds"),
    ({"codes": list[GridCode]}, "`codes` is a list without end"),
    ({"facts": Annotated[dict[str, Any], P1]}, "`facts` can be any object"),
    ({"fact": Annotated[Any, P1]}, "`fact` can be any value"),
    ({"who": Annotated[Person, P1]}, "`who.name` is free text"),
    ({"name": Annotated[PublicName, P1]}, "`name` is called a public name, so it is P0"),
]


@pytest.mark.parametrize(("field", "sentence"), TOO_MUCH, ids=[f"{n}: {sentence}" for n, (_, sentence) in enumerate(TOO_MUCH)])
def test_an_event_that_carries_too_much_does_not_load(field: dict[str, Any], sentence: str) -> None:
    with pytest.raises(TypeError) as refused:
        defined(**field)

    assert sentence in str(refused.value)
    assert "gw.toolshed.tool.tried.v1" not in REGISTRY


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(GridCode, id="a code"),
        pytest.param(GridCode | None, id="a code or null"),
        pytest.param(ThingId, id="an id"),
        pytest.param(Instant, id="a moment"),
        pytest.param(Count, id="a count"),
        pytest.param(PublicName, id="a public name"),
        pytest.param(Spot, id="a spot"),
        pytest.param(Annotated[Literal["idle", "lent"], OPEN, P1], id="open words"),
        pytest.param(Annotated[Literal["idle"] | None, P1], id="a word or null"),
        pytest.param(Annotated[list[GridCode], Field(max_length=20)], id="a bounded list"),
        pytest.param(Annotated[CheckedGeoJson, P0], id="a boundary"),
        pytest.param(Annotated[bool, P1], id="yes or no"),
        pytest.param(Annotated[str, Field(pattern=r"^[a-z.:@-]{1,20}$"), P1], id="a short pattern"),
        pytest.param(Annotated[str, Field(pattern=r"^[A-Z]{2}-[0-9]{1,6}\.[0-9]$"), P1], id="a numbered pattern"),
    ],
)
def test_codes_words_numbers_and_public_names_may_travel(kind: Any) -> None:
    model = type("Allowed", (BaseModel,), {"__module__": __name__, "__annotations__": {"fact": kind}})

    assert event_faults(model.model_json_schema()) == []


@pytest.mark.parametrize(
    ("name", "banned"),
    [
        ("face", True),
        ("has_face_image", True),
        ("mental_health_status", True),
        ("Religion", True),
        ("surface", False),
        ("interface_id", False),
        ("score", False),
        ("worker_score", False),
        ("person_score_total", True),
        ("petition_history", True),
        ("phone", False),
    ],
)
def test_a_banned_name_is_found_by_its_words(name: str, banned: bool) -> None:
    assert is_banned(name) is banned
