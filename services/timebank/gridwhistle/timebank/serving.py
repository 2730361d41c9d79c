"""Serving (服务): being there, being done, and what it was worth. Where somebody is, is asked twice and kept as a distance."""

import datetime as dt
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import Field
from sqlalchemy import func, select

from gridwhistle.common.attachments import AttachmentIds, attach, uploads
from gridwhistle.common.calendars import LOCAL
from gridwhistle.common.clocks import Limit, until
from gridwhistle.common.commands import Command
from gridwhistle.common.coordinates import metres_between
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.timebank_orders import OrderCheckedIn, OrderCheckedOut, OrderSettled
from gridwhistle.common.machine import Step
from gridwhistle.common.places import Point
from gridwhistle.common.problems import Conflict
from gridwhistle.common.reasons import Remark
from gridwhistle.common.rows import Row
from gridwhistle.common.wire import Body
from gridwhistle.timebank.claiming import pin_marks
from gridwhistle.timebank.company import check_in_company
from gridwhistle.timebank.limits import CHECK_OUT, CHOOSE, DISPUTE, NO_SHOW, PLACE_WITHIN
from gridwhistle.timebank.order_guards import CLERK
from gridwhistle.timebank.order_refusals import TooManyMinutes
from gridwhistle.timebank.order_states import CLAIM
from gridwhistle.timebank.order_steps import claim_facts, order_of, terms, with_order
from gridwhistle.timebank.order_tables import claims
from gridwhistle.timebank.order_views import ClaimView, claim_as_seen
from gridwhistle.timebank.participant_tables import participants
from gridwhistle.timebank.payments import capture
from gridwhistle.timebank.people import check_concerns, hold_active, reaching
from gridwhistle.timebank.presence import PIN_TRIES_MAX, NoTriesLeft, NotThere, WrongPin, arrives, is_enough
from gridwhistle.timebank.settling import DAY_MINUTES, settle

router = Router("timebank", "Claims 接单: serving 服务与结算")
_MINUTE: Final = dt.timedelta(minutes=1)
Pin = Annotated[str, Field(pattern=r"^[0-9]{6}$", examples=["048213"], description="What whom you serve tells you (核销码).")]


class Presence(Body):
    """What shows that you are there: the number, where you are, or a picture. Where you are is measured, and not kept."""

    pin: Pin | None = None
    point: Point | None = None
    attachment_ids: AttachmentIds = ()


class Forgotten(Remark):
    """How long it took, as both sides say on the telephone."""

    actual_minutes: Annotated[int, Field(ge=0, le=DAY_MINUTES, examples=[60])]


class NoMinutesYet(Conflict):
    """Whoever was there a moment has done nothing yet."""

    code = "no_minutes_yet"
    zh, en = "服务时间不足一分钟,请稍后签退。", "Less than a minute has passed; check out when it is done."


@router.post("/claims/{claim_id}/check_in", may="claims:own")
async def check_in(claim_id: UUID, body: Presence, caller: Caller, db: Db) -> ClaimView:
    """Check in (签到) in person, within half an hour of the beginning: near the place, or with the number."""
    async with db.command(await reaching(db, caller), *await with_order(db, claim_id)) as tx:
        row = tx.row
        check_concerns(claims, row, caller)
        step = CLAIM.step(row, "check_in", caller)
        await _check_may_begin(tx, row)
        if _is_right(tx, row, body.pin):
            shown = await _shown(tx, row, body)
            shown.pop("shown_now")
            if not (shown["pin_shown"] or shown["place_shown"]):
                raise NotThere(most_m=tx.rule(PLACE_WITHIN).amount)
            await _begin(tx, row, step, in_distance_m=shown.pop("distance_m"), **shown)
            return tx.answer(claim_as_seen(caller, row))
        _count_try(tx, row)
    raise WrongPin(left=PIN_TRIES_MAX - row.pin_tries)


@router.post("/claims/{claim_id}/admit", may="claims:handle")
async def admit(claim_id: UUID, body: Remark, caller: Caller, db: Db) -> ClaimView:
    """Check somebody in whom you see there (代为签到), as a clerk."""
    async with db.command(await reaching(db, caller), *await with_order(db, claim_id)) as tx:
        check_concerns(claims, tx.row, caller)
        step = CLAIM.step(tx.row, "admit", caller)
        await _check_may_begin(tx, tx.row)
        await _begin(tx, tx.row, step, reason=body.reason, clerk_shown=True)
        return tx.answer(claim_as_seen(caller, tx.row))


