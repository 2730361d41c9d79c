"""Shelters while they are needed: standing by, open, full, closed, restored. They count people and know no names."""

from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import Field

from gridwhistle.common.clocks import Limit
from gridwhistle.common.commands import Command
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.inventory_places import (
    ShelterClosed,
    ShelterOpened,
    ShelterPassedOver,
    ShelterRestored,
    ShelterStandby,
    ShelterStoodDown,
)
from gridwhistle.common.ids import ActorId
from gridwhistle.common.personal import SealedText
from gridwhistle.common.reasons import Remark
from gridwhistle.common.retention import certify
from gridwhistle.common.rows import Row
from gridwhistle.common.wire import Body
from gridwhistle.inventory.lasting import check_lasts, follow
from gridwhistle.inventory.places.counting import counts_of, opening_of
from gridwhistle.inventory.places.domain import DAYS, IN_USE, NotRestoredYet, RouteNeeded, WitnessNeeded
from gridwhistle.inventory.places.shelter_states import SHELTER
from gridwhistle.inventory.places.shelters import RouteText, ShelterView, view_of
from gridwhistle.inventory.places.tables import openings, shelters

router = Router("inventory", "Shelters 应急避难场所")
LISTS_MAX: Final = 1_000
ListNo = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,39}$", examples=["S-0001-1"])]
Witness = Annotated[ActorId, Field(description="The subject of their tokens; kept sealed.")]


class StandBy(Remark):
    """For which response, if for one."""

    response_id: Annotated[UUID | None, Field(strict=False)] = None


class OpenShelter(Body):
    """How to get there, if it is not written of the shelter already."""

    route: RouteText | None = None


class Restore(Body):
    """What has to be done before a shelter is ready again."""

    stock_counted: bool
    paper_lists: Annotated[
        list[ListNo],
        Field(max_length=LISTS_MAX, description="The numbers of the paper lists that were destroyed; never who is on them."),
    ]
    witnessed_by: Annotated[Witness | None, Field(examples=["demo-emergency_commander"])] = None


@router.post("/shelters/{shelter_id}/stand_by", may="places:run")
async def stand_by(shelter_id: UUID, body: StandBy, caller: Caller, db: Db) -> ShelterView:
    """Let a shelter stand by (待命), proposed or not: a person decides."""
    async with db.command(caller, shelters, shelter_id) as tx:
        step, response_id = SHELTER.step(tx.row, "stand_by", caller), body.response_id or tx.row.response_id
        await check_lasts(db, body.response_id, tx.row.area_code)
        tx.move(tx.row, step, reason=body.reason, response_id=response_id)
        tx.tell(tx.row, ShelterStandby(response_id=response_id))
        return tx.answer(view_of(tx.row, None, caller))


@router.post("/shelters/{shelter_id}/pass_over", may="places:run")
async def pass_over(shelter_id: UUID, body: Remark, caller: Caller, db: Db) -> ShelterView:
    """Say that a proposed shelter is not needed."""
    async with db.command(caller, shelters, shelter_id) as tx:
        step, response_id = SHELTER.step(tx.row, "pass_over", caller), tx.row.response_id
        tx.move(tx.row, step, reason=body.reason, response_id=None)
        tx.tell(tx.row, ShelterPassedOver(response_id=response_id))
        return tx.answer(view_of(tx.row, None, caller))


@router.post("/shelters/{shelter_id}/stand_down", may="places:run")
async def stand_down(shelter_id: UUID, body: Remark, caller: Caller, db: Db) -> ShelterView:
    """Let a shelter stand by no more: it was not needed."""
    async with db.command(caller, shelters, shelter_id) as tx:
        step, response_id = SHELTER.step(tx.row, "stand_down", caller), tx.row.response_id
        tx.move(tx.row, step, reason=body.reason, response_id=None)
        tx.tell(tx.row, ShelterStoodDown(response_id=response_id))
        return tx.answer(view_of(tx.row, None, caller))


