"""Disputes (争议评议): when the two sides differ, three who have nothing to do with it decide, and two of them are enough."""

import datetime as dt
from collections import Counter
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import select

from gridwhistle.common.commands import Command
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.timebank_orders import (
    DisputeDecided,
    DisputeKind,
    OrderDisputed,
    OrderVoided,
    PanelConvened,
    Verdict,
)
from gridwhistle.common.ids import ActorId
from gridwhistle.common.machine import Step
from gridwhistle.common.problems import Invalid
from gridwhistle.common.reasons import Remark, Why
from gridwhistle.common.rows import Row
from gridwhistle.common.tables import history
from gridwhistle.timebank.limits import DISPUTE
from gridwhistle.timebank.no_shows import end_pause
from gridwhistle.timebank.order_guards import MAJORITY, PANEL_SIZE
from gridwhistle.timebank.order_refusals import DisputeTooLate, PanelInvolved
from gridwhistle.timebank.order_states import CLAIM
from gridwhistle.timebank.order_steps import claim_facts, end_claim, order_of, with_order
from gridwhistle.timebank.order_tables import claims
from gridwhistle.timebank.order_views import ClaimView, claim_as_seen
from gridwhistle.timebank.participant_tables import participants
from gridwhistle.timebank.payments import release, undo
from gridwhistle.timebank.people import check_concerns, reaching
from gridwhistle.timebank.serving import settle_now
from gridwhistle.timebank.settling import DAY_MINUTES

router = Router("timebank", "Claims 接单: disputes 争议评议")


class MinutesNeeded(Invalid):
    """A verdict that something counts says how much."""

    code = "minutes_needed"
    zh = "裁定计入的,须填写分钟数;作废的不填。"
    en = "Say the minutes where it counts, and none where it does not."


class Dispute(Why):
    """What was otherwise."""

    kind: DisputeKind


class Panel(Remark):
    """Three people who have nothing to do with it: of the station's superior, of the community, of civil affairs."""

    members: Annotated[
        list[ActorId],
        Field(min_length=PANEL_SIZE, max_length=PANEL_SIZE, description="The subjects of their tokens, all different."),
    ]


class Vote(Remark):
    """What one of the three says: it does not count, or how many minutes it took."""

    verdict: Verdict
    minutes: Annotated[int | None, Field(ge=0, le=DAY_MINUTES, examples=[60])] = None


@router.post("/claims/{claim_id}/dispute", may="claims:handle")
async def dispute(claim_id: UUID, body: Dispute, caller: Caller, db: Db) -> ClaimView:
    """Say that it was otherwise (提出争议), within fifteen days: of the service, or that somebody did come after all.

    Minutes that were paid stay, and cannot be spent.
    """
    async with db.command(await reaching(db, caller), *await with_order(db, claim_id)) as tx:
        row = tx.row
        check_concerns(claims, row, caller)
        step, order = CLAIM.step(row, "dispute", caller), await order_of(tx, row)
        days = tx.rule(DISPUTE).amount
        if tx.now > (row.checked_out_at or row.terminal_at) + dt.timedelta(days=days):
            raise DisputeTooLate(days=days)
        what: dict[str, Any] = {"dispute_kind": body.kind, "dispute_reason": body.reason, "disputed_by": caller.id}
        tx.move(row, step, reason=body.reason, terminal_at=None, **what)
        tx.tell(order, OrderDisputed(**claim_facts(order, row), dispute_kind=body.kind))
        return tx.answer(claim_as_seen(caller, row))


