"""The events of a service over HTTP, for whoever is not on its NATS: the same ones, in the same order, from where one left off.

A place in the stream does not last: a stream that is lost is filled again, and numbered anew. So whoever reads says the last
event that they had, and where it was; it is found again wherever it is.
"""

from typing import Annotated, Any, Final, Literal
from uuid import UUID

import orjson
from fastapi import Query as InQuery
from pydantic import AwareDatetime, Field

from gridwhistle.common.data_classes import Count, Word
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events import EVENT_NO_MAX, ID
from gridwhistle.common.overdue import Place
from gridwhistle.common.problems import Invalid
from gridwhistle.common.wire import PAGE_MAX, Query, View

HEAR: Final = "events:read"
_TYPE: Final = r"^gw(\.[a-z0-9_-]{1,40}){3}\.v[0-9]{1,4}$"
_AFTER: Final = r"^[0-9]{1,18}\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
_LOOKED_THROUGH_MAX: Final = 1_000
_TYPE_EXAMPLE: Final = "gw.incidents.incident.reported.v1"
_AFTER_EXAMPLE: Final = "10432.0190c8f2-5d1e-7c3a-9d55-0c5b3f1f7a10"
# One statement, so that a stream that is filled again meanwhile is seen as it was or as it is. `begin` is where to go on:
# null while the last event waits to be published again, -1 when events behind it are not kept any more.
_EVENTS: Final = (
    "WITH place AS (SELECT coalesce("
    "  (SELECT stream_seq FROM published WHERE stream_seq = $1 AND event_id = $2),"
    "  (SELECT max(stream_seq) FROM published WHERE event_id = $2)) AS stream_seq),"
    " start AS (SELECT CASE WHEN $2::uuid IS NULL THEN 0 WHEN stream_seq IS NOT NULL THEN stream_seq"
    "  WHEN EXISTS (SELECT FROM waiting WHERE event_id = $2) THEN NULL"
    # Ids are made in the order of time, and so are places in the stream.
    "  WHEN EXISTS (SELECT FROM outbox_archive WHERE event_id = $2)"
    "   AND NOT EXISTS (SELECT FROM outbox_archive WHERE event_id > $2) THEN 0 ELSE -1 END AS begin FROM place),"
    " part AS (SELECT stream_seq, event_id FROM published, start WHERE begin >= 0 AND stream_seq > begin"
    f"  ORDER BY stream_seq LIMIT {_LOOKED_THROUGH_MAX}),"
    # Each by its key: by a plan made before PostgreSQL counted what is there, it would read the whole outbox.
    " told AS (SELECT stream_seq, event_id, envelope FROM part CROSS JOIN LATERAL"
    "  (SELECT envelope FROM outbox WHERE outbox.event_id = part.event_id LIMIT 1) event"
    "  WHERE envelope ->> 'areacode' ^@ ANY ($3::text[]) AND ($4::text IS NULL OR envelope ->> 'type' = $4)"
    "  ORDER BY stream_seq LIMIT $5)"
    " SELECT begin, (SELECT (stream_seq, event_id) FROM part ORDER BY stream_seq DESC LIMIT 1) AS last,"
    "  (SELECT count(*) FROM part) AS looked_through, stream_seq, event_id, envelope::text"
    " FROM start LEFT JOIN told ON true ORDER BY stream_seq"
)


class EventsGone(Invalid):
    """Events behind the one that was named are not kept any more: it is too old, or of another database."""

    code = "events_gone"
    zh = "该位置之后的事件已不再全部保留。请不带 after 从头开始,并读取您所用的事物以了解现状。"
    en = (
        "Not all events behind that place are kept any more. Begin without after, and read the things that you use as they are."
    )


class EventQuery(Query):
    """Which events, and from where on."""

    after: Annotated[
        str | None,
        Field(
            pattern=_AFTER, examples=[_AFTER_EXAMPLE], description="`after` of the answer before; left out, from the oldest."
        ),
    ] = None
    type: Annotated[str | None, Field(pattern=_TYPE, examples=[_TYPE_EXAMPLE], description="Events of this type alone.")] = None
    limit: Annotated[int, Field(ge=1, le=PAGE_MAX, description="Events an answer.")] = 100


class ToldEvent(View):
    """An event as it was told: CloudEvents 1.0. `docs/events.md` says what `data` has in each type."""

    specversion: Literal["1.0"]
    id: UUID
    source: Annotated[str, Field(max_length=100, examples=["/gridwhistle/incidents"])]
    type: Annotated[str, Field(pattern=_TYPE, examples=[_TYPE_EXAMPLE])]
    subject: Annotated[UUID, Field(description="The thing to which it happened.")]
    time: AwareDatetime
    datacontenttype: Literal["application/json"]
    county: Annotated[str, Field(pattern="^[0-9]{6}$", examples=["990101"])]
    areacode: Place
    aggregatetype: Word
    aggregateid: UUID
    eventno: Annotated[int, Field(ge=1, le=EVENT_NO_MAX, description="Counts the events of a subject, without gaps.")]
    correlationid: Annotated[str, Field(pattern=f"^{ID}$", examples=["r-1"])]
    causationid: Annotated[str, Field(pattern=f"^{ID}$", examples=["r-1"])]
    actorrole: Annotated[str, Field(pattern=f"^{ID}$", examples=["town_acceptor"])]
    timeline: Count
    emergencysession: UUID | None = None
    data: Annotated[dict[str, Any], Field(max_length=100, examples=[{"state": "reported"}])]


class EventList(View):
    """Events in the order in which they were told."""

    events: Annotated[list[ToldEvent], Field(max_length=PAGE_MAX)]
    after: Annotated[
        str | None, Field(pattern=_AFTER, examples=[_AFTER_EXAMPLE], description="Where to go on; null while there is nothing.")
    ]
    is_all: Annotated[bool, Field(description="Whether nothing more was there: ask again in a second or later.")]


def routes(service: str) -> Router:
    """Return the routes of a service for its events."""
    router = Router(service, "Events 事件消息", in_every_service=True)
    router.get("/events", may=HEAR)(hear_events)
    return router


async def hear_events(query: Annotated[EventQuery, InQuery()], caller: Caller, db: Db) -> EventList:
    """Return what was told of your jurisdiction, oldest first, as it goes over NATS: at least once, thirty days back.

    Keep `after` with what you make of the events, and send it the next time.
    """
    seq, _, event_id = (query.after or "").partition(".")
    had = (int(seq), UUID(event_id)) if event_id else (None, None)
    rows = await db.database.run(db.database.reads, _EVENTS, *had, list(caller.areas), query.type, query.limit)
    begin, last, looked_through = rows[0]["begin"], rows[0]["last"], rows[0]["looked_through"]
    if begin == -1:
        raise EventsGone
    told = [row for row in rows if row["envelope"]]
    if len(told) == query.limit:
        last = told[-1]["stream_seq"], told[-1]["event_id"]
    is_all = len(told) < query.limit and looked_through < _LOOKED_THROUGH_MAX
    events = [ToldEvent.model_validate(orjson.loads(row["envelope"])) for row in told]
    return EventList(events=events, after=f"{last[0]}.{last[1]}" if last else query.after, is_all=is_all)
