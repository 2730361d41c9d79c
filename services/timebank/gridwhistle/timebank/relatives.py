"""Relatives (亲属关系): who of their families participants may give minutes to, once both agree and a proof was seen."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime, Field
from sqlalchemy import ColumnElement, Select, or_, select

from gridwhistle.common.commands import Command
from gridwhistle.common.data_classes import OPEN
from gridwhistle.common.database import Db as Work
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.timebank_orders import RelativesAsked, RelativesChecked, RelativesEnded
from gridwhistle.common.ids import AreaCode
from gridwhistle.common.jurisdiction import within
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import Conflict, NotFound
from gridwhistle.common.reading import page_seen
from gridwhistle.common.rows import thing_of
from gridwhistle.common.wire import Actions, Body, Keyset, Page, PageQuery, Version, View
from gridwhistle.timebank.order_refusals import UnknownBeneficiary
from gridwhistle.timebank.participant_states import LINK
from gridwhistle.timebank.participant_tables import Kinship, participants, relatives
from gridwhistle.timebank.people import check_side, hold_active, myself, reaching, seen_by_sides

router = Router("timebank", "Relatives 亲属关系")
_NEWEST = Keyset(relatives.c.id)
_SIDES = (relatives.c.asked_by_id, relatives.c.other_id)
LinkState = Literal[LINK.states]  # type: ignore[name-defined]


class LinkedAlready(Conflict):
    """Two participants are linked once."""

    code = "linked_already"
    zh, en = "双方已关联或正在确认。", "The two are linked already, or are about to be."


class NewRelative(Body):
    """Who of the family it is."""

    other_id: Annotated[UUID, Field(strict=False, description="Their id as a participant.")]
    kinship: Annotated[Kinship, Field(description="What the other is to you.")]


class RelativeLine(View):
    """A link between two participants."""

    id: UUID
    version: Version
    area_code: AreaCode
    asked_by_id: UUID
    other_id: UUID
    kinship: Annotated[Kinship, OPEN]
    state: Annotated[LinkState, OPEN]
    asked_at: AwareDatetime
    agreed_at: AwareDatetime | None
    checked_at: AwareDatetime | None
    ended_at: AwareDatetime | None


class RelativeView(RelativeLine):
    """A link between two participants, and what you may do about it."""

    actions: Actions


@router.post("/relatives", may="participants:own", status_code=201)
async def link_relative(body: NewRelative, caller: Caller, db: Db) -> RelativeView:
    """Say who of your family may have your minutes (申请关联). They have to agree, and a clerk looks at a proof."""
    me, county = await myself(db, caller), await reaching(db, caller)
    other = await db.first(select(participants.c.id).where(participants.c.id == body.other_id, within(participants, county)))
    if other is None:
        raise UnknownBeneficiary
    async with db.command(county, participants, me) as tx:
        step = LINK.step(None, "link", caller)
        await hold_active(tx, me, body.other_id)
        given: dict[str, Any] = {"asked_by_id": me, "other_id": body.other_id, "kinship": body.kinship, "asked_at": tx.now}
        link = tx.create(relatives, step, area_code=tx.row.area_code, **given)
        tx.tell(link, RelativesAsked())
        return tx.answer(_view(link, caller))


@router.get("/relatives", may="participants:own")
async def list_relatives(query: Annotated[PageQuery, Query()], caller: Caller, db: Db) -> Page[RelativeLine]:
    """List your links, or those of your station's area, newest first."""
    return await page_seen(db, await seen_by_sides(db, caller, relatives, *_SIDES), relatives, _NEWEST, query, RelativeLine)


@router.get("/relatives/{relative_id}", may="participants:own")
async def get_relative(relative_id: UUID, caller: Caller, db: Db) -> RelativeView:
    """Return a link that is yours, or lies in your station's area."""
    wanted = await seen_by_sides(db, caller, relatives, *_SIDES)
    if (link := await db.first(select(relatives).where(relatives.c.id == relative_id, wanted))) is None:
        raise NotFound(thing=thing_of(relatives))
    return _view(link, caller)


@router.post("/relatives/{relative_id}/agree", may="participants:own")
async def agree_relative(relative_id: UUID, caller: Caller, db: Db) -> RelativeView:
    """Agree that you are of one family (同意)."""
    async with db.command(await reaching(db, caller), relatives, relative_id) as tx:
        check_side(tx.row, caller, tx.row.asked_by_id, tx.row.other_id)
        tx.move(tx.row, LINK.step(tx.row, "agree", caller), agreed_at=tx.now)
        return tx.answer(_view(tx.row, caller))


@router.post("/relatives/{relative_id}/check", may="participants:write")
async def check_relative(relative_id: UUID, caller: Caller, db: Db) -> RelativeView:
    """Say that you have seen a proof (核实). Keep no copy of it."""
    async with db.command(caller, relatives, relative_id) as tx:
        tx.move(tx.row, LINK.step(tx.row, "check", caller), checked_at=tx.now, checked_by=caller.id)
        tx.tell(tx.row, RelativesChecked())
        return tx.answer(_view(tx.row, caller))


@router.post("/relatives/{relative_id}/end", may="participants:own")
async def end_relative(relative_id: UUID, caller: Caller, db: Db) -> RelativeView:
    """End a link (解除), whenever you like."""
    async with db.command(await reaching(db, caller), relatives, relative_id) as tx:
        check_side(tx.row, caller, tx.row.asked_by_id, tx.row.other_id)
        tx.move(tx.row, LINK.step(tx.row, "end", caller), ended_at=tx.now)
        tx.tell(tx.row, RelativesEnded())
        return tx.answer(_view(tx.row, caller))


async def kinship_of(tx: Command, one: UUID, other: UUID) -> str | None:
    """Return what the other is to the one, of those who are linked and checked; None, if they are not.

    Said from the other side it is the same word turned round. The link is held, so that nobody ends it meanwhile.
    """
    found = await tx.db.first(_link_between(one, other))
    link = (await tx.hold(relatives, [found.id]))[0] if found else None
    if link is None or link.state != "checked":
        return None
    kinship: str = link.kinship if link.asked_by_id == one else _TURNED.get(link.kinship, link.kinship)
    return kinship


_TURNED = {"parent": "child", "child": "parent", "grandparent": "grandchild", "grandchild": "grandparent"}


async def are_linked(db: Work, one: UUID, other: UUID) -> bool:
    """Tell whether two participants are of one family: both said so, and a clerk saw a proof."""
    return await db.first(_link_between(one, other)) is not None


def _link_between(one: UUID, other: UUID) -> Select[Any]:
    return select(relatives.c.id).where(_ones_own(one), _ones_own(other), relatives.c.state == "checked")


def _ones_own(me: UUID) -> ColumnElement[bool]:
    return or_(*(side == me for side in _SIDES))


def _view(link: object, caller: Principal) -> RelativeView:
    return RelativeView.of(link, actions=LINK.actions(link, caller))
