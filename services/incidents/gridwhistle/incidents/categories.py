"""The routes of categories (事项类别) and their case standards: who works reads them, the county's administrators write."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query as InQuery
from pydantic import Field
from sqlalchemy import select

from gridwhistle.common.commands import Command
from gridwhistle.common.deadlines import Unit
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.incidents import Category as Code
from gridwhistle.common.ids import CountyCode, area_code_of
from gridwhistle.common.problems import Conflict, NothingToChange, OutsideYourArea
from gridwhistle.common.rows import Row
from gridwhistle.common.wire import Body, Query, View
from gridwhistle.incidents.catalogue import CATALOGUE, KINDS, Kind, categories, standards
from gridwhistle.incidents.cataloguing import (
    CATEGORIES_MAX,
    Amount,
    CallbackOnly,
    CategoryView,
    CloseCondition,
    Condition,
    Guide,
    Hanging,
    LegalRefs,
    Name,
    Photos,
    Season,
    Source,
    Withdraw,
    add,
    answer,
    changed,
    county_of,
    view_of,
    withdraw,
)
from gridwhistle.incidents.starter import starter

router = Router("incidents", "Catalogue 事项目录")


class AlreadyInCatalogue(Conflict):
    """The county has a category of this code."""

    code = "already_in_catalogue"
    zh, en = "本县目录中已有 {category}。", "The county's catalogue has {category} already; change that one."


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
    known = (await CATALOGUE.of(db)).of(county_of(query.area_code, caller))
    asked = {name: value for name in ("code", "kind", "enabled") if (value := getattr(query, name)) is not None}
    items = [
        view_of(one.row, one.standards, one.responsibilities, one.matters)
        for one in known
        if all(getattr(one.row, name) == value for name, value in asked.items())
    ]
    return CategoryList.model_construct(items=items)


@router.post("/categories", may="catalogue:write", status_code=201)
async def add_category(body: NewCategory, caller: Caller, db: Db) -> CategoryView:
    """Add a category. Nothing is filed under it until it has a standard."""
    async with db.command(caller) as tx:
        area_code = area_code_of(body.county_code)
        if not caller.reaches_place(area_code):
            raise OutsideYourArea
        there = select(categories.c.id).where(categories.c.county_code == body.county_code, categories.c.code == body.code)
        if await db.first(there):
            raise AlreadyInCatalogue(category=body.code)
        row = make(tx, area_code, body.model_dump(exclude={"county_code"}))
        view = tx.answer(view_of(row, (), (), ()))
    CATALOGUE.forget(db.database)
    return view


@router.patch("/categories/{category_id}", may="catalogue:write")
async def change_category(category_id: UUID, body: CategoryChange, caller: Caller, db: Db) -> CategoryView:
    """Change a category's name, guide, law or source, or take it out of use. Its code stays."""
    changes = {name: value for name, value in body if value is not None}
    if not changes:
        raise NothingToChange
    async with changed(db, caller, category_id) as (tx, hanging):
        tx.update(tx.row, **changes)
        return answer(tx, "change", hanging)


@router.post("/categories/{category_id}/add_standard", may="catalogue:write")
async def add_standard(category_id: UUID, body: NewStandard, caller: Caller, db: Db) -> CategoryView:
    """Add a case standard (立案条件). To change one, add the new one and withdraw the old."""
    async with changed(db, caller, category_id) as (tx, hanging):
        put_standard(tx, hanging, body.model_dump())
        return answer(tx, "add_standard", hanging)


@router.post("/categories/{category_id}/withdraw_standard", may="catalogue:write")
async def withdraw_standard(category_id: UUID, body: Withdraw, caller: Caller, db: Db) -> CategoryView:
    """Withdraw a case standard: nothing new is filed under it, and what was filed keeps its time limit."""
    async with changed(db, caller, category_id) as (tx, hanging):
        withdraw(tx, hanging, standards, body.id)
        return answer(tx, "withdraw_standard", hanging)


@router.post("/categories/start", may="catalogue:write")
async def start_catalogue(body: StartCatalogue, caller: Caller, db: Db) -> Started:
    """Begin with the starter catalogue: what the county has not yet comes in, and what it has stays as it is."""
    async with db.command(caller) as tx:
        area_code = area_code_of(body.county_code)
        if not caller.reaches_place(area_code):
            raise OutsideYourArea
        rows = await db.fetch(select(categories.c.code).where(categories.c.county_code == body.county_code))
        there, added = {row.code for row in rows}, 0
        for category, lines in starter():
            if category["code"] not in there:
                row, added = make(tx, area_code, category), added + 1
                for seq, line in enumerate(lines, 1):
                    tx.insert(standards, category_id=row.id, seq=seq, **line)
        view = tx.answer(Started(added=added))
    CATALOGUE.forget(db.database)
    return view


def put_standard(tx: Command, hanging: Hanging, values: dict[str, Any]) -> None:
    """Add a standard to the category that is held; they are shown in the order in which they came."""
    add(tx, hanging, standards, seq=max((standard.seq for standard in hanging[standards]), default=0) + 1, **values)


def make(tx: Command, area_code: str, values: dict[str, Any]) -> Row:
    """Make a category, in use."""
    return tx.create(categories, None, area_code=area_code, kind=KINDS[values["code"][0]], **{"enabled": True, **values})
