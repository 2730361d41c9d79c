"""Claims (接单): who comes forward, is chosen, and is told where to go; or cannot come after all."""

import datetime as dt
import secrets
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Query
from sqlalchemy import select

from gridwhistle.common.calendars import day_of
from gridwhistle.common.clocks import until
from gridwhistle.common.commands import Command
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.timebank_orders import ClaimCancelled, ClaimLapsed, OrderClaimed, OrderConfirmed
from gridwhistle.common.jurisdiction import within
from gridwhistle.common.problems import NotFound, Problem
from gridwhistle.common.reading import page_seen
from gridwhistle.common.reasons import Remark
from gridwhistle.common.rows import Row, thing_of
from gridwhistle.common.wire import Keyset, Page, PageQuery
from gridwhistle.timebank.company import ages, check_in_company, volunteer_of
from gridwhistle.timebank.eligibility import ServingOneself, Wanted, why_not
from gridwhistle.timebank.hours import HoursTaken, present_then, serving_then
from gridwhistle.timebank.limits import CANCEL_BEFORE, CLAIM_BEFORE, CONFIRM, NO_SHOW
from gridwhistle.timebank.order_guards import serves
from gridwhistle.timebank.order_refusals import AnotherCounty, BegunAlready, ClaimTooLate, NoPlaceLeft, OnlyServed
from gridwhistle.timebank.order_states import CLAIM, ORDER
from gridwhistle.timebank.order_steps import claim_facts, claims_until, end_claim, order_of, terms, with_order
from gridwhistle.timebank.order_tables import claims, orders
from gridwhistle.timebank.order_views import ClaimLine, ClaimState, ClaimView, ConfirmedView, claim_as_seen, shown_of
from gridwhistle.timebank.participant_tables import participants, trainings
from gridwhistle.timebank.payments import hold, release
from gridwhistle.timebank.people import check_concerns, concerning, hold_active, in_the_county, myself, reaching
from gridwhistle.timebank.presence import PIN_DIGITS
from gridwhistle.timebank.settling import held_for

router = Router("timebank", "Claims 接单")
NOTHING_SHOWN: Final[dict[str, Any]] = dict.fromkeys(("pin_shown", "place_shown", "clerk_shown", "photo_shown"), False)
_NEWEST = Keyset(claims.c.claimed_at, claims.c.id)


class ClaimQuery(PageQuery):
    """Which of one's own, or of the station's."""

    state: ClaimState | None = None


@router.post("/orders/{order_id}/claim", may="claims:own")
async def claim(order_id: UUID, caller: Caller, db: Db) -> ClaimView:
    """Come forward (接单) for an open order, anywhere in your county. Of two who race for the last place one has it."""
    me, county = await myself(db, caller), await in_the_county(db, caller)
    async with db.command(county, (orders, order_id), (participants, me)) as tx:
        order, who = tx[orders, order_id], tx[participants, me]
        if order.state == "full":
            raise NoPlaceLeft
        order_step, step = ORDER.step(order, "claim", caller), CLAIM.step(None, "claim", caller)
        if order.beneficiary_id == me:
            raise ServingOneself
        if tx.now >= claims_until(tx, order):
            raise ClaimTooLate(minutes=tx.rule(CLAIM_BEFORE).amount)
        if refusal := await _why_not(tx, who, order):
            raise refusal
        begins = begins_at(tx, order)
        await _check_hours(tx, order, me, begins)
        tx.move(order, order_step, people_taken=order.people_taken + 1, claims_open=order.claims_open + 1)
        limits = {CONFIRM: until(tx.now, confirmed_until(order))} if _begins_soon(tx, order) else {}
        made = tx.create(
            claims,
            step,
            limits=limits,
            area_code=order.area_code,
            grid_code=order.grid_code,
            order_id=order.id,
            volunteer_id=me,
            beneficiary_id=order.beneficiary_id,
            asked_by=order.asked_by,
            claimed_at=tx.now,
            start_at=begins,
            pin_tries=0,
            **NOTHING_SHOWN,
        )
        tx.tell(order, OrderClaimed(**claim_facts(order, made), places_left=order.people_needed - order.people_taken))
        return tx.answer(claim_as_seen(caller, made))


@router.get("/claims", may="claims:read")
async def list_claims(query: Annotated[ClaimQuery, Query()], caller: Caller, db: Db) -> Page[ClaimLine]:
    """List your claims, those for you, those that you are to decide, or those of your station's area, newest first."""
    return await page_seen(db, await concerning(db, caller), claims, _NEWEST, query, ClaimLine)


@router.get("/claims/{claim_id}", may="claims:read")
async def get_claim(claim_id: UUID, caller: Caller, db: Db) -> ClaimView:
    """Return a claim that is yours, for you, or of your station's area."""
    found = await db.first(select(claims).where(claims.c.id == claim_id, within(claims, await reaching(db, caller))))
    if found is None:
        raise NotFound(thing=thing_of(claims))
    check_concerns(claims, found, caller)
    return claim_as_seen(caller, found)


