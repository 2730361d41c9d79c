"""Events: facts in the past tense, and the CloudEvents envelope in which they travel.

An event class carries work data alone: no personal data, no free text. Within a version fields are only added.
"""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

_TYPE = re.compile(r"gw\.([a-z0-9_-]+)\.([a-z0-9_-]+)\.([a-z0-9_-]+)\.v([0-9]+)")
TIMELINE = 1
"""Raised when a database is restored from a backup, so that consumers notice the fork."""


class NotAnEvent(Exception):
    """The bytes are not an envelope that we can read."""


class Event(BaseModel):
    """One kind of fact. Subclass with `type="gw.{service}.{aggregate}.{event}.v{n}"`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: ClassVar[str]
    service: ClassVar[str]
    aggregate: ClassVar[str]

    def __init_subclass__(cls, type: str = "", **kwargs: Any) -> None:  # noqa: A002  CloudEvents calls it type
        super().__init_subclass__(**kwargs)
        if not type:
            return
        parts = _TYPE.fullmatch(type)
        if parts is None or type in REGISTRY:
            raise ValueError(f"{type} is not a new event type of the form gw.service.aggregate.event.vN")
        cls.type, cls.service, cls.aggregate = type, parts[1], parts[2]
        REGISTRY[type] = cls


class Unknown(Event):
    """A fact of a later release; it counts among the events of its thing, and nobody here has a use for it."""


REGISTRY: dict[str, type[Event]] = {}


class ClockEvent(Event):
    """What is told when a clock fires: of which stage, at how many percent of its limit, and whose it is."""

    stage: str
    percent: int
    started_at: dt.datetime
    due_at: dt.datetime
    org: str | None


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
                data=REGISTRY.get(outer["type"], Unknown).model_validate(outer["data"]),
                aggregate_id=UUID(outer["aggregateid"]),
                event_no=_whole(outer["eventno"]),
                area_code=outer["areacode"],
                occurred_at=dt.datetime.fromisoformat(outer["time"]),
                actor_role=outer["actorrole"],
                correlation_id=outer["correlationid"],
                causation_id=outer["causationid"],
                emergency_session_id=UUID(outer["emergencysession"]) if "emergencysession" in outer else None,
                traceparent=trace if isinstance(trace := outer.get("traceparent"), str) else None,
            )
        except (ValueError, KeyError, TypeError, AttributeError, ValidationError) as error:
            # The content may be anything, so only the kind of fault is told.
            raise NotAnEvent(type(error).__name__) from None


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise TypeError
    return value