@router.post("/shelters/{shelter_id}/open", may="places:run")
async def open_shelter(shelter_id: UUID, body: OpenShelter, caller: Caller, db: Db) -> ShelterView:
    """Open a shelter (开放). Its address and the way are public from now on: `/inventory/v1/open_shelters`.

    The clock of its class begins: an emergency shelter is open for three days at most, a long-term one for a hundred.
    """
    async with db.command(caller, shelters, shelter_id) as tx:
        shelter, step = tx.row, SHELTER.step(tx.row, "open", caller)
        route = body.route or shelter.route
        if route is None:
            raise RouteNeeded
        await follow(db, shelter.response_id)
        opening = tx.insert(
            openings,
            shelter_id=shelter.id,
            response_id=shelter.response_id,
            emergency_session_id=db.emergency_session_id,
            opened_at=tx.now,
            counted_at=tx.now,
            route=route,
            needs=[],
            **dict.fromkeys(("total", "elderly", "children", "disabled", "sick", "most", "arrived"), 0),
        )
        rule = tx.rule(DAYS.format(shelter.kind))
        limits = {IN_USE: Limit(rule.amount, "natural_day")}
        tx.move(shelter, step, route=route, opening_id=opening.id, limits=limits)
        facts = {"kind": shelter.kind, "capacity": shelter.capacity, "opening_id": opening.id}
        tx.tell(shelter, ShelterOpened(response_id=shelter.response_id, **facts))
        return tx.answer(view_of(shelter, opening, caller))


@router.post("/shelters/{shelter_id}/close", may="places:run")
async def close_shelter(shelter_id: UUID, body: Remark, caller: Caller, db: Db) -> ShelterView:
    """Close a shelter (关闭). Who is there leaves from now on, and nobody comes."""
    async with db.command(caller, shelters, shelter_id) as tx:
        step, opening = SHELTER.step(tx.row, "close", caller), await opening_of(tx, "close")
        tx.update(opening, closed_at=tx.now)
        tx.move(tx.row, step, reason=body.reason)
        tx.tell(tx.row, ShelterClosed(response_id=tx.row.response_id, **counts_of(opening)))
        return tx.answer(view_of(tx.row, opening, caller))


@router.post("/shelters/{shelter_id}/restore", may="places:run")
async def restore(shelter_id: UUID, body: Restore, caller: Caller, db: Db) -> ShelterView:
    """Make a shelter ready again (恢复), once all have left and the stock is counted.

    Paper lists with names are destroyed before a second person, and a certificate of deletion keeps their numbers' hash:
    whoever knows a number can prove that the list is gone.
    """
    async with db.command(caller, shelters, shelter_id) as tx:
        step, opening = SHELTER.step(tx.row, "restore", caller), await opening_of(tx, "restore")
        lists = sorted(set(body.paper_lists))
        if not body.stock_counted:
            raise NotRestoredYet
        witness = body.witnessed_by if lists else None
        if lists and witness in {None, caller.id}:
            raise WitnessNeeded
        gone: dict[str, Any] = {"lists_destroyed": len(lists)}
        if witness:
            gone |= {"destroyed_by": caller.id, "witnessed_by": SealedText(witness)}
            _certify(tx, opening, lists)
        tx.update(opening, restored_at=tx.now, **gone)
        response_id = tx.row.response_id
        tx.move(tx.row, step, opening_id=None, response_id=None)
        tx.tell(tx.row, ShelterRestored(response_id=response_id, lists_destroyed=len(lists)))
        return tx.answer(view_of(tx.row, None, caller))


def _certify(tx: Command, opening: Row, lists: list[str]) -> None:
    """Write the certificate (删除证明) of paper lists: their hash is over their numbers, in order, a line each."""
    session_id, why = opening.emergency_session_id, f"opening_id: {opening.id}"
    certify(tx, "paper_list", lists, "emergency_end" if session_id else "expired", why=why, session_id=session_id)
