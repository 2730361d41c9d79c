"""What townships can ask about grid workers (网格员), and about the grids that are theirs."""

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime, Field
from sqlalchemy import select

from gridwhistle.common.commands import Command
from gridwhistle.common.data_classes import OPEN
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.personnel import (
    GRIDS_MAX,
    Duty,
    Employment,
    WorkerActivated,
    WorkerAssigned,
    WorkerExited,
    WorkerSuspended,
    WorkerUnassigned,
)
from gridwhistle.common.ids import AreaCode, GridCode, OrgCode, area_code_of
from gridwhistle.common.jurisdiction import within
from gridwhistle.common.machine import Step
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import NotFound, NothingToChange, OutsideYourArea, Term
from gridwhistle.common.reading import one, page
from gridwhistle.common.rows import Row, thing_of
from gridwhistle.common.wire import Actions, Body, Day, Keyset, Page, PageQuery, Version, View
from gridwhistle.personnel.access import revoke
from gridwhistle.personnel.areas import Name as PlaceName
from gridwhistle.personnel.domain import (
    LEVELS,
    WORKER,
    EnoughGrids,
    GridRetired,
    NotActive,
    NotAssigned,
    check_active,
)
from gridwhistle.personnel.shifts import held_by, stop_open_shift
from gridwhistle.personnel.tables import area_of, assignments, check_org, grids, workers

router = Router("personnel", "Grid workers 网格员")
_NEWEST = Keyset(workers.c.id)
ASSIGNMENTS_MAX = GRIDS_MAX
Name = Annotated[PlaceName, Field(examples=["网格员甲"])]
WorkerState = Literal[WORKER.states]  # type: ignore[name-defined]
Reason = Annotated[Literal["asked", "health", "conduct", "contract_ended", "other"], Field(examples=["asked"])]


class NewWorker(Body):
    """A grid worker (网格员)."""

    name: Name
    area_code: AreaCode
    employment: Employment
    org: OrgCode
    entry: Annotated[
        Literal["take_over", "apply", "nominate"],
        Field(description="How they come: as somebody who works already, or as an applicant, who is trained first."),
    ] = "take_over"


class WorkerChange(Body):
    """What changes of a worker; what is left out stays."""

    contract_from: Day | None = None
    contract_to: Day | None = None
    contract_signed_on: Day | None = None
    confidentiality_signed_on: Day | None = None


class Renew(Body):
    """Until when the contract goes on."""

    contract_to: Day


class Because(Body):
    """Why."""

    reason_code: Reason


class AssignmentView(View):
    """A grid that a worker is responsible for."""

    id: UUID
    grid_code: GridCode
    duty: Annotated[Duty, OPEN]
    assigned_at: AwareDatetime


class WorkerLine(View):
    """A grid worker in a list."""

    id: UUID
    version: Version
    name: Name
    area_code: AreaCode
    employment: Annotated[Employment, OPEN]
    org: OrgCode
    state: Annotated[WorkerState, OPEN]
    contract_from: dt.date | None
    contract_to: dt.date | None
    contract_signed_on: dt.date | None
    confidentiality_signed_on: dt.date | None


class WorkerView(WorkerLine):
    """A grid worker, with the grids that they are responsible for."""

    assignments: Annotated[list[AssignmentView], Field(max_length=ASSIGNMENTS_MAX)]
    actions: Actions


class WorkerQuery(PageQuery):
    """Which workers."""

    state: WorkerState | None = None
    org: OrgCode | None = None


class NewAssignment(Body):
    """Responsibility for a grid."""

    grid_code: GridCode
    duty: Duty = "full_time"


class EndAssignment(Body):
    """Which grid."""

    grid_code: GridCode


