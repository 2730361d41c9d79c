"""Lists of incidents: by area at any level, state, category, organisation, time and lateness, newest first."""

from typing import Annotated

from fastapi import Query
from pydantic import Field
from sqlalchemy import ColumnElement

from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.incidents import Category
from gridwhistle.common.ids import AreaCode, GridCode, OrgCode
from gridwhistle.common.reading import filters, page
from gridwhistle.common.wire import Keyset, Moment, Page, PageQuery
from gridwhistle.incidents.tables import incidents
from gridwhistle.incidents.views import IncidentLine, State

router = Router("incidents", "Incidents 事件")
NEWEST = Keyset(incidents.c.reported_at, incidents.c.id)


class IncidentQuery(PageQuery):
    """Which incidents; what is left out does not matter."""

    area_code: Annotated[AreaCode | None, Field(description="A county, township or community, and all that lies in it.")] = None
    grid_code: GridCode | None = None
    state: State | None = None
    category: Category | None = None
    lead_org: OrgCode | None = None
    overdue: Annotated[bool | None, Field(description="Whether a stage takes longer than its limit, now.")] = None
    reported_from: Annotated[Moment | None, Field(description="The first moment.")] = None
    reported_before: Annotated[Moment | None, Field(description="The moment after the last.")] = None


@router.get("/incidents", may="incidents:read")
async def list_incidents(query: Annotated[IncidentQuery, Query()], caller: Caller, db: Db) -> Page[IncidentLine]:
    """List the incidents of your jurisdiction, newest first. There are no totals; follow `next_cursor` to the end."""
    return await page(db, caller, incidents, NEWEST, query, IncidentLine, asked)


def asked(query: IncidentQuery) -> list[ColumnElement[bool]]:
    """Return what a query asks for."""
    wanted = filters(incidents, query)
    if query.overdue is not None:
        late = incidents.c.overdue_since
        wanted.append(late.is_not(None) if query.overdue else late.is_(None))
    if query.reported_from is not None:
        wanted.append(incidents.c.reported_at >= query.reported_from)
    if query.reported_before is not None:
        wanted.append(incidents.c.reported_at < query.reported_before)
    return wanted