@router.post("/claims/{claim_id}/check_out", may="claims:own")
async def check_out(claim_id: UUID, body: Presence, caller: Caller, db: Db) -> ClaimView:
    """Check out (签退) when it is done. With the number, near the place or with a picture, it may settle by itself later."""
    async with db.command(await reaching(db, caller), *await with_order(db, claim_id)) as tx:
        row = tx.row
        check_concerns(claims, row, caller)
        step = CLAIM.step(row, "check_out", caller)
        minutes = (tx.now - row.checked_in_at) // _MINUTE
        if minutes < 1:
            raise NoMinutesYet
        if _is_right(tx, row, body.pin):
            shown = await _shown(tx, row, body)
            out = {"out_shown": shown.pop("shown_now"), "out_distance_m": shown.pop("distance_m")}
            await _end(tx, row, step, min(minutes, DAY_MINUTES), **out, **shown)
            return tx.answer(claim_as_seen(caller, row))
        _count_try(tx, row)
    raise WrongPin(left=PIN_TRIES_MAX - row.pin_tries)


@router.post("/claims/{claim_id}/no_check_out", may="claims:handle")
async def no_check_out(claim_id: UUID, body: Forgotten, caller: Caller, db: Db) -> ClaimView:
    """Check somebody out who forgot (补签退), after calling both sides. No more counts than was agreed."""
    async with db.command(await reaching(db, caller), *await with_order(db, claim_id)) as tx:
        row = tx.row
        check_concerns(claims, row, caller)
        step = CLAIM.step(row, "no_check_out", caller)
        agreed = (await order_of(tx, row)).agreed_minutes
        if body.actual_minutes > agreed:
            raise TooManyMinutes(minutes=agreed)
        await _end(tx, row, step, body.actual_minutes, reason=body.reason, clerk_shown=True, out_shown=True)
        return tx.answer(claim_as_seen(caller, row))


@router.post("/claims/{claim_id}/settle", may="claims:handle")
async def settle_claim(claim_id: UUID, body: Remark, caller: Caller, db: Db) -> ClaimView:
    """Say that it was done (核实结算). What it was worth is paid: what it took, in quarters of an hour, within the caps."""
    async with db.command(await reaching(db, caller), *await with_order(db, claim_id)) as tx:
        row = tx.row
        check_concerns(claims, row, caller)
        step = CLAIM.step(row, "settle", caller)
        await settle_now(tx, row, step, reason=body.reason, clerk_shown=row.clerk_shown or CLERK in caller.roles)
        return tx.answer(claim_as_seen(caller, row))


async def settle_by_itself(tx: Command, claim: Row, _clock: Row, percent: int) -> None:
    """Settle what nobody confirmed in three days, if two proofs are there, one of them of the end; with fewer a clerk asks."""
    proofs = [proof for proof in ("pin", "place", "clerk", "photo") if getattr(claim, f"{proof}_shown")]
    if percent >= 100 and claim.out_shown and is_enough(proofs):  # noqa: PLR2004  all of the limit
        await settle_now(tx, claim, CLAIM.step(claim, "settle", tx.caller))


async def settle_now(
    tx: Command, claim: Row, step: Step, *, order: Row | None = None, minutes: int | None = None, **values: Any
) -> None:
    """Pay what a service was worth, by what it took or by what a panel says; the volunteer is held, since caps count.

    It is worth what the county said when the volunteer was confirmed: what is decided since changes nothing that runs.
    """
    order = order or await order_of(tx, claim)
    volunteer = (await tx.hold(participants, [claim.volunteer_id]))[0]
    assert volunteer is not None, "participants stay as long as their claims"
    actual = claim.actual_minutes if minutes is None else minutes
    today = await _earned_on(tx, claim)
    held = None if minutes is not None or order.payer == "issuance" else claim.held_minutes
    agreed = terms(tx, claim.confirmed_at or claim.claimed_at)
    result = settle(order.agreed_minutes, actual, today, volunteer.earned_minutes, agreed, held_minutes=held)
    await capture(tx, order, claim, result)
    tx.update(volunteer, earned_minutes=volunteer.earned_minutes + result.earned_minutes)
    dispute_until = (claim.checked_out_at or tx.now) + dt.timedelta(days=tx.rule(DISPUTE).amount)
    if result.overflow_minutes:
        dispute_until = max(dispute_until, tx.now + dt.timedelta(days=tx.rule(CHOOSE).amount))
    tx.move(
        claim,
        step,
        limits={DISPUTE: until(tx.now, dispute_until)},
        settled_at=tx.now,
        earned_minutes=result.earned_minutes,
        overflow_minutes=result.overflow_minutes,
        address=None,
        point=None,
        pin_mark=None,
        **values,
    )
    what = {"payer": order.payer, "origin": order.origin or "order", "served_minutes": result.served_minutes}
    earned = {"earned_minutes": result.earned_minutes, "overflow_minutes": result.overflow_minutes}
    tx.tell(order, OrderSettled(**claim_facts(order, claim), **what, **earned))