@router.post("/workers", may="workers:write", status_code=201)
async def add_worker(body: NewWorker, caller: Caller, db: Db) -> WorkerView:
    """Add a grid worker. The worker's tokens carry the id as their subject; their area and organisation have to be there."""
    if not caller.reaches_place(body.area_code):
        raise OutsideYourArea
    async with db.command(caller) as tx:
        step = WORKER.step(None, body.entry, caller)
        area_code = await area_of(db, body.area_code)
        await check_org(db, body.org)
        given: dict[str, Any] = {"name": body.name, "area_code": area_code, "employment": body.employment, "org": body.org}
        worker = tx.create(workers, step, **given)
        if step.target == "active":
            tx.tell(worker, WorkerActivated(worker_id=worker.id, employment=worker.employment, grids=[]))
        return tx.answer(_view(worker, [], caller))


@router.get("/workers", may="workers:read")
async def list_workers(query: Annotated[WorkerQuery, Query()], caller: Caller, db: Db) -> Page[WorkerLine]:
    """List the workers of your jurisdiction, newest first."""
    return await page(db, caller, workers, _NEWEST, query, WorkerLine)


@router.get("/workers/{worker_id}", may="workers:read")
async def get_worker(worker_id: UUID, caller: Caller, db: Db) -> WorkerView:
    """Return a worker with the grids that they are responsible for."""
    worker = await one(db, caller, workers, worker_id)
    held = assignments.c.worker_id == worker_id, assignments.c.ended_at.is_(None)
    theirs = await db.fetch(select(assignments).where(*held).order_by(assignments.c.id).limit(ASSIGNMENTS_MAX))
    return _view(worker, theirs, caller)


@router.patch("/workers/{worker_id}", may="workers:write")
async def change_worker(worker_id: UUID, body: WorkerChange, caller: Caller, db: Db) -> WorkerView:
    """Write down a worker's contract, and when it and the undertaking of confidentiality were signed."""
    if not (changes := body.model_dump(exclude_none=True)):
        raise NothingToChange
    async with db.command(caller, workers, worker_id) as tx:
        if tx.row.exited_at:
            raise NotActive(state=WORKER.word(tx.row.state))
        tx.update(tx.row, **changes)
        tx.record(tx.row, "change")
        return tx.answer(_view(tx.row, await held_by(tx), caller))


@router.post("/workers/{worker_id}/start_training", may="workers:write")
async def start_training_of_worker(worker_id: UUID, caller: Caller, db: Db) -> WorkerView:
    """Let an applicant be trained."""
    return await _step(db, caller, worker_id, "start_training")


@router.post("/workers/{worker_id}/pass", may="workers:write")
async def pass_worker(worker_id: UUID, caller: Caller, db: Db) -> WorkerView:
    """Say that an applicant has passed the training."""
    return await _step(db, caller, worker_id, "pass")


@router.post("/workers/{worker_id}/reject", may="workers:write")
async def reject_worker(worker_id: UUID, caller: Caller, db: Db) -> WorkerView:
    """Take an applicant not."""
    return await _step(db, caller, worker_id, "reject")


@router.post("/workers/{worker_id}/activate", may="workers:write")
async def activate_worker(worker_id: UUID, caller: Caller, db: Db) -> WorkerView:
    """Let a worker begin (上岗), once the contract and the undertaking of confidentiality are signed."""
    return await _step(db, caller, worker_id, "activate")


@router.post("/workers/{worker_id}/suspend", may="workers:write")
async def suspend_worker(worker_id: UUID, body: Because, caller: Caller, db: Db) -> WorkerView:
    """Suspend a worker (暂停). An open shift ends; the grids stay theirs."""
    return await _step(db, caller, worker_id, "suspend", body.reason_code)


@router.post("/workers/{worker_id}/resume", may="workers:write")
async def resume_worker(worker_id: UUID, caller: Caller, db: Db) -> WorkerView:
    """Let a suspended worker work again."""
    return await _step(db, caller, worker_id, "resume")


@router.post("/workers/{worker_id}/renew", may="workers:write")
async def renew_worker(worker_id: UUID, body: Renew, caller: Caller, db: Db) -> WorkerView:
    """Let a worker's contract go on (续聘)."""
    async with db.command(caller, workers, worker_id) as tx:
        tx.move(tx.row, WORKER.step(tx.row, "renew", caller), contract_to=body.contract_to)
        return tx.answer(_view(tx.row, await held_by(tx), caller))


