"""What administrators, workers and applications can ask of the personnel service."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime, Field
from sqlalchemy import select

from gridwhistle.common.data_classes import OPEN
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.personnel import (
    AreaChanged,
    Duty,
    GridChanged,
    GridKind,
    Level,
    OrganisationChanged,
    OrganisationKind,
    ShiftEnded,
    ShiftStarted,
    WorkerAssigned,
)
from gridwhistle.common.ids import AreaCode, GridCode, OrgCode
from gridwhistle.common.jurisdiction import within
from gridwhistle.common.places import Boundary, GeoJson, Point, checked
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import NotFound
from gridwhistle.common.reading import filters, one, page
from gridwhistle.common.rows import thing_of
from gridwhistle.common.wire import Actions, Body, Keyset, Page, PageQuery, Version, View
from gridwhistle.personnel.domain import SHIFT, Employment, NothingToChange, NotYourShift, check_level, may_work_in
from gridwhistle.personnel.tables import GRIDS, areas, assignments, grids, organisations, shifts, workers

router = Router("personnel", "Grid personnel 网格员")
ASSIGNMENTS_MAX = 200
Name = Annotated[str, Field(min_length=1, max_length=60, examples=["网格员甲"])]
Households = Annotated[int, Field(ge=0, le=100_000, examples=[420])]
ShiftState = Literal[SHIFT.states]  # type: ignore[name-defined]


# --- areas and organisations -------------------------------------------------------------------------------------------------


class NewArea(Body):
    """An area (区划)."""

    area_code: AreaCode
    level: Level
    name: Annotated[Name, Field(examples=["示例社区"])]


class AreaView(View):
    """An area."""

    id: UUID
    version: Version
    area_code: AreaCode
    level: Annotated[Level, OPEN]
    name: Name


@router.post("/areas", may="areas:write", status_code=201)
async def add_area(body: NewArea, caller: Caller, db: Db) -> AreaView:
    """Add an area. Its code is the statistics code, with zeros below its level."""
    check_level(body.area_code, body.level)
    async with db.command(caller) as tx:
        area = tx.create(areas, None, area_code=body.area_code, level=body.level, name=body.name)
        tx.tell(area, AreaChanged(area_code=area.area_code, level=area.level, name=area.name))
        return tx.answer(AreaView.of(area))


@router.get("/areas", may="areas:read")
async def list_areas(query: Annotated[PageQuery, Query()], caller: Caller, db: Db) -> Page[AreaView]:
    """List the areas of your jurisdiction, newest first."""
    return await page(db, caller, areas, Keyset(areas.c.id), query, AreaView)


class NewOrganisation(Body):
    """An organisation (单位)."""

    org: OrgCode
    area_code: AreaCode
    name: Annotated[Name, Field(examples=["示例县水务局"])]
    kind: OrganisationKind


class OrganisationView(View):
    """An organisation."""

    id: UUID
    version: Version
    org: OrgCode
    area_code: AreaCode
    name: Name
    kind: Annotated[OrganisationKind, OPEN]


@router.post("/organisations", may="organisations:write", status_code=201)
async def add_organisation(body: NewOrganisation, caller: Caller, db: Db) -> OrganisationView:
    """Add an organisation that incidents can be dispatched to."""
    async with db.command(caller) as tx:
        made = tx.create(organisations, None, **body.model_dump())
        tx.tell(made, OrganisationChanged(org=made.org, name=made.name, kind=made.kind, area_code=made.area_code))
        return tx.answer(OrganisationView.of(made))


@router.get("/organisations", may="organisations:read")
async def list_organisations(query: Annotated[PageQuery, Query()], caller: Caller, db: Db) -> Page[OrganisationView]:
    """List the organisations of your jurisdiction, newest first."""
    return await page(db, caller, organisations, Keyset(organisations.c.id), query, OrganisationView)


# --- grids -------------------------------------------------------------------------------------------------------------------


class NewGrid(Body):
    """A grid (网格): a few hundred households of one community."""

    grid_code: GridCode
    name: Annotated[Name, Field(examples=["第一网格"])]
    kind: GridKind = "general"
    households: Households
    boundary: Boundary


class GridChange(Body):
    """What changes of a grid; what is left out stays."""

    name: Name | None = None
    households: Households | None = None
    boundary: Boundary | None = None


class GridView(View):
    """A grid with its boundary, GeoJSON in WGS-84."""

    id: UUID
    version: Version
    grid_code: GridCode
    area_code: AreaCode
    name: Name
    kind: Annotated[GridKind, OPEN]
    households: Households
    boundary: GeoJson


class Located(View):
    """The grid of a point; nulls when the point lies in none."""

    grid_code: GridCode | None
    area_code: AreaCode | None


@router.post("/grids", may="grids:write", status_code=201, body_bytes_max=512 * 1024)
async def add_grid(body: NewGrid, caller: Caller, db: Db) -> GridView:
    """Add a grid. Its code is that of its community and a serial of three digits."""
    boundary = checked(body.boundary)
    async with db.command(caller) as tx:
        grid = tx.create(
            grids,
            None,
            grid_code=body.grid_code,
            name=body.name,
            kind=body.kind,
            households=body.households,
            boundary=boundary,
        )
        tx.tell(grid, _grid_changed(grid))
        return tx.answer(GridView.of(grid, area_code=grid.grid_code[:12]))


@router.patch("/grids/{grid_id}", may="grids:write", body_bytes_max=512 * 1024)
async def change_grid(grid_id: UUID, body: GridChange, caller: Caller, db: Db) -> GridView:
    """Change a grid's name, households or boundary."""
    changes = {name: value for name in ("name", "households") if (value := getattr(body, name)) is not None}
    if body.boundary is not None:
        changes["boundary"] = checked(body.boundary)
    if not changes:
        raise NothingToChange
    async with db.command(caller, grids, grid_id) as tx:
        tx.update(tx.row, **changes)
        tx.record(tx.row, "change")
        tx.tell(tx.row, _grid_changed(tx.row))
        return tx.answer(GridView.of(tx.row))


