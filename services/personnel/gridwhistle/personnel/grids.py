"""What administrators and applications can ask about grids: drawn, agreed, filed, adjusted; and which one holds a point."""

import datetime as dt
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime, Field
from sqlalchemy import and_, func, or_, select

from gridwhistle.common.calendars import LOCAL
from gridwhistle.common.commands import Command
from gridwhistle.common.data_classes import OPEN, Word
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.personnel import GridChanged, GridKind, GridState
from gridwhistle.common.ids import AreaCode, GridCode
from gridwhistle.common.places import Boundary, GeoJson, checked
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import NothingToChange, OutsideYourArea, Term
from gridwhistle.common.reading import one, page
from gridwhistle.common.rows import Row
from gridwhistle.common.rules import RULES
from gridwhistle.common.wire import Actions, Body, Keyset, Moment, Page, PageQuery, Version, View
from gridwhistle.common.wire import Query as Asked
from gridwhistle.personnel.areas import Name
from gridwhistle.personnel.domain import GRID, AdjustReason, NotDrawn
from gridwhistle.personnel.tables import area_of, assignments, grid_versions, grids, workers

router = Router("personnel", "Grids 网格")
_NEWEST = Keyset(grids.c.id)
VERSIONS_MAX = 1_000
BOUNDARY_BYTES_MAX = 512 * 1024
Households = Annotated[int, Field(ge=0, le=100_000, examples=[420])]
GridName = Annotated[Name, Field(examples=["第一网格"])]
Edition = Annotated[int, Field(ge=1, le=2**31 - 1, examples=[1], description="Which drawing of the grid, counted from 1.")]


class NewGrid(Body):
    """A grid (网格): a few hundred households of one community."""

    grid_code: GridCode
    name: GridName
    kind: GridKind = "general"
    households: Households
    boundary: Boundary
    filed_at: Annotated[
        Moment | None, Field(description="Of a grid that is on file already: since when. Left out, it begins as a draft.")
    ] = None


class GridChange(Body):
    """What changes of a draft; what is left out stays."""

    name: GridName | None = None
    households: Households | None = None
    boundary: Boundary | None = None


class Adjust(Body):
    """Why the grid is drawn anew."""

    reason_code: AdjustReason


class Finding(View):
    """Something that is not as it should be, and is let pass."""

    code: Annotated[Word, Field(examples=["households_below"])]
    message: Annotated[str, Field(max_length=200)]
    source_ref: Annotated[str | None, Field(max_length=200, description="The document that says how it should be.")]


class GridLine(View):
    """A grid in a list, as it is on file; GeoJSON in WGS-84. One that was never filed is shown as it was drawn."""

    id: UUID
    version: Version
    grid_code: GridCode
    area_code: AreaCode
    name: GridName
    kind: Annotated[GridKind, OPEN]
    households: Households
    boundary: GeoJson
    state: Annotated[GridState, OPEN]
    edition: Edition
    valid_from: AwareDatetime | None
    valid_to: AwareDatetime | None


class GridView(GridLine):
    """A grid, with what is to be said of it."""

    findings: Annotated[list[Finding], Field(max_length=10)]
    actions: Actions


class GridVersionView(View):
    """A version of a grid: it holds from `valid_from` until `valid_to`; a draft that is not filed has neither."""

    edition: Edition
    name: GridName
    households: Households
    boundary: GeoJson
    adjust_reason: Annotated[AdjustReason, OPEN]
    valid_from: AwareDatetime | None
    valid_to: AwareDatetime | None


class GridVersions(View):
    """The versions of a grid, the newest first."""

    items: Annotated[list[GridVersionView], Field(max_length=VERSIONS_MAX)]


class GridQuery(PageQuery):
    """Which grids."""

    state: GridState | None = None
    kind: GridKind | None = None
    grid_code: GridCode | None = None


_DAYS: Final = dt.date(1900, 1, 1), dt.date(2900, 12, 31)
"""Before the one nothing held, and after the other what holds for good: PostgreSQL knows no day of the years beyond."""


class VersionQuery(Asked):
    """Which versions."""

    on: Annotated[dt.date | None, Field(description="Only the version that holds at the end of this day.")] = None


