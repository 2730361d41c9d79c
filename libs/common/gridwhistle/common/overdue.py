"""How clocks are shown: those of a thing with their explanations, and all of a service that are overdue."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query as InQuery
from pydantic import AwareDatetime, Field
from sqlalchemy import Select, false, func, or_, select

from gridwhistle.common.clocks import clocks, deadline_of, explained
from gridwhistle.common.data_classes import Count, Word
from gridwhistle.common.deadlines import Unit
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.principal import Principal
from gridwhistle.common.rules import RULES
from gridwhistle.common.wire import Keyset, Page, PageQuery, View

LINES_MAX = 10_000
CLOCKS_MAX = 1_000
Line = Annotated[str, Field(max_length=500, examples=["2026-07-04(周六) 周末,不计。"])]
Place = Annotated[str, Field(pattern=r"^[0-9]{12}([0-9]{3})?$", examples=["990101001001"])]


class ClockLine(View):
    """A clock in a list."""

    owner: Annotated[Word, Field(examples=["incident"])]
    owner_id: UUID
    stage: Word
    area_code: Place
    started_at: AwareDatetime
    due_at: AwareDatetime
    breached_at: AwareDatetime | None
    escalated_at: AwareDatetime | None
    listed_at: AwareDatetime | None


class ClockView(View):
    """A clock: its limit, where it stands, and why it is due when it is."""

    stage: Word
    amount: Count
    unit: Unit
    extended_times: Count
    started_at: AwareDatetime
    warn_at: AwareDatetime
    due_at: Annotated[AwareDatetime, Field(description="While it is paused, when it was due before.")]
    is_provisional: Annotated[bool, Field(description="It runs into a year whose holidays are not published yet.")]
    used_minutes: Annotated[Count, Field(description="Of its own time: worked, or day and night.")]
    paused_at: AwareDatetime | None
    warned_at: AwareDatetime | None
    breached_at: AwareDatetime | None
    escalated_at: AwareDatetime | None
    listed_at: AwareDatetime | None
    stopped_at: AwareDatetime | None
    explanation: Annotated[
        list[Line], Field(max_length=LINES_MAX, description="Each window, each skipped day and why, each pause.")
    ]


class ClockList(View):
    """The clocks of a thing, in the order in which they started."""

    items: Annotated[list[ClockView], Field(max_length=CLOCKS_MAX)]


async def clocks_of(db: Db, thing: Any) -> ClockList:
    """Return the clocks of a thing that the caller may see, explained in the caller's language."""
    rules, now = await RULES.of(db), await db.now()
    theirs = select(clocks).where(clocks.c.owner_id == thing.id).limit(CLOCKS_MAX)
    rows = await db.fetch(theirs.order_by(clocks.c.started_at, clocks.c.rule_key))
    return ClockList.model_construct(
        items=[
            ClockView.of(
                row,
                stage=_stage(row),
                used_minutes=int(deadline_of(row, rules).used(row.paused_at or row.stopped_at or now).total_seconds() // 60),
                explanation=[getattr(line, db.language) for line in explained(row, rules)],
            )
            for row in rows
        ]
    )


def routes(service: str) -> Router:
    """Return the routes of a service for its clocks."""
    router = Router(service, "Operations 运维", in_every_service=True)
    router.get("/clocks/overdue", may="operations:read")(list_overdue_clocks)
    return router


async def list_overdue_clocks(query: Annotated[PageQuery, InQuery()], caller: Caller, db: Db) -> Page[ClockLine]:
    """List the clocks that run and are overdue, the latest due first. It is a query: what did not fire is seen as well."""
    order = Keyset(clocks.c.due_at, clocks.c.id)
    rows, next_cursor = order.cut(await db.fetch(order.page(_overdue(caller), query)), query)
    return Page[ClockLine].model_construct(
        items=[ClockLine.of(row, stage=_stage(row)) for row in rows], next_cursor=next_cursor
    )


def _overdue(caller: Principal) -> Select[Any]:
    now = func.clock_timestamp()
    places = [clocks.c.area_code.startswith(area) for area in caller.areas]
    # Each half has an index: those that fired, and those that should have.
    late = or_(clocks.c.breached_at.is_not(None), clocks.c.next_at < now)
    return select(clocks).where(clocks.c.stopped_at.is_(None), clocks.c.due_at < now, late, or_(false(), *places))


def _stage(clock: Any) -> str:
    stage: str = clock.rule_key.partition(".")[2]
    return stage
