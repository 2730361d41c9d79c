"""The routes of the catalogue (事项目录): everybody who works reads it, the county's administrator writes it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query as InQuery
from pydantic import AwareDatetime, Field
from sqlalchemy import Table, select

from gridwhistle.common.commands import Command
from gridwhistle.common.data_classes import OPEN
from gridwhistle.common.database import Db as Work
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.incidents import Category as Code
from gridwhistle.common.ids import OrgCode
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import Conflict, Invalid, OutsideYourArea
from gridwhistle.common.rows import Row, thing_of
from gridwhistle.common.wire import Body, Moment, Query, Version, View
from gridwhistle.incidents.catalogue import (
    CATALOGUE,
    KINDS,
    Category,
    Kind,
    LeadOrgType,
    Level,
    Unit,
    categories,
    matters,
    responsibilities,
    standards,
)
from gridwhistle.incidents.domain import UnknownOrganisation
from gridwhistle.incidents.starter import starter
from gridwhistle.incidents.tables import known_organisations

router = Router("incidents", "Catalogue 事项目录")
CATEGORIES_MAX = 2_000
OF_ONE_MAX = 200
"""Standards, responsibilities or lines of one category."""
CountyCode = Annotated[str, Field(pattern="^[0-9]{6}$", examples=["990101"])]
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


class AlreadyInCatalogue(Conflict):
    """The county has a category of this code."""

    code = "already_in_catalogue"
    zh, en = "本县目录中已有 {category}。", "The county's catalogue has {category} already; change that one."


class FullCategory(Conflict):
    """A category has as much hanging on it as can be shown."""

    code = "full_category"
    zh, en = "每个类别最多 {most} 条。", "A category has {most} of them at most."


class NotInCategory(Invalid):
    """What shall be withdrawn does not hang on this category."""

    code = "not_in_category"
    zh, en = "该类别下没有这个{thing}。", "The category has no such {thing}; see what it has at /incidents/v1/categories."


class NothingChanges(Invalid):
    """A change says what changes."""

    code = "nothing_changes"
    zh, en = "请至少填写一项要修改的内容。", "Say at least one thing that changes."


class NewCategory(Body):
    """A category (事项类别). Its code says what kind it is, and its class (大类) and item (小类)."""

    county_code: CountyCode
    code: Code
    name: Name
    is_local: Annotated[bool, Field(description="The county's own; numbers count down from 99.")] = False
    guide: Annotated[Guide | None, Field(description="What to bring back from the place (采集要求).")] = None
    legal_refs: LegalRefs = Field(default_factory=list)
    is_callback_only: CallbackOnly = False
    source_ref: Source


class CategoryChange(Body):
    """What changes of a category; what is left out stays."""

    name: Name | None = None
    enabled: Annotated[bool | None, Field(description="Nothing new is filed under one that is not.")] = None
    guide: Guide | None = None
    legal_refs: LegalRefs | None = None
    is_callback_only: CallbackOnly | None = None
    source_ref: Source | None = None


class NewStandard(Body):
    """When something is a case (立案条件), how long handling it may take (处置时限), and what closes it (结案条件)."""

    condition: Condition
    handle_amount: Amount
    handle_unit: Unit
    close_condition: CloseCondition
    photos_required: Photos = Field(default_factory=list)
    season: Season | None = None
    source_ref: Source


class NewResponsibility(Body):
    """Who supervises (监管主体) and who answers (责任主体) in an area, from a day on."""

    area_prefix: AreaPrefix
    supervising_org: OrgCode
    responsible_org: OrgCode
    priority: Priority = 0
    effective_from: Annotated[Moment | None, Field(description="Now, if left out.")] = None


class NewMatter(Body):
    """A line of the matter list (事项准入): to which level a category may be given, and whether a community may refuse."""

    level: Level
    lead_org_type: LeadOrgType
    community_may_refuse: bool
    source_ref: Source


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


class CategoryList(View):
    """A county's catalogue, by code."""

    items: Annotated[list[CategoryView], Field(max_length=CATEGORIES_MAX)]


class CategoryQuery(Query):
    """Which categories."""

    area_code: Annotated[CountyCode | None, Field(description="The county; your own, if left out.")] = None
    code: Code | None = None
    kind: Kind | None = None
    enabled: bool | None = None


