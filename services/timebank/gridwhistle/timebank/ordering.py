"""Orders (订单): what somebody needs, reviewed by a station and published without an address, until hands are found."""

import datetime as dt
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import Query
from pydantic import Field
from sqlalchemy import ColumnElement, false, func, select

from gridwhistle.common.calendars import day_of
from gridwhistle.common.clocks import until
from gridwhistle.common.commands import Command
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.timebank_orders import (
    ClaimCancelled,
    OrderCancelled,
    OrderKind,
    OrderRefused,
    Payer,
    RefuseReason,
    ServiceCode,
)
from gridwhistle.common.ids import AreaCode, GridCode, id_of
from gridwhistle.common.jurisdiction import within
from gridwhistle.common.machine import Step
from gridwhistle.common.personal import AddressDetail, ExactPoint
from gridwhistle.common.places import Point
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import Conflict, NotFound
from gridwhistle.common.reading import filters, page, page_seen
from gridwhistle.common.reasons import Remark, Why
from gridwhistle.common.rows import Row, thing_of
from gridwhistle.common.wire import Body, Keyset, Moment, Page, PageQuery
from gridwhistle.timebank.eligibility import FROM_THE_POOL, NotActive, payer_of, why_not_served
from gridwhistle.timebank.limits import CLAIM_BEFORE, REDEEM_AGE, REDEEM_AGE_IN_NEED, WINDOW
from gridwhistle.timebank.making import Service, Wish, make_order, published
from gridwhistle.timebank.offering import kind_in_use
from gridwhistle.timebank.order_guards import asks
from gridwhistle.timebank.order_refusals import (
    AnotherCounty,
    AnothersOrder,
    ClaimTooLate,
    OnlyServes,
    TooLong,
    UnknownBeneficiary,
    WindowUnclear,
)
from gridwhistle.timebank.order_states import CLAIM, CLAIM_ENDED, ORDER
from gridwhistle.timebank.order_steps import claim_facts, claims_until, end_claim, facts_of, terms
from gridwhistle.timebank.order_tables import claims, orders
from gridwhistle.timebank.order_views import (
    Minutes,
    OpenOrderLine,
    OrderLine,
    OrderState,
    OrderView,
    People,
    Stars,
    order_as_seen,
)
from gridwhistle.timebank.participant_states import PARTICIPANT
from gridwhistle.timebank.participant_tables import entitlements, participants
from gridwhistle.timebank.payments import free_minutes, release
from gridwhistle.timebank.people import asked_for, check_concerns, in_the_county, is_staff, lies_with, participant, reaching
from gridwhistle.timebank.relatives import are_linked
from gridwhistle.timebank.settling import held_for

router = Router("timebank", "Orders 订单")
_NEWEST, _SOONEST = Keyset(orders.c.asked_at, orders.c.id), Keyset(orders.c.start_at, orders.c.id, ascending=True)
# What was told of the past has no clock that would end it. The page's query is kept, so the database says what time it is.
_OPEN: Final[tuple[ColumnElement[bool], ...]] = (orders.c.state == "published", orders.c.end_at > func.now())


class ServiceBegan(Conflict):
    """Who is there already is not sent home by a button."""

    code = "service_began"
    zh, en = "已有人签到服务,订单不能取消。", "Somebody has checked in already, so the order cannot be cancelled."


class NewOrder(Body):
    """What is needed, when and where. `public` is for all, opened by a station at once; nobody pays for it."""

    kind: Annotated[Literal["ordinary", "public"], Field(examples=["ordinary"])] = "ordinary"
    service_code: ServiceCode
    beneficiary_id: Annotated[UUID | None, Field(strict=False, description="For whom; yourself, if left out.")] = None
    area_code: AreaCode
    grid_code: GridCode | None = None
    address: Annotated[AddressDetail | None, Field(description="Told to who is confirmed, and to nobody before.")] = None
    point: Annotated[Point | None, Field(description="Where it is; being near it is a proof of having come.")] = None
    start_at: Moment
    end_at: Moment
    agreed_minutes: Minutes
    people_needed: People = 1
    min_reputation: Stars | None = None


class Refuse(Why):
    """Why it cannot be done so, in writing."""

    reason_code: RefuseReason


class OpenOrderQuery(PageQuery):
    """Which of them."""

    area_code: Annotated[AreaCode | None, Field(description="A county, township or community, and all that lies in it.")] = None
    service_code: ServiceCode | None = None
    kind: OrderKind | None = None


class OrderQuery(OpenOrderQuery):
    """Which of one's own, or of the station's."""

    state: OrderState | None = None