@router.post("/grids", may="grids:write", status_code=201, body_bytes_max=BOUNDARY_BYTES_MAX)
async def add_grid(body: NewGrid, caller: Caller, db: Db) -> GridView:
    """Draw a grid (划分), or take one over that is on file already. Its code is that of its community and three digits."""
    boundary = checked(body.boundary)
    if not caller.reaches_place(body.grid_code):
        raise OutsideYourArea
    async with db.command(caller) as tx:
        step = GRID.step(None, "take_over" if body.filed_at else "draw", caller)
        await area_of(db, body.grid_code[:12])
        drawn: dict[str, Any] = {"edition": 1, "name": body.name, "households": body.households, "boundary": boundary}
        filed_at = body.filed_at and min(body.filed_at, tx.now)
        grid = tx.create(grids, step, grid_code=body.grid_code, kind=body.kind, valid_from=filed_at, **drawn)
        tx.insert(grid_versions, grid_id=grid.id, adjust_reason="first_drawing", valid_from=filed_at, **drawn)
        if filed_at:
            tx.tell(grid, grid_changed(grid))
        return tx.answer(await _view(tx, grid))


@router.patch("/grids/{grid_id}", may="grids:write", body_bytes_max=BOUNDARY_BYTES_MAX)
async def change_grid(grid_id: UUID, body: GridChange, caller: Caller, db: Db) -> GridView:
    """Change a draft: the grid itself before it was agreed, or the version that an adjustment draws."""
    changes = {name: value for name in ("name", "households") if (value := getattr(body, name)) is not None}
    if body.boundary is not None:
        changes["boundary"] = checked(body.boundary)
    if not changes:
        raise NothingToChange
    async with db.command(caller, grids, grid_id) as tx:
        if tx.row.state not in {"draft", "adjusting"}:
            raise NotDrawn
        draft, _ = await _draft_and_held(tx)
        assert draft is not None
        tx.update(draft, **changes)
        tx.update(tx.row, **(changes if tx.row.state == "draft" else {}))
        tx.record(tx.row, "change")
        return tx.answer(await _view(tx, tx.row))


@router.post("/grids/{grid_id}/agree", may="grids:write")
async def agree_grid(grid_id: UUID, caller: Caller, db: Db) -> GridView:
    """Agree to a draft (同意), for the county's grid body."""
    async with db.command(caller, grids, grid_id) as tx:
        tx.move(tx.row, GRID.step(tx.row, "agree", caller))
        return tx.answer(await _view(tx, tx.row))


@router.post("/grids/{grid_id}/file", may="grids:write")
async def file_grid(grid_id: UUID, caller: Caller, db: Db) -> GridView:
    """Take a grid, or its new version, on file (备案). It holds from now on; the version before it held until now."""
    async with db.command(caller, grids, grid_id) as tx:
        step = GRID.step(tx.row, "file", caller)
        draft, held = await _draft_and_held(tx)
        assert draft is not None
        begins = max(tx.now, held.valid_from) if held else tx.now
        if held:
            tx.update(held, valid_to=begins)
        tx.update(draft, valid_from=begins)
        filed = {name: getattr(draft, name) for name in ("edition", "name", "households", "boundary")}
        tx.move(tx.row, step, valid_from=begins, **filed)
        tx.tell(tx.row, grid_changed(tx.row))
        return tx.answer(await _view(tx, tx.row))


@router.post("/grids/{grid_id}/adjust", may="grids:write")
async def adjust_grid(grid_id: UUID, body: Adjust, caller: Caller, db: Db) -> GridView:
    """Begin to draw a grid anew (调整). What is on file holds until the new version is filed."""
    async with db.command(caller, grids, grid_id) as tx:
        grid, step = tx.row, GRID.step(tx.row, "adjust", caller)
        drawn = {name: getattr(grid, name) for name in ("name", "households", "boundary")}
        await tx.children(grid_versions)
        tx.insert(
            grid_versions, grid_id=grid.id, edition=grid.edition + 1, adjust_reason=body.reason_code, valid_from=None, **drawn
        )
        tx.move(grid, step, reason=body.reason_code)
        tx.tell(grid, grid_changed(grid))
        return tx.answer(await _view(tx, grid))


@router.post("/grids/{grid_id}/retire", may="grids:write")
async def retire_grid(grid_id: UUID, caller: Caller, db: Db) -> GridView:
    """Retire a grid (撤销). No point lies in it any more; what was reported there stays as it is."""
    async with db.command(caller, grids, grid_id) as tx:
        step = GRID.step(tx.row, "retire", caller)
        _, held = await _draft_and_held(tx)
        if step.source != "filed":
            tx.move(tx.row, step)
        else:
            ends = max(tx.now, tx.row.valid_from)
            if held:
                tx.update(held, valid_to=ends)
            tx.move(tx.row, step, valid_to=ends)
            tx.tell(tx.row, grid_changed(tx.row))
        return tx.answer(await _view(tx, tx.row))


