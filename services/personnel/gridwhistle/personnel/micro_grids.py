"""What administrators can ask about micro-grids (微网格), the parts of a grid."""

import datetime as dt
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field
from sqlalchemy import select

from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.problems import Term
from gridwhistle.common.reading import one
from gridwhistle.common.rules import RULES
from gridwhistle.common.wire import Body, Version, View
from gridwhistle.personnel.areas import Name
from gridwhistle.personnel.domain import NotInGrid
from gridwhistle.personnel.grids import Households
from gridwhistle.personnel.tables import grids, micro_grids

router = Router("personnel", "Grids 网格")
MICRO_GRIDS_MAX = 100
MicroGridCode = Annotated[
    str, Field(pattern=r"^[0-9]{17}$", description="Grid code and a serial of 2 digits.", examples=["99010100100100101"])
]


class NewMicroGrid(Body):
    """A micro-grid (微网格): fifty to eighty households of a grid."""

    micro_grid_code: MicroGridCode
    name: Annotated[Name, Field(examples=["一号楼"])]
    households: Households


class MicroGridView(View):
    """A micro-grid."""

    micro_grid_code: MicroGridCode
    name: Name
    households: Households
    findings: Annotated[list[Literal["households_below", "households_above"]], Field(max_length=2)]


class MicroGrids(View):
    """The micro-grids of a grid, by code."""

    version: Version
    items: Annotated[list[MicroGridView], Field(max_length=MICRO_GRIDS_MAX)]


@router.post("/grids/{grid_id}/micro_grids", may="grids:write", status_code=201)
async def add_micro_grid(grid_id: UUID, body: NewMicroGrid, caller: Caller, db: Db) -> MicroGrids:
    """Add a micro-grid to a grid; return all of that grid."""
    async with db.command(caller, grids, grid_id) as tx:
        if not body.micro_grid_code.startswith(tx.row.grid_code):
            raise NotInGrid(grid=Term(tx.row.grid_code, tx.row.grid_code))
        there = await tx.children(micro_grids)
        made = tx.insert(micro_grids, grid_id=grid_id, **body.model_dump())
        tx.record(tx.row, "add_micro_grid")
        return tx.answer(await _micro_grids(db, tx.row, [*there, made], tx.now))


@router.get("/grids/{grid_id}/micro_grids", may="grids:read")
async def list_micro_grids(grid_id: UUID, caller: Caller, db: Db) -> MicroGrids:
    """List the micro-grids of a grid."""
    grid = await one(db, caller, grids, grid_id)
    rows = await db.fetch(select(micro_grids).where(micro_grids.c.grid_id == grid_id).limit(MICRO_GRIDS_MAX))
    return await _micro_grids(db, grid, rows, await db.now())


async def _micro_grids(db: Db, grid: Any, rows: Any, now: dt.datetime) -> MicroGrids:
    known = await RULES.of(db)
    least, most = (known.of(f"micro_grid.households_{end}", grid.grid_code[:12], now).amount for end in ("min", "max"))
    items = []
    for row in sorted(rows, key=lambda row: row.micro_grid_code):
        findings = ["households_below"] * (row.households < least) + ["households_above"] * (row.households > most)
        items.append(MicroGridView.of(row, findings=findings))
    return MicroGrids.model_construct(version=grid.version, items=items)
