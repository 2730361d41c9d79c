"""Giving minutes away (转赠、捐赠): to relatives, once both sides agree, or to the public pool. Nobody buys or sells them."""

from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime, Field
from sqlalchemy import func, select

from gridwhistle.common.calendars import LOCAL
from gridwhistle.common.commands import Command
from gridwhistle.common.data_classes import OPEN
from gridwhistle.common.database import Db as Work
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events import Event
from gridwhistle.common.events.timebank_orders import (
    TransferAccepted,
    TransferDeclined,
    TransferLapsed,
    TransferOffered,
    TransferWithdrawn,
)
from gridwhistle.common.ids import AreaCode
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import Conflict, NotFound
from gridwhistle.common.reading import page_seen
from gridwhistle.common.rows import Row, thing_of
from gridwhistle.common.wire import Actions, Body, Keyset, Page, PageQuery, Version, View
from gridwhistle.timebank.limits import CLOSE_KIN, TRANSFER_CAP
from gridwhistle.timebank.participant_states import NotYourself
from gridwhistle.timebank.participant_tables import participants
from gridwhistle.timebank.payments import donate_own, give
from gridwhistle.timebank.people import as_lists, check_side, hold_active, myself, reaching, seen_by_sides
from gridwhistle.timebank.postings import Minutes
from gridwhistle.timebank.relatives import kinship_of
from gridwhistle.timebank.transfer_states import TRANSFER
from gridwhistle.timebank.transfer_tables import transfers

router = Router("timebank", "Transfers 转赠与捐赠")
CLOSE: Final = frozenset({"parent", "child", "grandparent", "grandchild", "spouse"})
"""Direct relatives (直系亲属), and who one is married to."""
TransferState = Literal[TRANSFER.states]  # type: ignore[name-defined]
_NEWEST = Keyset(transfers.c.id)
_SIDES = (transfers.c.from_id, transfers.c.to_id)


class RelationNotVerified(Conflict):
    """Minutes go to relatives alone, once both have said so and a clerk has seen a proof."""

    code = "relation_not_verified"
    zh = "只能转赠给已双方确认并经网点核实的亲属。"
    en = "Minutes are given to relatives alone: both say so, and a station checks it."


class NotCloseEnough(Conflict):
    """Some counties let minutes go to direct relatives alone."""

    code = "not_close_kin"
    zh, en = (
        "本县规定只能转赠给直系亲属或配偶。",
        "In this county minutes go to direct relatives and spouses alone.",
    )


class MonthsCap(Conflict):
    """So much a month, and no more."""

    code = "months_cap"
    zh, en = "本月还可转赠 {left} 分钟。", "This month {left} minutes may still be given away."


class NewTransfer(Body):
    """To which of your family, and how much."""

    to_id: Annotated[UUID, Field(strict=False, description="Their id as a participant.")]
    minutes: Minutes


class PoolGift(Body):
    """How many of your minutes go to the public pool."""

    minutes: Minutes


class TransferLine(View):
    """A transfer between two relatives."""

    id: UUID
    version: Version
    area_code: AreaCode
    from_id: UUID
    to_id: UUID
    minutes: Minutes
    state: Annotated[TransferState, OPEN]
    offered_at: AwareDatetime
    terminal_at: AwareDatetime | None


class TransferView(TransferLine):
    """A transfer, and what you may do about it."""

    actions: Actions


class GiftView(View):
    """What was given to the pool."""

    minutes: Minutes
    given_at: AwareDatetime


@router.post("/transfers", may="participants:own", status_code=201)
async def offer_transfer(body: NewTransfer, caller: Caller, db: Db) -> TransferView:
    """Give minutes to one of your family (转赠). They move when the other side accepts."""
    me, county = await myself(db, caller), await reaching(db, caller)
    async with db.command(county, participants, me) as tx:
        step = TRANSFER.step(None, "offer", caller)
        await hold_active(tx, me, body.to_id)
        await _check(tx, me, body.to_id, body.minutes)
        given: dict[str, Any] = {"from_id": me, "to_id": body.to_id, "minutes": body.minutes, "offered_at": tx.now}
        made = tx.create(transfers, step, area_code=tx.row.area_code, **given)
        tx.tell(made, TransferOffered(minutes=made.minutes))
        return tx.answer(_view(made, caller))


@router.get("/transfers", may="participants:own")
async def list_transfers(query: Annotated[PageQuery, Query()], caller: Caller, db: Db) -> Page[TransferLine]:
    """List what you gave and were given, or the transfers of your station's area, newest first."""
    return await page_seen(db, await seen_by_sides(db, caller, transfers, *_SIDES), transfers, _NEWEST, query, TransferLine)


