"""What the routes of the catalogue (事项目录) share: how a category is shown, held and changed with what hangs on it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, Field
from sqlalchemy import Table

from gridwhistle.common.commands import Command
from gridwhistle.common.data_classes import OPEN
from gridwhistle.common.database import Db
from gridwhistle.common.deadlines import Unit
from gridwhistle.common.events.incidents import Category as Code
from gridwhistle.common.ids import CountyCode, OrgCode
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import Conflict, Invalid, OutsideYourArea
from gridwhistle.common.rows import Row, thing_of
from gridwhistle.common.wire import Body, Version, View
from gridwhistle.incidents.catalogue import (
    CATALOGUE,
    Kind,
    LeadOrgType,
    Level,
    categories,
    matters,
    responsibilities,
    standards,
)

CATEGORIES_MAX = 2_000
OF_ONE_MAX = 200
"""Standards, responsibilities or lines of one category."""
Name = Annotated[str, Field(min_length=1, max_length=60, examples=["上水井盖"])]
Guide = Annotated[str, Field(max_length=1_000, examples=["拍摄近景、远景,拍到井盖上的权属标识。"])]
Source = Annotated[str, Field(min_length=1, max_length=200, examples=["示例县政发〔2026〕3号"])]
LegalRefs = Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=20)]
CallbackOnly = Annotated[bool, Field(description="Nobody goes and looks: the call back (回访) is check enough.")]
Condition = Annotated[str, Field(min_length=1, max_length=200, examples=["缺失、移位或开裂"])]
CloseCondition = Annotated[str, Field(min_length=1, max_length=200, examples=["恢复"])]
Photo = Annotated[str, Field(pattern="^(near|far|reference|before|after)$", examples=["after"])]
Photos = Annotated[list[Photo], Field(max_length=5)]
Season = Annotated[str, Field(max_length=60, examples=["种植季"])]
Amount = Annotated[int, Field(ge=1, le=10_000, examples=[2])]
Priority = Annotated[int, Field(ge=0, le=1_000, examples=[0])]
AreaPrefix = Annotated[
    str,
    Field(
        pattern="^[0-9]{6}([0-9]{3}){0,3}$",
        description="County 6, township 9, community 12, grid 15 digits.",
        examples=["990101"],
    ),
]


class FullCategory(Conflict):
    """A category has as much hanging on it as can be shown."""

    code = "full_category"
    zh, en = "每个类别最多 {most} 条。", "A category has {most} of them at most."


class NotInCategory(Invalid):
    """What shall be withdrawn does not hang on this category."""

    code = "not_in_category"
    zh, en = "该类别下没有这个{thing}。", "The category has no such {thing}; see what it has at /incidents/v1/categories."


class Withdraw(Body):
    """Which of the category's standards, responsibilities or lines of the matter list shall not hold any more."""

    id: UUID


class StandardView(View):
    """A case standard. One that was withdrawn stays, for what was filed under it."""

    id: UUID
    condition: Condition
    handle_amount: Amount
    handle_unit: Annotated[Unit, OPEN]
    close_condition: CloseCondition
    photos_required: Photos
    season: Season | None
    source_ref: Source
    withdrawn_at: AwareDatetime | None


class ResponsibilityView(View):
    """Who answers where: of the narrowest area, then of the highest priority, then the latest."""

    id: UUID
    area_prefix: AreaPrefix
    supervising_org: OrgCode
    responsible_org: OrgCode
    priority: Priority
    effective_from: AwareDatetime
    withdrawn_at: AwareDatetime | None


class MatterView(View):
    """A line of the matter list; the newest of a level holds, until it is withdrawn."""

    id: UUID
    level: Annotated[Level, OPEN]
    lead_org_type: Annotated[LeadOrgType, OPEN]
    community_may_refuse: bool
    published_at: AwareDatetime
    source_ref: Source
    withdrawn_at: AwareDatetime | None


class CategoryView(View):
    """A category, with everything that hangs on it."""

    id: UUID
    version: Version
    county_code: CountyCode
    code: Code
    kind: Annotated[Kind, OPEN]
    big_code: Annotated[str, Field(pattern="^[0-9]{2}$", examples=["01"])]
    small_code: Annotated[str, Field(pattern="^[0-9]{2}$", examples=["01"])]
    name: Name
    is_local: bool
    enabled: bool
    guide: Guide | None
    legal_refs: LegalRefs
    is_callback_only: CallbackOnly
    source_ref: Source
    standards: Annotated[list[StandardView], Field(max_length=OF_ONE_MAX)]
    responsibilities: Annotated[list[ResponsibilityView], Field(max_length=OF_ONE_MAX)]
    matter_list: Annotated[list[MatterView], Field(max_length=OF_ONE_MAX)]


Hanging = dict[Table, list[Row]]


def county_of(asked: str | None, caller: Principal) -> str:
    """Return the county that is asked for, or the caller's own.

    Raises:
        OutsideYourArea: the caller has nothing to do with it.
    """
    own = [area[:6] for area in caller.areas]
    county = asked or next(iter(own), "")
    if not any(county.startswith(area) for area in own):
        raise OutsideYourArea
    return county


@asynccontextmanager
async def changed(db: Db, caller: Principal, category_id: UUID) -> AsyncIterator[tuple[Command, Hanging]]:
    """Hold a category with what hangs on it; once it is written, the next who asks reads it anew."""
    async with db.command(caller, categories, category_id) as tx:
        yield tx, {table: await tx.children(table) for table in (standards, responsibilities, matters)}
    CATALOGUE.forget(db.database)


def add(tx: Command, hanging: Hanging, table: Table, **values: Any) -> None:
    """Let one more hang on the category.

    Raises:
        FullCategory: it has as many as can be shown.
    """
    if len(hanging[table]) >= OF_ONE_MAX:
        raise FullCategory(most=OF_ONE_MAX)
    hanging[table].append(tx.insert(table, category_id=tx.row.id, **values))


def withdraw(tx: Command, hanging: Hanging, table: Table, id_: UUID) -> None:
    """Let one that hangs on the category hold no more.

    Raises:
        NotInCategory: it has none of this id.
    """
    row = next((row for row in hanging[table] if row.id == id_), None)
    if row is None:
        raise NotInCategory(thing=thing_of(table))
    if row.withdrawn_at is None:
        tx.update(row, withdrawn_at=tx.now)


def answer(tx: Command, action: str, hanging: Hanging) -> CategoryView:
    """Write down what was done to the category, and answer with all of it."""
    tx.record(tx.row, action)
    return tx.answer(view_of(tx.row, *hanging.values()))


def view_of(row: Any, hanging: Sequence[Any], rules: Sequence[Any], lines: Sequence[Any]) -> CategoryView:
    """Return a category with what hangs on it: its standards, who answers, and its lines of the matter list."""
    return CategoryView.of(
        row,
        county_code=row.area_code[:6],
        big_code=row.code[2:4],
        small_code=row.code[4:6],
        is_callback_only=bool(row.is_callback_only),
        standards=[StandardView.of(one) for one in hanging],
        responsibilities=[ResponsibilityView.of(one) for one in rules],
        matter_list=[MatterView.of(one) for one in lines],
    )
