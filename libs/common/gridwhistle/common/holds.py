"""Legal holds (封存): while one stands, nothing of the thing is taken away, however old it is."""

from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime, Field
from sqlalchemy import CheckConstraint, Column, Index, MetaData, Table, Text, Uuid

from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.ids import AreaCode
from gridwhistle.common.machine import Machine, Step
from gridwhistle.common.personal import MASKED
from gridwhistle.common.problems import Invalid, Term
from gridwhistle.common.reading import page
from gridwhistle.common.retention import Kept
from gridwhistle.common.tables import moment, place, plumbing, root
from gridwhistle.common.wire import Actions, Body, Keyset, Page, PageQuery, Version, View

_OFFICER: Final = frozenset({"privacy_officer"})
HOLD: Final = Machine(
    Term("封存", "legal hold"),
    (
        Step(None, "place", "held", _OFFICER, "what is disputed or looked into must not go away meanwhile"),
        Step("held", "lift", "lifted", _OFFICER, "retention goes on as if it had never stopped"),
    ),
    zh={"place": "封存", "held": "封存中", "lift": "解除", "lifted": "已解除"},
)
holds = Table(
    "legal_hold",
    plumbing,
    *root(numbered=False),
    *place(),
    Column("state", Text, nullable=False),
    Column("thing", Text, nullable=False),
    Column("thing_id", Uuid, nullable=False),
    Column("cause", Text, nullable=False),
    moment("placed_at", nullable=False),
    moment("lifted_at"),
    CheckConstraint("state IN ('held', 'lifted')", name="state_is_known"),
    CheckConstraint("(lifted_at IS NOT NULL) = (state = 'lifted')", name="lifted_at_iff_lifted"),
    Index(None, "thing_id"),
    info={"thing": HOLD.thing, "kept": Kept("r8")},
)
_NEWEST: Final = Keyset(holds.c.id)


class NoSuchThing(Invalid):
    """The service has no things of this kind that retention would take away."""

    code = "no_such_thing"
    zh, en = "可封存的对象:{allowed}。", "There can be held: {allowed}."


class PlaceHold(Body):
    """What to hold, and why: the number of the case or the letter, no personal values."""

    thing: Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,62}$", examples=["incident"])]
    thing_id: UUID
    cause: Annotated[str, Field(min_length=2, max_length=200, examples=["行政复议 2026-17"]), MASKED]


class HoldsQuery(PageQuery):
    """Of one thing, or in one state."""

    thing_id: UUID | None = None
    state: Literal["held", "lifted"] | None = None


class HoldLine(View):
    """A legal hold in a list."""

    id: UUID
    version: Version
    state: Literal["held", "lifted"]
    thing: Annotated[str, Field(max_length=63, examples=["incident"])]
    thing_id: UUID
    area_code: AreaCode
    cause: Annotated[str, Field(max_length=200, examples=["行政复议 2026-17"])]
    placed_at: AwareDatetime
    lifted_at: AwareDatetime | None


class HoldView(HoldLine):
    """A legal hold. `actions` is what you may do now."""

    actions: Actions


async def list_holds(query: Annotated[HoldsQuery, Query()], caller: Caller, db: Db) -> Page[HoldLine]:
    """List legal holds, newest first."""
    return await page(db, caller, holds, _NEWEST, query, HoldLine)


async def lift_hold(hold_id: UUID, caller: Caller, db: Db) -> HoldView:
    """Lift a legal hold; what is past its time by now goes with the next day's round."""
    async with db.command(caller, holds, hold_id) as tx:
        tx.move(tx.row, HOLD.step(tx.row, "lift", caller), lifted_at=tx.now)
        return tx.answer(HoldView.of(tx.row, actions=HOLD.actions(tx.row, caller)))


def routes(service: str, tables: MetaData) -> Router:
    """Return the privacy officer's routes to holds on the things of a service."""
    router = Router(service, "Personal data 个人信息", in_every_service=True)
    held = {table.name: table for table in tables.sorted_tables if "kept" in table.info and "area_code" in table.c}

    async def place_hold(body: PlaceHold, caller: Caller, db: Db) -> HoldView:
        """Hold a thing: until the hold is lifted, nothing of it is taken away."""
        if body.thing not in held:
            raise NoSuchThing(allowed=[Term(name, name) for name in held])
        # The thing is held, so that it goes up a version and no purge that is under way can take it.
        async with db.command(caller, held[body.thing], body.thing_id) as tx:
            step = HOLD.step(None, "place", caller)
            hold = tx.create(holds, step, reason=body.cause, area_code=tx.row.area_code, placed_at=tx.now, **dict(body))
            return tx.answer(HoldView.of(hold, actions=HOLD.actions(hold, caller)))

    router.post("/legal_holds", may="privacy:write", status_code=201)(place_hold)
    router.get("/legal_holds", may="privacy:read")(list_holds)
    router.post("/legal_holds/{hold_id}/lift", may="privacy:write")(lift_hold)
    return router