@router.get("/grids/{grid_id}", may="grids:read")
async def get_grid(grid_id: UUID, caller: Caller, db: Db) -> GridView:
    """Return a grid."""
    return GridView.of(await one(db, caller, grids, grid_id))


@router.get("/grids", may="grids:read")
async def list_grids(query: Annotated[PageQuery, Query()], caller: Caller, db: Db) -> Page[GridView]:
    """List the grids of your jurisdiction, newest first."""
    return await page(db, caller, grids, Keyset(grids.c.id), query, GridView)


@router.post("/grids/locate", may="grids:read")
async def locate_point(body: Point, caller: Caller, db: Db) -> Located:
    """Find the grid of your jurisdiction that holds a point. Grids changed in the last second may be missed."""
    found = (await GRIDS.of(db)).locate(body.lon, body.lat, prefer=caller.areas)
    if found and not caller.reaches_place(found):
        found = None
    return Located.model_construct(grid_code=found, area_code=found and found[:12])


def _grid_changed(grid: Any) -> GridChanged:
    return GridChanged(
        grid_code=grid.grid_code,
        name=grid.name,
        kind=grid.kind,
        households=grid.households,
        version=grid.version,
        boundary=grid.boundary,
    )


# --- workers and shifts ------------------------------------------------------------------------------------------------------


class NewWorker(Body):
    """A grid worker (网格员)."""

    name: Name
    area_code: AreaCode
    employment: Employment
    org: OrgCode


class AssignmentView(View):
    """A grid that a worker is responsible for."""

    id: UUID
    grid_code: GridCode
    duty: Annotated[Duty, OPEN]


class WorkerLine(View):
    """A grid worker in a list."""

    id: UUID
    version: Version
    name: Name
    area_code: AreaCode
    employment: Annotated[Employment, OPEN]
    org: OrgCode


class WorkerView(WorkerLine):
    """A grid worker."""

    assignments: Annotated[list[AssignmentView], Field(max_length=ASSIGNMENTS_MAX)]


class NewAssignment(Body):
    """Responsibility for a grid."""

    grid_code: GridCode
    duty: Duty = "full_time"


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


