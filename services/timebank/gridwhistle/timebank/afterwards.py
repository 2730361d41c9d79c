"""What both sides say afterwards (评价), and where minutes above a cap go (超额去向)."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from gridwhistle.common.commands import Command
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.rows import Row
from gridwhistle.common.wire import Body
from gridwhistle.timebank.order_guards import serves
from gridwhistle.timebank.order_refusals import NoOverflow, RatedAlready
from gridwhistle.timebank.order_states import CLAIM
from gridwhistle.timebank.order_tables import OverflowTo, claims, evaluations
from gridwhistle.timebank.order_views import ClaimView, Stars, Tag, claim_as_seen
from gridwhistle.timebank.participant_tables import participants
from gridwhistle.timebank.people import check_concerns, reaching

router = Router("timebank", "Claims 接单: afterwards 评价")


class Rating(Body):
    """How it was: stars, and words of a list. Nothing of it is published with a name."""

    stars: Stars
    tags: Annotated[list[Tag], Field(max_length=5)] = Field(default_factory=list)


class Choice(Body):
    """Where minutes above a cap go: to the public pool, or nowhere, as hours of honour."""

    to: OverflowTo


@router.post("/claims/{claim_id}/rate", may="claims:handle")
async def rate(claim_id: UUID, body: Rating, caller: Caller, db: Db) -> ClaimView:
    """Say how it was (评价), each side once."""
    async with db.command(await reaching(db, caller), claims, claim_id) as tx:
        row = tx.row
        check_concerns(claims, row, caller)
        step = CLAIM.step(row, "rate", caller)
        side = "volunteer" if serves(row, caller) else "beneficiary"
        if any(one.by_side == side for one in await tx.children(evaluations)):
            raise RatedAlready
        tx.insert(evaluations, claim_id=row.id, by_side=side, stars=body.stars, tags=body.tags, rated_at=tx.now)
        if side == "beneficiary":
            await _count(tx, row, body.stars)
        tx.move(row, step)
        return tx.answer(claim_as_seen(caller, row))


@router.post("/claims/{claim_id}/choose", may="claims:own")
async def choose(claim_id: UUID, body: Choice, caller: Caller, db: Db) -> ClaimView:
    """Say where the minutes above your cap go (超额去向) when the days for a dispute are over; unsaid, to the pool."""
    async with db.command(await reaching(db, caller), claims, claim_id) as tx:
        row = tx.row
        check_concerns(claims, row, caller)
        step = CLAIM.step(row, "choose", caller)
        if not row.overflow_minutes or row.overflow_to:
            raise NoOverflow
        tx.move(row, step, overflow_to=body.to)
        return tx.answer(claim_as_seen(caller, row))


async def _count(tx: Command, claim: Row, stars: int) -> None:
    volunteer = (await tx.hold(participants, [claim.volunteer_id]))[0]
    assert volunteer is not None, "participants stay as long as their claims"
    tx.update(volunteer, rating_sum=volunteer.rating_sum + stars, rating_count=volunteer.rating_count + 1)