@router.post("/workers/{worker_id}/exit", may="workers:write")
async def exit_worker(worker_id: UUID, body: Because, caller: Caller, db: Db) -> WorkerView:
    """Let a worker leave (退出). Their tokens are good no longer, at once; grids and an open shift end."""
    view = await _step(db, caller, worker_id, "exit", body.reason_code)
    await db.database.revoked.look(db.database)
    return view


@router.post("/workers/{worker_id}/assignments", may="workers:write", status_code=201)
async def assign_grid(worker_id: UUID, body: NewAssignment, caller: Caller, db: Db) -> WorkerView:
    """Make a worker responsible for a grid."""
    grid = await db.first(select(grids.c.state).where(grids.c.grid_code == body.grid_code, within(grids, caller)))
    if grid is None:
        raise NotFound(thing=thing_of(grids))
    async with db.command(caller, workers, worker_id) as tx:
        if grid.state == "retired":
            raise GridRetired(grid=body.grid_code)
        if tx.row.state != "suspended":
            check_active(tx.row)
        before = await held_by(tx)
        if len(before) >= GRIDS_MAX:
            raise EnoughGrids(most=GRIDS_MAX)
        made = tx.insert(assignments, worker_id=worker_id, grid_code=body.grid_code, duty=body.duty, assigned_at=tx.now)
        tx.record(tx.row, "assign")
        tx.tell(tx.row, WorkerAssigned(grid_code=body.grid_code, duty=body.duty))
        return tx.answer(_view(tx.row, [*before, made], caller))


@router.post("/workers/{worker_id}/unassign", may="workers:write")
async def unassign_grid(worker_id: UUID, body: EndAssignment, caller: Caller, db: Db) -> WorkerView:
    """End a worker's responsibility for a grid; an open shift there ends."""
    async with db.command(caller, workers, worker_id) as tx:
        held = await held_by(tx)
        ended = next((one for one in held if one.grid_code == body.grid_code), None)
        if ended is None:
            raise NotAssigned(grids=[Term(one.grid_code, one.grid_code) for one in held])
        tx.update(ended, ended_at=tx.now)
        tx.record(tx.row, "unassign")
        left = [one for one in held if one is not ended]
        await stop_open_shift(tx, body.grid_code)
        tx.tell(tx.row, WorkerUnassigned(**_facts(tx.row, left)))
        return tx.answer(_view(tx.row, left, caller))


async def _step(db: Db, caller: Principal, worker_id: UUID, action: str, reason: str | None = None) -> WorkerView:
    """Take a step of a worker's, with what follows from it."""
    async with db.command(caller, workers, worker_id) as tx:
        worker, step = tx.row, WORKER.step(tx.row, action, caller)
        held = await held_by(tx)
        ends: dict[str, Any] = {"exited_at": tx.now} if step.target in {"exited", "rejected"} else {}
        tx.move(worker, step, reason=reason, **ends)
        await _follow(tx, step, held)
        return tx.answer(_view(worker, [] if step.target == "exited" else held, caller))


async def _follow(tx: Command, step: Step, held: list[Row]) -> None:
    """Tell of a step, and end what ends with it."""
    facts = _facts(tx.row, held)
    if step.target in {"suspended", "exited"}:
        await stop_open_shift(tx)
    if step.target == "exited":
        for assignment in held:
            tx.update(assignment, ended_at=tx.now)
        revoke(tx, str(tx.row.id), "worker_exited", area_code_of(tx.row.area_code, LEVELS["township"]))
    match step.target:
        case "active":
            tx.tell(tx.row, WorkerActivated(**facts))
        case "suspended":
            tx.tell(tx.row, WorkerSuspended(**facts))
        case "exited":
            tx.tell(tx.row, WorkerExited(**facts))


def _facts(worker: Row, held: list[Row]) -> dict[str, Any]:
    return {"worker_id": worker.id, "employment": worker.employment, "grids": [one.grid_code for one in held]}


def _view(worker: Any, held: Sequence[Any], caller: Principal) -> WorkerView:
    return WorkerView.of(worker, assignments=[AssignmentView.of(row) for row in held], actions=WORKER.actions(worker, caller))