@router.post("/orders", may="orders:request", status_code=201)
async def request_order(body: NewOrder, caller: Caller, db: Db) -> OrderView:
    """Ask for a service (提出需求): for yourself, for a linked relative, or as a station for whoever asks you."""
    for_whom = None if body.kind == "public" else body.beneficiary_id or _own_id(caller)
    kind = await kind_in_use(db, body.area_code[:6], body.service_code)
    service = Service(kind.service_code, kind.minors_allowed, kind.training_required)
    is_station = is_staff(caller) and caller.id != str(for_whom)  # which asks for whoever lives in its area, and there
    reach = caller if is_station else await reaching(db, caller)
    async with db.command(reach, *([(participants, for_whom)] if for_whom else ())) as tx:
        step = ORDER.step(None, "request" if for_whom else "open", caller)
        if for_whom:
            if tx.row.county_code != body.area_code[:6]:
                raise AnotherCounty
            await _check_may_ask_for(tx, caller)
        _check_window(tx, body, kind.max_minutes)
        payer = await _payer(tx, tx.row, body.agreed_minutes, body.people_needed) if for_whom else "issuance"
        on_behalf = for_whom is not None and caller.id != str(for_whom)
        order = await make_order(tx, step, _wish(body), service=service, payer=payer, for_whom=for_whom, on_behalf=on_behalf)
        return tx.answer(order_as_seen(caller, order, []))


@router.get("/open_orders", may="orders:read")
async def list_open_orders(query: Annotated[OpenOrderQuery, Query()], caller: Caller, db: Db) -> Page[OpenOrderLine]:
    """List what people can come forward for in your county, the soonest first. There is no address in it."""
    county = await in_the_county(db, caller)
    return await page(db, county, orders, _SOONEST, query, OpenOrderLine, _open_ones)


@router.get("/orders", may="orders:read")
async def list_orders(query: Annotated[OrderQuery, Query()], caller: Caller, db: Db) -> Page[OrderLine]:
    """List the orders for yourself and those that you asked for others, or those of your station's area, newest first."""
    if is_staff(caller):
        return await page(db, caller, orders, _NEWEST, query, OrderLine)
    return await page_seen(db, await asked_for(db, caller), orders, _NEWEST, query, OrderLine)


@router.get("/orders/{order_id}", may="orders:read")
async def get_order(order_id: UUID, caller: Caller, db: Db) -> OrderView:
    """Return an order: one that is open, yours, or your station's. Its address is there for the last two."""
    reach = await reaching(db, caller)
    order = await db.first(select(orders).where(orders.c.id == order_id, within(orders, reach)))
    theirs = order is not None and (lies_with(orders, order, caller) or asks(order, caller))
    mine = select(claims.c.id).where(claims.c.order_id == order_id).order_by(claims.c.id)
    if not theirs:
        me = await participant(db, caller)
        mine = mine.where(claims.c.volunteer_id == me.id if me else false())
    claim_ids = [row.id for row in await db.fetch(mine)]
    if order is None or not (theirs or claim_ids or order.state == "published"):
        raise NotFound(thing=thing_of(orders))
    return order_as_seen(caller, order, claim_ids)


@router.post("/orders/{order_id}/publish", may="orders:handle")
async def publish(order_id: UUID, body: Remark, caller: Caller, db: Db) -> OrderView:
    """Publish it (审核并发布): it is in the catalogue, its risk is low, and somebody pays, as things stand now."""
    async with db.command(await reaching(db, caller), orders, order_id) as tx:
        order, step = tx.row, _step(tx, "publish", caller)
        recruits_until = claims_until(tx, order)
        if recruits_until <= tx.now:
            raise ClaimTooLate(minutes=tx.rule(CLAIM_BEFORE).amount)
        [who] = await tx.hold(participants, [order.beneficiary_id])
        assert who is not None, "participants stay as long as their orders"
        payer = await _payer(tx, who, order.agreed_minutes, order.people_needed)
        limits = {WINDOW: until(tx.now, recruits_until)}
        tx.move(order, step, reason=body.reason, limits=limits, payer=payer, published_at=tx.now)
        tx.tell(order, published(order))
        return await _answer(tx)


@router.post("/orders/{order_id}/refuse", may="orders:handle")
async def refuse(order_id: UUID, body: Refuse, caller: Caller, db: Db) -> OrderView:
    """Say that it cannot be done so (不通过), and why."""
    async with db.command(await reaching(db, caller), orders, order_id) as tx:
        order, step = tx.row, _step(tx, "refuse", caller)
        tx.move(order, step, reason=body.reason, reason_code=body.reason_code, terminal_at=tx.now)
        tx.tell(order, OrderRefused(**facts_of(order), reason_code=body.reason_code))
        return await _answer(tx)