@router.post("/claims/{claim_id}/confirm", may="claims:handle")
async def confirm(claim_id: UUID, body: Remark, caller: Caller, db: Db) -> ConfirmedView:
    """Say yes (确认) to who came forward. Minutes are held, the address is told, and you get a number for when they come.

    Of what is for all, and in an emergency, who is confirmed after the beginning begins then.
    The number (核销码) is shown once. Tell it to who comes when they are there, and not before.
    """
    async with db.command(await reaching(db, caller), *await with_order(db, claim_id)) as tx:
        row = tx.row
        check_concerns(claims, row, caller)
        step, order = CLAIM.step(row, "confirm", caller), await order_of(tx, row)
        await hold_active(tx, row.volunteer_id, row.beneficiary_id)
        if tx.now >= confirmed_until(order):
            raise BegunAlready
        minutes = 0 if order.payer == "issuance" else held_for(order.agreed_minutes, terms(tx))
        await hold(tx, order, row, minutes)
        pin = f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}}"
        start_at = begins_at(tx, order)
        await _check_hours(tx, order, row.volunteer_id, start_at)  # later than they came forward for, perhaps
        await check_in_company(tx, order, row)
        begins_at_last = start_at + dt.timedelta(minutes=tx.rule(NO_SHOW).amount)
        tx.move(
            row,
            step,
            reason=body.reason,
            limits={NO_SHOW: until(tx.now, begins_at_last)},
            confirmed_at=tx.now,
            start_at=start_at,
            held_minutes=minutes,
            pin_mark=pin_mark(tx, row, pin),
            address=order.address,
            point=order.point,
        )
        tx.tell(order, OrderConfirmed(**claim_facts(order, row), held_minutes=minutes))
        return tx.answer(ConfirmedView.of(row, pin=pin, **shown_of(caller, row)))


@router.post("/claims/{claim_id}/decline", may="claims:handle")
async def decline(claim_id: UUID, body: Remark, caller: Caller, db: Db) -> ClaimView:
    """Say that you would rather have somebody else (不选用); the place is free again."""
    async with db.command(await reaching(db, caller), *await with_order(db, claim_id)) as tx:
        check_concerns(claims, tx.row, caller)
        step = CLAIM.step(tx.row, "decline", caller)
        order = await order_of(tx, tx.row)
        await end_claim(tx, order, tx.row, step, gives_back=True, reason=body.reason)
        tx.tell(order, ClaimLapsed(**claim_facts(order, tx.row)))
        return tx.answer(claim_as_seen(caller, tx.row))


@router.post("/claims/{claim_id}/cancel", may="claims:handle")
async def cancel(claim_id: UUID, body: Remark, caller: Caller, db: Db) -> ClaimView:
    """Say that it falls through (取消接单). What was held goes back. Who comes forward and cancels late is noted as late."""
    async with db.command(await reaching(db, caller), *await with_order(db, claim_id)) as tx:
        row = tx.row
        check_concerns(claims, row, caller)
        step, order = CLAIM.step(row, "cancel", caller), await order_of(tx, row)
        free_until = order.start_at - dt.timedelta(minutes=tx.rule(CANCEL_BEFORE).amount)
        is_late = row.state == "confirmed" and serves(row, caller) and tx.now > free_until
        await release(tx, order, row)
        await end_claim(tx, order, row, step, gives_back=True, reason=body.reason, is_late_cancel=is_late)
        tx.tell(order, ClaimCancelled(**claim_facts(order, row), is_late=is_late))
        return tx.answer(claim_as_seen(caller, row))


def pin_mark(tx: Command, claim: Row, pin: str) -> bytes:
    """Return by what a claim's number is known again; nobody can read the number from it."""
    return tx.db.database.seal.mark(f"{claim.id}|{pin}", "claim.pin")


def pin_marks(tx: Command, claim: Row, pin: str) -> list[bytes]:
    """Return by what a number would be known, under every key that there is."""
    return tx.db.database.seal.marks(f"{claim.id}|{pin}", "claim.pin")


def confirmed_until(order: Row) -> dt.datetime:
    """Return until when somebody can be confirmed: before it begins; where people come forward to the end, before it ends."""
    moment: dt.datetime = order.start_at if order.kind == "ordinary" else order.end_at
    return moment


def begins_at(tx: Command, order: Row) -> dt.datetime:
    """Return when somebody who is told now begins: with the service, or at once if it has begun."""
    moment: dt.datetime = max(order.start_at, tx.now)
    return moment


async def _check_hours(tx: Command, order: Row, who: UUID, begins: dt.datetime) -> None:
    then = [who], begins, begins + dt.timedelta(minutes=order.agreed_minutes)
    if await serving_then(tx, *then, order_id=order.id) or await present_then(tx, *then):
        raise HoursTaken


def _begins_soon(tx: Command, order: Row) -> bool:
    """Tell whether there is less time left to confirm somebody than there usually is."""
    return confirmed_until(order) < tx.now + dt.timedelta(hours=tx.rule(CONFIRM).amount)


async def _why_not(tx: Command, who: Row, order: Row) -> Problem | None:
    if who.county_code != order.county_code:
        return AnotherCounty()
    if who.kind == "beneficiary":
        return OnlyServed()
    learnt = {one.course for one in await tx.children(trainings, of=who)}
    wanted = Wanted(
        kind=order.kind,
        people_needed=order.people_needed,
        minors_allowed=order.minors_allowed,
        training_required=order.training_required,
        min_reputation=order.min_reputation,
    )
    return why_not(volunteer_of(who, learnt), wanted, day_of(begins_at(tx, order)), tx.now, ages(tx))
