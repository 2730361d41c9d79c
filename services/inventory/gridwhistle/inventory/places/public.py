"""What everybody may know: which shelters are open, where they are, how to get there, and whether there is room."""

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import Query as InQuery
from pydantic import Field
from sqlalchemy import ColumnElement

from gridwhistle.common.data_classes import OPEN
from gridwhistle.common.edge import Db, Router
from gridwhistle.common.ids import AreaCode, prefix_of
from gridwhistle.common.places import Latitude, Longitude
from gridwhistle.common.principal import ANONYMOUS, PUBLIC
from gridwhistle.common.reading import page
from gridwhistle.common.wire import Keyset, Page, PageQuery, View
from gridwhistle.inventory.places.shelters import Address, People, RouteText, Services, ShelterName, ShelterState
from gridwhistle.inventory.places.tables import shelters

router = Router("inventory", "Shelters 应急避难场所")
_NEWEST = Keyset(shelters.c.id)


class OpenShelterQuery(PageQuery):
    """Where."""

    area_code: AreaCode


class OpenShelterLine(View):
    """An open shelter, as everybody may know it."""

    id: UUID
    name: ShelterName
    address: Address
    route: RouteText
    services: Services
    state: Annotated[ShelterState, OPEN, Field(description="`full`: there is no room.")]
    capacity: People
    lon: Longitude
    lat: Latitude


@router.get("/open_shelters", may=PUBLIC)
async def list_open_shelters(query: Annotated[OpenShelterQuery, InQuery()], db: Db) -> Page[OpenShelterLine]:
    """List the open shelters of an area with the way there, for everybody: no token is needed."""
    everybody = replace(ANONYMOUS, areas=(prefix_of(query.area_code),))
    return await page(db, everybody, shelters, _NEWEST, query, OpenShelterLine, _asked)


def _asked(_query: OpenShelterQuery) -> list[ColumnElement[bool]]:
    return [shelters.c.state.in_(("open", "full"))]
