"""The routes of the matter list (事项清单): to which level a category may be given."""

from uuid import UUID

from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.wire import Body
from gridwhistle.incidents.catalogue import LeadOrgType, Level, matters
from gridwhistle.incidents.cataloguing import CategoryView, Source, Withdraw, add, answer, changed, withdraw

router = Router("incidents", "Catalogue 事项目录")


class NewMatter(Body):
    """A line of the matter list (事项准入): to which level a category may be given, and whether a community may refuse."""

    level: Level
    lead_org_type: LeadOrgType
    community_may_refuse: bool
    source_ref: Source


@router.post("/categories/{category_id}/publish_matter", may="catalogue:write")
async def publish_matter(category_id: UUID, body: NewMatter, caller: Caller, db: Db) -> CategoryView:
    """Publish a line of the matter list (事项清单): to whom it may be given. The newest of a level holds.

    Of what the list has lines for, nothing goes to others; of what it has none for, nothing goes to a community.
    """
    async with changed(db, caller, category_id) as (tx, hanging):
        add(tx, hanging, matters, published_at=tx.now, **body.model_dump())
        return answer(tx, "publish_matter", hanging)


@router.post("/categories/{category_id}/withdraw_matter", may="catalogue:write")
async def withdraw_matter(category_id: UUID, body: Withdraw, caller: Caller, db: Db) -> CategoryView:
    """Withdraw a line of the matter list: if it is the newest of its level, the level may not be given it any more."""
    async with changed(db, caller, category_id) as (tx, hanging):
        withdraw(tx, hanging, matters, body.id)
        return answer(tx, "withdraw_matter", hanging)
