"""What follows from a response in this service, each thing a command of its own; and the thread of what every service told."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final
from uuid import UUID, uuid5

from fastapi import Query as InQuery
from pydantic import AwareDatetime, Field
from sqlalchemy import or_, select

from gridwhistle.common.consumers import Consumer
from gridwhistle.common.data_classes import ThingId, Word
from gridwhistle.common.database import Db as Work
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events import Envelope, Event
from gridwhistle.common.events.inventory import MobilizationOrdered
from gridwhistle.common.events.inventory_alerts import WarningRelayed
from gridwhistle.common.events.inventory_responses import ResponseActivated
from gridwhistle.common.jurisdiction import over_the_county
from gridwhistle.common.principal import system
from gridwhistle.common.reading import one
from gridwhistle.common.wire import CURSOR_MAX, Keyset, PageQuery, Query, View
from gridwhistle.inventory.responses.tables import calls, responses, threads
from gridwhistle.inventory.responses.views import CalledVolunteersView

router = Router("inventory", "Responses 应急响应")
_SYSTEM: Final = system("inventory")
THREAD_MAX: Final = 1_000
_OLDEST: Final = Keyset(threads.c.at, threads.c.event_id, ascending=True)
_RUNNING: Final = ("proposed", "active")


class ResponseThreadLine(View):
    """One thing that was told because of a response."""

    at: AwareDatetime
    service: Word
    event: Annotated[str, Field(max_length=100, examples=["order.published"], description="What, as in its event's name.")]
    thing_id: ThingId
    area_code: Annotated[str, Field(pattern=r"^[0-9]{12}([0-9]{3})?$", examples=["990101000000"])]
    actor_role: Word


class ResponseThread(View):
    """All that was told because of a response, by whichever service, oldest first; a thousand lines, and where more begin."""

    correlation_id: Annotated[str, Field(max_length=80, examples=["0190c8f2-5d1e-7c3a-9d55-0c5b3f1f7a10"])]
    items: Annotated[list[ResponseThreadLine], Field(max_length=THREAD_MAX)]
    next_cursor: Annotated[str | None, Field(max_length=CURSOR_MAX, examples=["WyIyMDI2LTA3LTA2VDA4OjMwOjAwKzAwOjAwIl0"])]


class ThreadQuery(Query):
    """From where on."""

    cursor: Annotated[
        str | None,
        Field(max_length=CURSOR_MAX, description="`next_cursor` of the answer before; left out, from the beginning."),
    ] = None


@router.get("/responses/{response_id}/timeline", may="responses:read")
async def get_timeline(response_id: UUID, query: Annotated[ThreadQuery, InQuery()], caller: Caller, db: Db) -> ResponseThread:
    """Return the thread of a response: from the warning on, what every service did, as their events say.

    Events of other services arrive within a second or two of what they tell.
    """
    response = await one(db, over_the_county(caller), responses, response_id)
    asked = PageQuery.model_construct(limit=THREAD_MAX, cursor=query.cursor)
    rows = await db.fetch(_OLDEST.page(select(threads).where(threads.c.response_id == response.id), asked))
    lines, next_cursor = _OLDEST.cut(rows, asked)
    items = [_line(row) for row in lines]
    return ResponseThread(correlation_id=response.correlation_id, items=items, next_cursor=next_cursor)


def _line(row: Any) -> ResponseThreadLine:
    _, service, event = row.event_type.removesuffix(f".v{row.event_type.rpartition('.v')[2]}").split(".", 2)
    return ResponseThreadLine.of(row, service=service, event=event)


# --- what is heard -----------------------------------------------------------------------------------------------------------


async def _responses_of(event: Envelope[Any], db: Work) -> Sequence[UUID]:
    """Return the response that an event is part of: that it names, by its correlation, or as what happens to a thing of it."""
    if isinstance(event.data, WarningRelayed) and event.data.edition == 1:
        return []  # the thread of each response that follows from it begins with it
    if hasattr(event.data, "response_id"):  # it says itself to which it belongs, or to none
        named = select(responses.c.id).where(responses.c.id == event.data.response_id)
        return [row.id for row in await db.fetch(named)]
    found = await db.fetch(select(responses.c.id).where(responses.c.correlation_id == event.correlation_id))
    if not found:
        of_thread = select(threads.c.response_id).where(threads.c.thing_id == event.aggregate_id)
        running = or_(responses.c.state.in_(_RUNNING), responses.c.session_id == event.emergency_session_id)
        found = await db.fetch(select(responses.c.id).where(responses.c.id.in_(of_thread), running))
    return [row.id for row in found]


async def note_in_thread(event: Envelope[Any], response_id: UUID, db: Work) -> None:
    """Add what was told to the thread of its response."""
    async with db.command(_SYSTEM) as tx:
        tx.insert(
            threads,
            id=uuid5(response_id, str(event.id)),  # what is told of a warning is part of each response to it
            response_id=response_id,
            event_id=event.id,
            event_type=event.data.type,
            thing_id=event.aggregate_id,
            area_code=event.area_code,
            actor_role=event.actor_role,
            at=event.occurred_at,
        )


async def _called_for(event: Envelope[Any], db: Work) -> Sequence[UUID]:
    response = await db.first(select(responses.c.volunteers).where(responses.c.id == event.aggregate_id))
    return [event.aggregate_id] if response and response.volunteers else []


async def call_volunteers(event: Envelope[Any], response_id: UUID, db: Work) -> None:
    """Ask the time bank for volunteers, when whoever decided said so."""
    async with db.command(_SYSTEM, responses, response_id) as tx:
        response = tx.row
        wanted = CalledVolunteersView.model_validate(response.volunteers)
        if response.state != "active" or wanted.end_at <= tx.now:
            return
        content = dict(wanted)
        call = tx.create(calls, None, area_code=event.data.areas[0], response_id=response_id, called_at=tx.now, **content)
        tx.tell(call, MobilizationOrdered(**content))


def hear(consumer: Consumer, kinds: Sequence[type[Event]]) -> None:
    """Let the consumer do what follows from a response, and note what is told because of one.

    Args:
        consumer: the service's.
        kinds: what is noted, of this service and of others.
    """
    on: Callable[..., Any] = consumer.on
    on(ResponseActivated, each=_called_for)(call_volunteers)
    for kind in kinds:
        on(kind, each=_responses_of)(note_in_thread)