class StartCatalogue(Body):
    """The county that shall begin with the starter catalogue."""

    county_code: CountyCode


class Started(View):
    """How many categories came in; those that were there stay as they are."""

    added: Annotated[int, Field(ge=0, le=CATEGORIES_MAX)]


@router.get("/categories", may="catalogue:read")
async def list_categories(query: Annotated[CategoryQuery, InQuery()], caller: Caller, db: Db) -> CategoryList:
    """List the catalogue (事项目录) of your county: categories with their standards, who answers, and the matter list."""
    known = (await CATALOGUE.of(db)).of(_county(query.area_code, caller))
    asked = {name: value for name in ("code", "kind", "enabled") if (value := getattr(query, name)) is not None}
    items = [_seen(one) for one in known if all(getattr(one.row, name) == value for name, value in asked.items())]
    return CategoryList.model_construct(items=items)


@router.post("/categories", may="catalogue:write", status_code=201)
async def add_category(body: NewCategory, caller: Caller, db: Db) -> CategoryView:
    """Add a category. Nothing is filed under it until it has a standard."""
    async with db.command(caller) as tx:
        area_code = f"{body.county_code}000000"
        if not caller.reaches_place(area_code):
            raise OutsideYourArea
        there = select(categories.c.id).where(categories.c.county_code == body.county_code, categories.c.code == body.code)
        if await db.first(there):
            raise AlreadyInCatalogue(category=body.code)
        row = _make(tx, area_code, body.model_dump(exclude={"county_code"}))
        answer = tx.answer(_view(row, (), (), ()))
    CATALOGUE.forget(db.database)
    return answer


@router.patch("/categories/{category_id}", may="catalogue:write")
async def change_category(category_id: UUID, body: CategoryChange, caller: Caller, db: Db) -> CategoryView:
    """Change a category's name, guide, law or source, or take it out of use. Its code stays."""
    changes = {name: value for name, value in body if value is not None}
    if not changes:
        raise NothingChanges
    async with _changed(db, caller, category_id) as (tx, hanging):
        tx.update(tx.row, **changes)
        return _answer(tx, "change", hanging)


@router.post("/categories/{category_id}/add_standard", may="catalogue:write")
async def add_standard(category_id: UUID, body: NewStandard, caller: Caller, db: Db) -> CategoryView:
    """Add a case standard (立案条件). To change one, add the new one and withdraw the old."""
    async with _changed(db, caller, category_id) as (tx, hanging):
        seq = max((standard.seq for standard in hanging[standards]), default=0) + 1
        _add(tx, hanging, standards, seq=seq, **body.model_dump())
        return _answer(tx, "add_standard", hanging)


@router.post("/categories/{category_id}/withdraw_standard", may="catalogue:write")
async def withdraw_standard(category_id: UUID, body: Withdraw, caller: Caller, db: Db) -> CategoryView:
    """Withdraw a case standard: nothing new is filed under it, and what was filed keeps its time limit."""
    async with _changed(db, caller, category_id) as (tx, hanging):
        _withdraw(tx, hanging, standards, body.id)
        return _answer(tx, "withdraw_standard", hanging)


@router.post("/categories/{category_id}/add_responsibility", may="catalogue:write")
async def add_responsibility(category_id: UUID, body: NewResponsibility, caller: Caller, db: Db) -> CategoryView:
    """Say who answers for it (监管主体、责任主体) in an area."""
    async with _changed(db, caller, category_id) as (tx, hanging):
        if not body.area_prefix.startswith(tx.row.area_code[:6]):
            raise OutsideYourArea
        orgs = {body.supervising_org, body.responsible_org}
        found = await db.fetch(select(known_organisations.c.org).where(known_organisations.c.org.in_(orgs)))
        if {row.org for row in found} != orgs:
            raise UnknownOrganisation
        values = {**body.model_dump(), "effective_from": body.effective_from or tx.now}
        _add(tx, hanging, responsibilities, **values)
        return _answer(tx, "add_responsibility", hanging)


