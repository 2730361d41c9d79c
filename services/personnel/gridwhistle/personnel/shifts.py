"""What workers can ask about their shifts (值班), and townships about everybody's."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime
from sqlalchemy import select

from gridwhistle.common.commands import Command
from gridwhistle.common.data_classes import OPEN
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.personnel import ShiftEnded, ShiftStarted
from gridwhistle.common.ids import GridCode, id_of
from gridwhistle.common.machine import Step
from gridwhistle.common.principal import Principal
from gridwhistle.common.reading import one, page
from gridwhistle.common.rows import Row
from gridwhistle.common.wire import Actions, Body, Keyset, Page, PageQuery, Version, View
from gridwhistle.personnel.domain import SHIFT, NotYourShift, check_active, may_work_in
from gridwhistle.personnel.tables import assignments, shifts, workers

router = Router("personnel", "Grid workers 网格员")
_LATEST = Keyset(shifts.c.started_at, shifts.c.id)
ShiftState = Literal[SHIFT.states]  # type: ignore[name-defined]


class StartShift(Body):
    """The grid that the shift is in."""

    grid_code: GridCode


class ShiftLine(View):
    """A shift in a list."""

    id: UUID
    version: Version
    state: Annotated[ShiftState, OPEN]
    worker_id: UUID
    grid_code: GridCode
    started_at: AwareDatetime
    ended_at: AwareDatetime | None


class ShiftView(ShiftLine):
    """A worker's shift in a grid."""

    actions: Actions


class ShiftQuery(PageQuery):
    """Which shifts."""

    state: ShiftState | None = None
    grid_code: GridCode | None = None


@router.post("/shifts", may="shifts:own", status_code=201)
async def start_shift(body: StartShift, caller: Caller, db: Db) -> ShiftView:
    """Start your shift in one of your grids. You are asked for checks there until it ends."""
    async with db.command(caller, workers, _own_id(caller)) as tx:
        step = SHIFT.step(None, "start", caller)
        check_active(tx.row)
        may_work_in(body.grid_code, [row.grid_code for row in await held_by(tx)])
        shift = tx.create(shifts, step, grid_code=body.grid_code, worker_id=tx.row.id, started_at=tx.now)
        tx.tell(shift, ShiftStarted(worker_id=tx.row.id, grid_code=shift.grid_code, started_at=tx.now))
        return tx.answer(ShiftView.of(shift, actions=SHIFT.actions(shift, caller)))


@router.post("/shifts/{shift_id}/end", may="shifts:own")
async def end_shift(shift_id: UUID, caller: Caller, db: Db) -> ShiftView:
    """End your shift."""
    async with db.command(caller, shifts, shift_id) as tx:
        _end(tx, tx.row, SHIFT.step(tx.row, "end", caller))
        return tx.answer(ShiftView.of(tx.row, actions=SHIFT.actions(tx.row, caller)))


@router.post("/shifts/{shift_id}/stop", may="workers:write")
async def stop_shift(shift_id: UUID, caller: Caller, db: Db) -> ShiftView:
    """End somebody's shift for them (代为下班)."""
    async with db.command(caller, shifts, shift_id) as tx:
        _end(tx, tx.row, SHIFT.step(tx.row, "stop", caller))
        return tx.answer(ShiftView.of(tx.row, actions=SHIFT.actions(tx.row, caller)))


@router.get("/shifts/{shift_id}", may="shifts:read")
async def get_shift(shift_id: UUID, caller: Caller, db: Db) -> ShiftView:
    """Return a shift."""
    shift = await one(db, caller, shifts, shift_id)
    return ShiftView.of(shift, actions=SHIFT.actions(shift, caller))


@router.get("/shifts", may="shifts:read")
async def list_shifts(query: Annotated[ShiftQuery, Query()], caller: Caller, db: Db) -> Page[ShiftLine]:
    """List the shifts of your jurisdiction, newest first."""
    return await page(db, caller, shifts, _LATEST, query, ShiftLine)


def _own_id(caller: Principal) -> UUID:
    """Return the worker that the caller is."""
    if (id_ := id_of(caller.id)) is None:
        raise NotYourShift
    return id_


async def held_by(tx: Command) -> list[Row]:
    """Return the worker's assignments that last."""
    return [one for one in await tx.children(assignments) if one.ended_at is None]


async def stop_open_shift(tx: Command, grid_code: str | None = None) -> None:
    """End the worker's open shift, in this grid or wherever it is."""
    on = select(shifts.c.id).where(shifts.c.worker_id == tx.row.id, shifts.c.state == "on")
    if grid_code:
        on = on.where(shifts.c.grid_code == grid_code)
    for shift in await tx.hold(shifts, [row.id for row in await tx.db.fetch(on)]):
        if shift and shift.state == "on":
            _end(tx, shift, SHIFT.step(shift, "stop", tx.caller))


def _end(tx: Command, shift: Row, step: Step) -> None:
    tx.move(shift, step, ended_at=tx.now)
    told = {"worker_id": shift.worker_id, "grid_code": shift.grid_code, "started_at": shift.started_at}
    tx.tell(shift, ShiftEnded(**told, ended_at=tx.now))