@router.post("/orders/{order_id}/cancel", may="orders:handle")
async def cancel(order_id: UUID, body: Remark, caller: Caller, db: Db) -> OrderView:
    """Cancel it (取消订单), and with it what people came forward for; what was held goes back."""
    async with db.command(await reaching(db, caller), orders, order_id) as tx:
        order, step = tx.row, _step(tx, "cancel", caller)
        tx.move(order, step, reason=body.reason, terminal_at=tx.now)
        for claim in await _open_claims(tx):
            if claim.state not in {"claimed", "confirmed"}:
                raise ServiceBegan
            await release(tx, order, claim)
            await end_claim(tx, order, claim, CLAIM.step(claim, "cancel", caller), gives_back=True, is_late_cancel=False)
            tx.tell(order, ClaimCancelled(**claim_facts(order, claim), is_late=False))
        tx.tell(order, OrderCancelled(**facts_of(order)))
        return await _answer(tx)


def _open_ones(query: OpenOrderQuery) -> list[ColumnElement[bool]]:
    return [*filters(orders, query), *_OPEN]


def _step(tx: Command, action: str, caller: Principal) -> Step:
    """Return the step that somebody whom it concerns takes."""
    check_concerns(orders, tx.row, caller)
    return ORDER.step(tx.row, action, caller)


async def _open_claims(tx: Command) -> list[Row]:
    ended = claims.c.state.in_(CLAIM_ENDED)
    found = await tx.db.fetch(select(claims.c.id).where(claims.c.order_id == tx.row.id, ~ended))
    return [claim for claim in await tx.hold(claims, [row.id for row in found]) if claim and claim.terminal_at is None]


async def _answer(tx: Command) -> OrderView:
    ids = select(claims.c.id).where(claims.c.order_id == tx.row.id).order_by(claims.c.id)
    return tx.answer(order_as_seen(tx.caller, tx.row, [row.id for row in await tx.db.fetch(ids)]))


async def _check_may_ask_for(tx: Command, caller: Principal) -> None:
    """Check that the caller may ask for the held participant: as a station, as they themselves, or as a linked relative.

    Raises:
        OnlyServes: they are not registered to be served.
        NotActive: they are frozen or have left.
        AnothersOrder: they are nobody of the caller's.
    """
    who = tx.row
    if who.kind == "volunteer":
        raise OnlyServes
    if who.state != "active":
        raise NotActive(state=PARTICIPANT.word(who.state))
    if is_staff(caller) or str(who.id) == caller.id or await are_linked(tx.db, who.id, _own_id(caller)):
        return
    raise AnothersOrder


def _check_window(tx: Command, body: NewOrder, most: int) -> None:
    long = (body.end_at - body.start_at) // dt.timedelta(minutes=1)
    if body.start_at <= tx.now or long < body.agreed_minutes:
        raise WindowUnclear
    if body.agreed_minutes > most:
        raise TooLong(minutes=most)
    before = tx.rule(CLAIM_BEFORE, body.area_code).amount
    if body.kind == "ordinary" and body.start_at - tx.now < dt.timedelta(minutes=before):
        raise ClaimTooLate(minutes=before)


def _wish(body: NewOrder) -> Wish:
    point = body.point and ExactPoint(f"{body.point.lon:.6f},{body.point.lat:.6f}")
    given = {name: getattr(body, name) for name in Wish.__dataclass_fields__ if name in NewOrder.model_fields}
    return Wish(**{**given, "point": point})


async def _payer(tx: Command, who: Row, agreed_minutes: int, people: int) -> Payer:
    """Return from what a service for a held participant is paid: their own minutes, if all that would be held is there.

    Raises:
        TooYoungToBeServed: in their county people are served from another age.
        NotEntitled: nobody pays.
    """
    today = day_of(tx.now)
    category, born = await _entitlement(tx, who, today), who.birth_year and who.birth_year.year
    least, least_in_need = tx.rule(REDEEM_AGE).amount, tx.rule(REDEEM_AGE_IN_NEED).amount
    if refusal := why_not_served(born, category, today, least=least, least_in_need=least_in_need):
        raise refusal
    needed = people * held_for(agreed_minutes, terms(tx))
    return payer_of(category, await free_minutes(tx, who.id), needed)


async def _entitlement(tx: Command, who: Row, today: dt.date) -> str | None:
    """Return as what a held participant is entitled on a day; the pool pays for some."""
    there = await tx.children(entitlements, of=who)
    valid = [one.category.full for one in there if one.category and one.valid_until >= today and not one.withdrawn_at]
    return next((one for one in valid if one in FROM_THE_POOL), next(iter(valid), None))


def _own_id(caller: Principal) -> UUID:
    """Return the participant who the caller is.

    Raises:
        UnknownBeneficiary: they are none.
    """
    if (id_ := id_of(caller.id)) is None:
        raise UnknownBeneficiary
    return id_
