"""Where supplies are kept (储备点): what lies there, and what an enterprise has promised to deliver or to make."""

from typing import Annotated
from uuid import UUID

from fastapi import Query as InQuery
from pydantic import AwareDatetime, Field
from sqlalchemy import Text, Uuid, column, select, table

from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.ids import AreaCode
from gridwhistle.common.places import Latitude, Longitude, Point
from gridwhistle.common.reading import one, page
from gridwhistle.common.wire import Body, Keyset, Page, PageQuery, Version, View
from gridwhistle.inventory.stock.domain import AgreementNeeded, PointClosed, PointLevel, ReserveMode
from gridwhistle.inventory.stock.refusals import GoodsOnTheWay
from gridwhistle.inventory.stock.tables import storage_points

router = Router("inventory", "Storage points 储备点")
_POINTS = Keyset(storage_points.c.id)
# Orders are built upon stock, so their own table cannot be imported from below.
_ORDERS = table("dispatch_order", column("to_id", Uuid), column("state", Text))
_ON_THE_WAY = ("approved", "picking", "issued", "in_transit")
Name = Annotated[str, Field(min_length=1, max_length=60, examples=["示例县应急物资储备库"])]
AgreementNo = Annotated[str, Field(min_length=1, max_length=60, examples=["XY-2026-017"])]
SquareMetres = Annotated[int, Field(ge=1, le=1_000_000, examples=[630])]
Address = Annotated[str, Field(min_length=1, max_length=100, examples=["示例县城关镇仓储路1号"])]


class NewStoragePoint(Body):
    """A storage point."""

    area_code: AreaCode
    name: Name
    level: PointLevel
    mode: ReserveMode = "real"
    agreement_no: Annotated[AgreementNo | None, Field(description="Of what is agreed, or to be made.")] = None
    area_m2: SquareMetres | None = None
    address: Address | None = None
    location: Point | None = None


class StoragePointView(View):
    """A storage point; where it is, in WGS-84."""

    id: UUID
    version: Version
    area_code: AreaCode
    name: Name
    level: PointLevel
    mode: ReserveMode
    agreement_no: AgreementNo | None
    area_m2: SquareMetres | None
    address: Address | None
    lon: Longitude | None
    lat: Latitude | None
    closed_at: AwareDatetime | None


class PointQuery(PageQuery):
    """Which storage points."""

    area_code: AreaCode | None = None
    level: PointLevel | None = None
    mode: ReserveMode | None = None


@router.post("/storage_points", may="stores:write", status_code=201)
async def add_storage_point(body: NewStoragePoint, caller: Caller, db: Db) -> StoragePointView:
    """Open a storage point."""
    if (body.agreement_no is None) != (body.mode == "real"):
        raise AgreementNeeded
    values = dict(body)
    lies: Point | None = values.pop("location")
    async with db.command(caller) as tx:
        made = tx.create(storage_points, None, **values, lon=lies and lies.lon, lat=lies and lies.lat)
        return tx.answer(StoragePointView.of(made))


@router.post("/storage_points/{storage_point_id}/close", may="stores:write")
async def close_storage_point(storage_point_id: UUID, caller: Caller, db: Db) -> StoragePointView:
    """Close a storage point (停用): nothing comes there any more. What lies there is counted and scrapped as before."""
    async with db.command(caller, storage_points, storage_point_id) as tx:
        if tx.row.closed_at:
            raise PointClosed
        coming = _ORDERS.c.to_id == storage_point_id, _ORDERS.c.state.in_(_ON_THE_WAY)
        if await db.first(select(_ORDERS.c.to_id).where(*coming)):
            raise GoodsOnTheWay
        tx.update(tx.row, closed_at=tx.now)
        tx.record(tx.row, "close")
        return tx.answer(StoragePointView.of(tx.row))


@router.get("/storage_points", may="stores:read")
async def list_storage_points(query: Annotated[PointQuery, InQuery()], caller: Caller, db: Db) -> Page[StoragePointView]:
    """List the storage points of your area, newest first."""
    return await page(db, caller, storage_points, _POINTS, query, StoragePointView)


@router.get("/storage_points/{storage_point_id}", may="stores:read")
async def get_storage_point(storage_point_id: UUID, caller: Caller, db: Db) -> StoragePointView:
    """Return a storage point."""
    return StoragePointView.of(await one(db, caller, storage_points, storage_point_id))