@router.get("/transfers/{transfer_id}", may="participants:own")
async def get_transfer(transfer_id: UUID, caller: Caller, db: Db) -> TransferView:
    """Return a transfer that concerns you, or lies in your station's area."""
    wanted = transfers.c.id == transfer_id, await seen_by_sides(db, caller, transfers, *_SIDES)
    found = await db.first(select(transfers).where(*wanted))
    if found is None:
        raise NotFound(thing=thing_of(transfers))
    return _view(found, caller)


@router.post("/transfers/{transfer_id}/accept", may="participants:own")
async def accept(transfer_id: UUID, caller: Caller, db: Db) -> TransferView:
    """Accept what one of your family gives you (接受): now the minutes move."""
    async with db.command(await reaching(db, caller), transfers, transfer_id) as tx:
        row = tx.row
        check_side(row, caller, row.from_id, row.to_id)
        step = TRANSFER.step(row, "accept", caller)
        # Held also because what somebody may give in a month is counted over all that was accepted.
        await hold_active(tx, row.from_id, row.to_id)
        await _check(tx, row.from_id, row.to_id, row.minutes)
        await give(tx, row)
        tx.move(row, step, terminal_at=tx.now)
        tx.tell(row, TransferAccepted(minutes=row.minutes))
        return tx.answer(_view(row, caller))


@router.post("/transfers/{transfer_id}/decline", may="participants:own")
async def decline(transfer_id: UUID, caller: Caller, db: Db) -> TransferView:
    """Decline it (谢绝); nothing has moved."""
    return await _end(transfer_id, "decline", TransferDeclined(), caller, db)


@router.post("/transfers/{transfer_id}/withdraw", may="participants:own")
async def withdraw(transfer_id: UUID, caller: Caller, db: Db) -> TransferView:
    """Take back what you offered (撤回), before it is accepted."""
    return await _end(transfer_id, "withdraw", TransferWithdrawn(), caller, db)


@router.post("/participants/{participant_id}/donate", may="participants:own")
async def donate(participant_id: UUID, body: PoolGift, caller: Caller, db: Db) -> GiftView:
    """Give minutes of your own to the public pool (捐赠), which pays for those who cannot earn."""
    async with db.command(as_lists(caller), participants, participant_id) as tx:
        if caller.id != str(participant_id):
            raise NotYourself
        await hold_active(tx, participant_id)
        await donate_own(tx, tx.row, body.minutes)
        tx.record(tx.row, "donate")
        return tx.answer(GiftView(minutes=body.minutes, given_at=tx.now))


async def lapse(tx: Command, transfer: Row, _clock: Row, _percent: int) -> None:
    """Let an offer that nobody answered be over."""
    tx.move(transfer, TRANSFER.step(transfer, "lapse", tx.caller), terminal_at=tx.now)
    tx.tell(transfer, TransferLapsed())


async def _end(transfer_id: UUID, action: str, told: Event, caller: Principal, db: Work) -> TransferView:
    async with db.command(await reaching(db, caller), transfers, transfer_id) as tx:
        check_side(tx.row, caller, tx.row.from_id, tx.row.to_id)
        tx.move(tx.row, TRANSFER.step(tx.row, action, caller), terminal_at=tx.now)
        tx.tell(tx.row, told)
        return tx.answer(_view(tx.row, caller))


async def _check(tx: Command, from_id: UUID, to_id: UUID, minutes: int) -> None:
    kinship = await kinship_of(tx, from_id, to_id)
    if kinship is None:
        raise RelationNotVerified
    if kinship not in CLOSE and tx.rule(CLOSE_KIN).amount:
        raise NotCloseEnough
    if cap := tx.rule(TRANSFER_CAP).amount:
        left = cap - await _given_this_month(tx, from_id)
        if minutes > left:
            raise MonthsCap(left=max(left, 0))


async def _given_this_month(tx: Command, from_id: UUID) -> int:
    begins = tx.now.astimezone(LOCAL).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    accepted = transfers.c.from_id == from_id, transfers.c.state == "accepted", transfers.c.terminal_at >= begins
    return await tx.db.counted(select(func.coalesce(func.sum(transfers.c.minutes), 0)).where(*accepted))


def _view(transfer: object, caller: Principal) -> TransferView:
    return TransferView.of(transfer, actions=TRANSFER.actions(transfer, caller))
