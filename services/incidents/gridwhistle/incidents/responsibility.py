"""The routes by which a county says who supervises (监管主体) and who answers (责任主体), and where."""

from typing import Annotated
from uuid import UUID

from pydantic import Field
from sqlalchemy import select

from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.ids import OrgCode
from gridwhistle.common.problems import OutsideYourArea
from gridwhistle.common.wire import Body, Moment
from gridwhistle.incidents.catalogue import responsibilities
from gridwhistle.incidents.cataloguing import AreaPrefix, CategoryView, Priority, Withdraw, add, answer, changed, withdraw
from gridwhistle.incidents.refusals import UnknownOrganisation
from gridwhistle.incidents.tables import known_organisations

router = Router("incidents", "Catalogue 事项目录")


class NewResponsibility(Body):
    """Who supervises (监管主体) and who answers (责任主体) in an area, from a day on."""

    area_prefix: AreaPrefix
    supervising_org: OrgCode
    responsible_org: OrgCode
    priority: Priority = 0
    effective_from: Annotated[Moment | None, Field(description="Now, if left out.")] = None


@router.post("/categories/{category_id}/add_responsibility", may="catalogue:write")
async def add_responsibility(category_id: UUID, body: NewResponsibility, caller: Caller, db: Db) -> CategoryView:
    """Say who answers for it (监管主体、责任主体) in an area."""
    async with changed(db, caller, category_id) as (tx, hanging):
        if not body.area_prefix.startswith(tx.row.area_code[:6]):
            raise OutsideYourArea
        orgs = {body.supervising_org, body.responsible_org}
        in_use = known_organisations.c.org.in_(orgs), known_organisations.c.retired_at.is_(None)
        found = await db.fetch(select(known_organisations.c.org).where(*in_use))
        if {row.org for row in found} != orgs:
            raise UnknownOrganisation
        values = {**body.model_dump(), "effective_from": body.effective_from or tx.now}
        add(tx, hanging, responsibilities, **values)
        return answer(tx, "add_responsibility", hanging)


@router.post("/categories/{category_id}/withdraw_responsibility", may="catalogue:write")
async def withdraw_responsibility(category_id: UUID, body: Withdraw, caller: Caller, db: Db) -> CategoryView:
    """Withdraw who answers for it; the next rule in line holds."""
    async with changed(db, caller, category_id) as (tx, hanging):
        withdraw(tx, hanging, responsibilities, body.id)
        return answer(tx, "withdraw_responsibility", hanging)