async def _earned_on(tx: Command, claim: Row) -> int:
    """Return what the volunteer has earned on the service's day, as the county counts days."""
    begins = claim.start_at.astimezone(LOCAL).replace(hour=0, minute=0, second=0, microsecond=0)
    of_the_day = claims.c.start_at >= begins, claims.c.start_at < begins + dt.timedelta(days=1)
    paid = claims.c.volunteer_id == claim.volunteer_id, claims.c.id != claim.id, claims.c.state != "voided"
    return await tx.db.counted(select(func.coalesce(func.sum(claims.c.earned_minutes), 0)).where(*of_the_day, *paid))


async def _check_may_begin(tx: Command, claim: Row) -> None:
    tolerance = dt.timedelta(minutes=tx.rule(NO_SHOW).amount)
    if refusal := arrives(claim.start_at, tx.now, tolerance):
        raise refusal
    await check_in_company(tx, await order_of(tx, claim), claim)


async def _begin(tx: Command, claim: Row, step: Step, **values: Any) -> None:
    await hold_active(tx, claim.volunteer_id)
    order = await order_of(tx, claim)
    most = Limit(order.agreed_minutes + 60 * tx.rule(CHECK_OUT).amount, "urgent_minute")
    tx.move(claim, step, limits={CHECK_OUT: most}, checked_in_at=tx.now, **values)
    tx.tell(order, OrderCheckedIn(**claim_facts(order, claim)))


async def _end(tx: Command, claim: Row, step: Step, minutes: int, **values: Any) -> None:
    order = await order_of(tx, claim)
    tx.move(claim, step, checked_out_at=tx.now, actual_minutes=minutes, **values)
    tx.tell(order, OrderCheckedOut(**claim_facts(order, claim), actual_minutes=minutes))


async def _shown(tx: Command, claim: Row, body: Presence) -> dict[str, Any]:
    """Return which proofs there are, whether one is shown now, and how far away somebody is. A number is right.

    What was shown once stays shown.
    """
    distance = None
    if body.point and claim.point:
        distance = round(metres_between(body.point.lon, body.point.lat, *claim.point.lon_lat))
    is_near = distance is not None and distance <= tx.rule(PLACE_WITHIN).amount
    files = await uploads(tx, body.attachment_ids)
    attach(tx, claim, files)
    has_picture = any(file.media_type.startswith("image/") for file in files)
    return {
        "pin_shown": claim.pin_shown or body.pin is not None,
        "place_shown": claim.place_shown or is_near,
        "photo_shown": claim.photo_shown or has_picture,
        "shown_now": body.pin is not None or is_near or has_picture,
        "distance_m": distance,
    }


def _is_right(tx: Command, claim: Row, pin: str | None) -> bool:
    """Tell whether the number is right, or none was told.

    Raises:
        NoTriesLeft: it was wrong too often.
    """
    if pin is None:
        return True
    if claim.pin_tries >= PIN_TRIES_MAX:
        raise NoTriesLeft
    return claim.pin_mark in pin_marks(tx, claim, pin)


def _count_try(tx: Command, claim: Row) -> None:
    """Count a wrong number. That is written, so it is no refusal to be kept under a key: a repeat is another try."""
    tx.db.key = None
    tx.update(claim, pin_tries=claim.pin_tries + 1)
    tx.record(claim, "wrong_pin")
