"""Events: facts in the past tense, and the CloudEvents envelope in which they travel.

An event class carries work data alone: every field is of class P0 or P1, and no text is free. A class that breaks this does
not load. Within a version fields and words are only added.
"""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Generic, TypeVar
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from gridwhistle.common.data_classes import Count, Instant, Word, event_faults
from gridwhistle.common.ids import OrgCode

_TYPE = re.compile(r"gw\.([a-z0-9_-]+)\.([a-z0-9_-]+)\.([a-z0-9_-]+)\.v([0-9]+)")
AREA: Final = r"[0-9]{12}([0-9]{3})?"
"""The code of an area or of a grid; what is finer stays with its service."""
ID: Final = r"[A-Za-z0-9_.:|-]{1,80}"
"""Ids of requests and events, and roles: they go through logs and subjects, so no text fits in."""
EVENT_NO_MAX: Final = 2**31 - 1
_AREA, _ID = re.compile(AREA), re.compile(ID)
TIMELINE = 1
"""Which history events belong to: there has been one. Nobody has to read it; a fork is noticed by numbers and ids."""


class NotAnEvent(Exception):
    """The bytes are not an envelope that we can read."""


class Event(BaseModel):
    """One kind of fact. Subclass with `type="gw.{service}.{aggregate}.{event}.v{n}"`.

    Raises:
        ValueError: the type is taken, or not of this form.
        TypeError: a field may not be in an event.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: ClassVar[str]
    service: ClassVar[str]
    aggregate: ClassVar[str]

    def __init_subclass__(cls, type: str = "", **kwargs: Any) -> None:  # noqa: A002  CloudEvents calls it type
        super().__init_subclass__(**kwargs)

    @classmethod
    def __pydantic_init_subclass__(cls, type: str = "", **kwargs: Any) -> None:  # noqa: A002  the same, once it has its fields
        super().__pydantic_init_subclass__(**kwargs)
        if not type:
            return
        parts = _TYPE.fullmatch(type)
        if parts is None or type in REGISTRY:
            raise ValueError(f"{type} is not a new event type of the form gw.service.aggregate.event.vN")
        if faults := event_faults(cls.model_json_schema()):
            raise TypeError(f"{cls.__name__} ({type}) does not load: {'; '.join(faults)}")
        cls.type, cls.service, cls.aggregate = type, parts[1], parts[2]
        REGISTRY[type] = cls


class Unknown(Event):
    """A fact of a later release; it counts among the events of its thing, and nobody here has a use for it."""

    type: ClassVar[str] = "unknown"


REGISTRY: dict[str, type[Event]] = {}


class ClockEvent(Event):
    """What is told when a clock fires: of which stage, at how many percent of its limit, and whose it is."""

    stage: Word
    percent: Count
    started_at: Instant
    due_at: Instant
    org: OrgCode | None


E_co = TypeVar("E_co", bound=Event, covariant=True)


@dataclass(frozen=True, slots=True)
class Envelope(Generic[E_co]):
    """An event as it travels. `event_no` counts the events of one thing without gaps; order holds per thing only."""

    id: UUID
    data: E_co
    aggregate_id: UUID
    event_no: int
    area_code: str  # area or grid code, never finer
    occurred_at: dt.datetime
    actor_role: str
    correlation_id: str
    causation_id: str
    emergency_session_id: UUID | None = None
    traceparent: str | None = None  # CloudEvents' extension for distributed tracing; there only while somebody traces

    @property
    def subject(self) -> str:
        """Return the NATS subject: `gw.{county}.{service}.{aggregate}.{event}.v{n}`."""
        return f"gw.{self.area_code[:6]}{self.data.type[2:]}"

    def to_json(self) -> str:
        """Return CloudEvents 1.0 in structured JSON."""
        data = self.data
        return orjson.dumps(
            {
                "specversion": "1.0",
                "id": self.id,
                "source": f"/gridwhistle/{data.service}",
                "type": data.type,
                "subject": self.aggregate_id,
                "time": self.occurred_at,
                "datacontenttype": "application/json",
                "county": self.area_code[:6],
                "areacode": self.area_code,
                "aggregatetype": data.aggregate,
                "aggregateid": self.aggregate_id,
                "eventno": self.event_no,
                "correlationid": self.correlation_id,
                "causationid": self.causation_id,
                "actorrole": self.actor_role,
                "timeline": TIMELINE,
                **({"emergencysession": self.emergency_session_id} if self.emergency_session_id else {}),
                **({"traceparent": self.traceparent} if self.traceparent else {}),
                "data": orjson.Fragment(data.__pydantic_serializer__.to_json(data)),
            },
            default=str,  # the driver's UUIDs are a class of their own
        ).decode()

    @classmethod
    def parse(cls, raw: bytes, subject: str | None = None) -> "Envelope[Any]":
        """Read an envelope; its data is `Unknown` when this release does not know the type.

        Raises:
            NotAnEvent: not JSON, not ours, of another shape, or not what its subject says: only a service itself may publish
                under its name.
        """
        try:
            outer = orjson.loads(raw)
            if subject is not None and subject != f"gw.{outer['county']}{outer['type'][2:]}":
                raise NotAnEvent("another subject")
            return Envelope(
                id=UUID(outer["id"]),
                # Read as JSON, since readers take words of later releases and writers do not.
                data=REGISTRY.get(outer["type"], Unknown).__pydantic_validator__.validate_json(orjson.dumps(outer["data"])),
                aggregate_id=UUID(outer["aggregateid"]),
                event_no=_number(outer["eventno"]),
                area_code=_matching(_AREA, outer["areacode"]),
                occurred_at=_moment(outer["time"]),
                actor_role=_matching(_ID, outer["actorrole"]),
                correlation_id=_matching(_ID, outer["correlationid"]),
                causation_id=_matching(_ID, outer["causationid"]),
                emergency_session_id=UUID(outer["emergencysession"]) if "emergencysession" in outer else None,
                traceparent=trace if isinstance(trace := outer.get("traceparent"), str) else None,
            )
        except (ValueError, KeyError, TypeError, AttributeError, ValidationError) as error:
            # The content may be anything, so only the kind of fault is told.
            raise NotAnEvent(type(error).__name__) from None


def _number(value: Any) -> int:
    if type(value) is not int or not 0 < value <= EVENT_NO_MAX:
        raise ValueError
    return value


def _matching(form: re.Pattern[str], value: str) -> str:
    if not form.fullmatch(value):
        raise ValueError
    return value


def _moment(value: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError
    return moment