@router.post("/claims/{claim_id}/convene", may="claims:handle")
async def convene(claim_id: UUID, body: Panel, caller: Caller, db: Db) -> ClaimView:
    """Name the three who decide (组成评议小组). Nobody who had to do with the service is one of them."""
    async with db.command(await reaching(db, caller), *await with_order(db, claim_id)) as tx:
        row = tx.row
        check_concerns(claims, row, caller)
        step, order = CLAIM.step(row, "convene", caller), await order_of(tx, row)
        involved = {str(row.volunteer_id), str(row.beneficiary_id), row.asked_by, row.disputed_by, order.asked_by}
        involved |= await _who_acted(tx, row) | {caller.id}
        if len(set(body.members)) != PANEL_SIZE or involved & set(body.members):
            raise PanelInvolved
        tx.move(row, step, reason=body.reason, panel=sorted(body.members))
        tx.tell(order, PanelConvened(**claim_facts(order, row), members=row.panel))
        return tx.answer(claim_as_seen(caller, row))


@router.post("/claims/{claim_id}/decide", may="claims:decide")
async def decide(claim_id: UUID, body: Vote, caller: Caller, db: Db) -> ClaimView:
    """Vote as one of the three (评议). As soon as two say the same it is decided, once and for all."""
    if (body.verdict == "minutes") != (body.minutes is not None):
        raise MinutesNeeded
    async with db.command(await reaching(db, caller), *await with_order(db, claim_id)) as tx:
        row = tx.row
        check_concerns(claims, row, caller)
        votes = [*(row.votes or ()), {"by": caller.id, "verdict": body.verdict, "minutes": body.minutes}]
        verdict, minutes = decided(votes)
        before = row.earned_minutes
        tx.update(row, verdict=verdict)
        step = CLAIM.step(row, "decide", caller)
        tx.update(row, votes=votes)
        if verdict is None:
            tx.move(row, step, reason=body.reason)
        else:
            await _carry_out(tx, row, step, minutes, paid=before is not None, reason=body.reason)
        return tx.answer(claim_as_seen(caller, row))


def decided(votes: list[dict[str, Any]]) -> tuple[Verdict | None, int | None]:
    """Return what two of three agree on: that it does not count, or that it does, by the lesser of their minutes.

    Three votes of which no two agree cannot be: there are two verdicts.
    """
    counted: Counter[Verdict] = Counter(vote["verdict"] for vote in votes)
    verdict = next((verdict for verdict, times in counted.items() if times >= MAJORITY), None)
    said = [vote["minutes"] for vote in votes if vote["verdict"] == verdict and vote["minutes"] is not None]
    return verdict, min(said, default=None)


async def _carry_out(tx: Command, claim: Row, step: Step, minutes: int | None, *, paid: bool, reason: str | None) -> None:
    """Let a verdict take effect: what was paid is undone, and what it is worth is paid anew."""
    order = await order_of(tx, claim)
    volunteer = (await tx.hold(participants, [claim.volunteer_id]))[0]
    assert volunteer is not None, "participants stay as long as their claims"
    if paid:
        agreed = next(vote["by"] for vote in claim.votes if vote["verdict"] == claim.verdict and vote["by"] != tx.caller.id)
        await undo(tx, order, claim, approved_by=agreed)
        tx.update(volunteer, earned_minutes=volunteer.earned_minutes - claim.earned_minutes)
    if claim.verdict == "void":
        await release(tx, order, claim)
        nothing: dict[str, Any] = {"earned_minutes": None, "overflow_minutes": None}
        await end_claim(tx, order, claim, step, gives_back=False, reason=reason, **nothing)
        tx.tell(order, OrderVoided(**claim_facts(order, claim)))
        return
    if claim.checked_in_at is None:
        await end_pause(tx, volunteer)
    await settle_now(tx, claim, step, minutes=minutes, reason=reason)
    tx.tell(order, DisputeDecided(**claim_facts(order, claim), verdict="minutes", earned_minutes=claim.earned_minutes))


async def _who_acted(tx: Command, claim: Row) -> set[str]:
    """Return everybody who took a step of the claim or of its order."""
    of_both = history.c.thing_id.in_((claim.id, claim.order_id))
    return {row.actor_id for row in await tx.db.fetch(select(history.c.actor_id).where(of_both).distinct())}