@router.post("/workers", may="workers:write", status_code=201)
async def add_worker(body: NewWorker, caller: Caller, db: Db) -> WorkerView:
    """Add a grid worker. The worker's tokens carry the id as their subject."""
    async with db.command(caller) as tx:
        worker = tx.create(workers, None, **body.model_dump())
        return tx.answer(WorkerView.of(worker, assignments=[]))


@router.get("/workers", may="workers:read")
async def list_workers(query: Annotated[PageQuery, Query()], caller: Caller, db: Db) -> Page[WorkerLine]:
    """List the workers of your jurisdiction, newest first."""
    return await page(db, caller, workers, Keyset(workers.c.id), query, WorkerLine)


@router.get("/workers/{worker_id}", may="workers:read")
async def get_worker(worker_id: UUID, caller: Caller, db: Db) -> WorkerView:
    """Return a worker with the grids that they are responsible for."""
    worker = await one(db, caller, workers, worker_id)
    theirs = await db.fetch(
        select(assignments).where(assignments.c.worker_id == worker_id).order_by(assignments.c.id).limit(ASSIGNMENTS_MAX)
    )
    return WorkerView.of(worker, assignments=[AssignmentView.of(row) for row in theirs])


@router.post("/workers/{worker_id}/assignments", may="workers:write", status_code=201)
async def assign_grid(worker_id: UUID, body: NewAssignment, caller: Caller, db: Db) -> WorkerView:
    """Make a worker responsible for a grid."""
    grid = await db.first(select(grids.c.id).where(grids.c.grid_code == body.grid_code, within(grids, caller)))
    if grid is None:
        raise NotFound(thing=thing_of(grids))
    async with db.command(caller, workers, worker_id) as tx:
        before = await tx.children(assignments)
        made = tx.insert(assignments, worker_id=worker_id, grid_code=body.grid_code, duty=body.duty, assigned_at=tx.now)
        tx.record(tx.row, "assign")
        tx.tell(tx.row, WorkerAssigned(grid_code=body.grid_code, duty=body.duty))
        return tx.answer(WorkerView.of(tx.row, assignments=[AssignmentView.of(row) for row in (*before, made)]))


@router.post("/shifts", may="shifts:own", status_code=201)
async def start_shift(body: StartShift, caller: Caller, db: Db) -> ShiftView:
    """Start your shift in one of your grids. You are asked for checks there until it ends."""
    async with db.command(caller, workers, _own_id(caller)) as tx:
        step = SHIFT.step(None, "start", caller)
        may_work_in(body.grid_code, [row.grid_code for row in await tx.children(assignments)])
        shift = tx.create(shifts, step, grid_code=body.grid_code, worker_id=tx.row.id, started_at=tx.now)
        tx.tell(shift, ShiftStarted(worker_id=tx.row.id, grid_code=shift.grid_code, started_at=tx.now))
        return tx.answer(ShiftView.of(shift, actions=SHIFT.actions(shift, caller)))


@router.post("/shifts/{shift_id}/end", may="shifts:own")
async def end_shift(shift_id: UUID, caller: Caller, db: Db) -> ShiftView:
    """End your shift."""
    async with db.command(caller, shifts, shift_id) as tx:
        shift, step = tx.row, SHIFT.step(tx.row, "end", caller)
        tx.move(shift, step, ended_at=tx.now)
        tx.tell(
            shift,
            ShiftEnded(worker_id=shift.worker_id, grid_code=shift.grid_code, started_at=shift.started_at, ended_at=tx.now),
        )
        return tx.answer(ShiftView.of(shift, actions=SHIFT.actions(shift, caller)))


class ShiftQuery(PageQuery):
    """Which shifts."""

    state: ShiftState | None = None
    grid_code: GridCode | None = None


@router.get("/shifts", may="shifts:read")
async def list_shifts(query: Annotated[ShiftQuery, Query()], caller: Caller, db: Db) -> Page[ShiftLine]:
    """List the shifts of your jurisdiction, newest first."""
    order = Keyset(shifts.c.started_at, shifts.c.id)
    return await page(db, caller, shifts, order, query, ShiftLine, *filters(shifts, query))


def _own_id(caller: Principal) -> UUID:
    """Return the worker that the caller is."""
    try:
        return UUID(caller.id)
    except ValueError:
        raise NotYourShift from None