@router.get("/grids/{grid_id}", may="grids:read")
async def get_grid(grid_id: UUID, caller: Caller, db: Db) -> GridView:
    """Return a grid, with what is not as it should be."""
    return await _seen(db, await one(db, caller, grids, grid_id), caller, await db.now())


@router.get("/grids/{grid_id}/versions", may="grids:read")
async def list_grid_versions(grid_id: UUID, query: Annotated[VersionQuery, Query()], caller: Caller, db: Db) -> GridVersions:
    """List the versions of a grid, or the one that held on a day."""
    await one(db, caller, grids, grid_id)
    asked = select(grid_versions).where(grid_versions.c.grid_id == grid_id)
    if query.on:
        day = min(max(query.on, _DAYS[0]), _DAYS[1])
        end = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), LOCAL)
        still = or_(grid_versions.c.valid_to.is_(None), grid_versions.c.valid_to >= end)
        asked = asked.where(and_(grid_versions.c.valid_from < end, still))
    rows = await db.fetch(asked.order_by(grid_versions.c.edition.desc()).limit(VERSIONS_MAX))
    return GridVersions.model_construct(items=[GridVersionView.of(row) for row in rows])


@router.get("/grids", may="grids:read")
async def list_grids(query: Annotated[GridQuery, Query()], caller: Caller, db: Db) -> Page[GridLine]:
    """List the grids of your jurisdiction, newest first."""
    return await page(db, caller, grids, _NEWEST, query, GridLine)


def grid_changed(grid: Any) -> GridChanged:
    """Return what is told of a grid: the whole of it as it holds."""
    return GridChanged(**{name: getattr(grid, name) for name in GridChanged.model_fields})


async def _draft_and_held(tx: Command) -> tuple[Row | None, Row | None]:
    """Return the version that is being drawn and the one that holds, where there are such."""
    versions = await tx.children(grid_versions)
    draft = next((one for one in versions if one.valid_from is None), None)
    return draft, next((one for one in versions if one.valid_from and not one.valid_to), None)


async def _view(tx: Command, grid: Row) -> GridView:
    return await _seen(tx.db, grid, tx.caller, tx.now)


async def _seen(db: Db, grid: Any, caller: Principal, now: dt.datetime) -> GridView:
    area_code = grid.grid_code[:12]  # the database reckons it, and of a new grid it has not yet
    findings = await _findings(db, grid, now) if grid.kind == "general" else []
    return GridView.of(grid, area_code=area_code, findings=findings, actions=GRID.actions(grid, caller))


async def _findings(db: Db, grid: Any, now: dt.datetime) -> list[Finding]:
    """Return what is not as the rules of the place say of a general grid."""
    known = await RULES.of(db)
    at = {key: known.of(key, grid.grid_code[:12], now) for key in ("grid.households_min", "grid.households_max")}
    least, most, full_time = *at.values(), known.of("grid.full_time_min", grid.grid_code[:12], now)
    duties = select(assignments.c.duty, func.count()).join(workers, workers.c.id == assignments.c.worker_id)
    on_duty = and_(assignments.c.grid_code == grid.grid_code, assignments.c.ended_at.is_(None), workers.c.state == "active")
    held = {row[0]: row[1] for row in await db.fetch(duties.where(on_duty).group_by(assignments.c.duty))}
    found: list[tuple[bool, str, Term, str | None]] = [
        (
            grid.households < least.amount,
            "households_below",
            Term(f"户数少于 {least.amount}", f"fewer than {least.amount} households"),
            least.source_ref,
        ),
        (
            grid.households > most.amount,
            "households_above",
            Term(f"户数多于 {most.amount}", f"more than {most.amount} households"),
            most.source_ref,
        ),
        (held.get("leader", 0) != 1, "not_one_leader", Term("应有一名网格长", "there should be one grid leader"), None),
        (
            held.get("full_time", 0) < full_time.amount,
            "full_time_below",
            Term(f"专职网格员少于 {full_time.amount} 名", f"fewer than {full_time.amount} full-time workers"),
            full_time.source_ref,
        ),
    ]
    return [
        Finding.model_construct(code=code, message=getattr(term, db.language), source_ref=source)
        for so, code, term, source in found
        if so
    ]