@router.post("/categories/{category_id}/withdraw_responsibility", may="catalogue:write")
async def withdraw_responsibility(category_id: UUID, body: Withdraw, caller: Caller, db: Db) -> CategoryView:
    """Withdraw who answers for it; the next rule in line holds."""
    async with _changed(db, caller, category_id) as (tx, hanging):
        _withdraw(tx, hanging, responsibilities, body.id)
        return _answer(tx, "withdraw_responsibility", hanging)


@router.post("/categories/{category_id}/publish_matter", may="catalogue:write")
async def publish_matter(category_id: UUID, body: NewMatter, caller: Caller, db: Db) -> CategoryView:
    """Publish a line of the matter list (事项清单): to whom it may be given. The newest of a level holds.

    Of what the list has lines for, nothing goes to others; of what it has none for, nothing goes to a community.
    """
    async with _changed(db, caller, category_id) as (tx, hanging):
        _add(tx, hanging, matters, published_at=tx.now, **body.model_dump())
        return _answer(tx, "publish_matter", hanging)


@router.post("/categories/{category_id}/withdraw_matter", may="catalogue:write")
async def withdraw_matter(category_id: UUID, body: Withdraw, caller: Caller, db: Db) -> CategoryView:
    """Withdraw a line of the matter list: if it is the newest of its level, the level may not be given it any more."""
    async with _changed(db, caller, category_id) as (tx, hanging):
        _withdraw(tx, hanging, matters, body.id)
        return _answer(tx, "withdraw_matter", hanging)


@router.post("/categories/start", may="catalogue:write")
async def start_catalogue(body: StartCatalogue, caller: Caller, db: Db) -> Started:
    """Begin with the starter catalogue: what the county has not yet comes in, and what it has stays as it is."""
    async with db.command(caller) as tx:
        area_code = f"{body.county_code}000000"
        if not caller.reaches_place(area_code):
            raise OutsideYourArea
        rows = await db.fetch(select(categories.c.code).where(categories.c.county_code == body.county_code))
        there, added = {row.code for row in rows}, 0
        for category, lines in starter():
            if category["code"] not in there:
                row, added = _make(tx, area_code, category), added + 1
                for seq, line in enumerate(lines, 1):
                    tx.insert(standards, category_id=row.id, seq=seq, **line)
        answer = tx.answer(Started(added=added))
    CATALOGUE.forget(db.database)
    return answer


# --- what they share ---------------------------------------------------------------------------------------------------------


def _county(asked: str | None, caller: Principal) -> str:
    own = [area[:6] for area in caller.areas]
    county = asked or next(iter(own), "")
    if not any(county.startswith(area) for area in own):
        raise OutsideYourArea
    return county


def _make(tx: Command, area_code: str, values: dict[str, Any]) -> Row:
    return tx.create(categories, None, area_code=area_code, kind=KINDS[values["code"][0]], enabled=True, **values)


Hanging = dict[Table, list[Row]]


@asynccontextmanager
async def _changed(db: Work, caller: Principal, category_id: UUID) -> AsyncIterator[tuple[Command, Hanging]]:
    """Hold a category with what hangs on it; once it is written, the next who asks reads it anew."""
    async with db.command(caller, categories, category_id) as tx:
        yield tx, {table: await tx.children(table) for table in (standards, responsibilities, matters)}
    CATALOGUE.forget(db.database)


def _add(tx: Command, hanging: Hanging, table: Table, **values: Any) -> None:
    if len(hanging[table]) >= OF_ONE_MAX:
        raise FullCategory(most=OF_ONE_MAX)
    hanging[table].append(tx.insert(table, category_id=tx.row.id, **values))


def _withdraw(tx: Command, hanging: Hanging, table: Table, id_: UUID) -> None:
    row = next((row for row in hanging[table] if row.id == id_), None)
    if row is None:
        raise NotInCategory(thing=thing_of(table))
    if row.withdrawn_at is None:
        tx.update(row, withdrawn_at=tx.now)


def _answer(tx: Command, action: str, hanging: Hanging) -> CategoryView:
    tx.record(tx.row, action)
    return tx.answer(_view(tx.row, *hanging.values()))


def _seen(category: Category) -> CategoryView:
    return _view(category.row, category.standards, category.responsibilities, category.matters)


def _view(row: Any, hanging: Sequence[Any], rules: Sequence[Any], lines: Sequence[Any]) -> CategoryView:
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
