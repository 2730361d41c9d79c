"""The routes by which a county's catalogue (事项目录) leaves and comes in as a file: CSV, or a workbook."""

from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query as InQuery
from pydantic import Field
from sqlalchemy import select

from gridwhistle.common.commands import Command
from gridwhistle.common.database import Db as Work
from gridwhistle.common.edge import Caller, Content, Db, Router
from gridwhistle.common.ids import CountyCode, area_code_of
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import OutsideYourArea
from gridwhistle.common.sheet_formats import BYTES_MAX, MEDIA_TYPES
from gridwhistle.common.sheet_imports import DryRunQuery, Lines, Outcome, Taken, take_line
from gridwhistle.common.sheets import cells_of, download, received
from gridwhistle.common.wire import File, Query, View
from gridwhistle.incidents.catalogue import CATALOGUE, Category, categories, matters, responsibilities, standards
from gridwhistle.incidents.catalogue_lines import CatalogueLine, County, holds, lines_of, replaced
from gridwhistle.incidents.cataloguing import Hanging, add, changed, county_of, withdraw
from gridwhistle.incidents.categories import make, put_standard
from gridwhistle.incidents.tables import known_organisations

router = Router("incidents", "Catalogue 事项目录")


class ExportQuery(Query):
    """Whose catalogue."""

    area_code: Annotated[CountyCode | None, Field(description="The county; your own, if left out.")] = None


class ImportQuery(DryRunQuery):
    """Into whose catalogue."""

    area_code: Annotated[CountyCode | None, Field(description="The county; your own, if left out.")] = None


class Imported(View):
    """What became of the lines; of a dry run, what would."""

    added: Lines
    changed: Lines
    unchanged: Lines
    dry_run: bool


@router.get("/categories/export", may="catalogue:read", gives=MEDIA_TYPES)
async def export_catalogue(query: Annotated[ExportQuery, InQuery()], caller: Caller, db: Db) -> File:
    """Return the catalogue of your county as a file, as it can be brought in again: what holds, and nothing withdrawn."""
    county = county_of(query.area_code, caller)
    lines = [line for category in (await CATALOGUE.of(db)).of(county) for line in lines_of(category)]
    return await download(
        f"catalogue-{county}", db.media_type, CatalogueLine.columns(), [cells_of(line) for line in lines], db.language
    )


@router.post("/categories/import", may="catalogue:write", body_bytes_max=BYTES_MAX, takes=MEDIA_TYPES)
async def import_catalogue(content: Content, query: Annotated[ImportQuery, InQuery()], caller: Caller, db: Db) -> Imported:
    """Bring lines into the catalogue of your county, from a file as the export writes it.

    The whole file is looked through first, and nothing is written unless every line is right. Then each line is a command of
    its own: what holds already stays, so that a second run changes nothing. A standard, or who answers, that names the `id`
    of another takes its place; what the file has no line for stays as it is.
    """
    await db.replay()
    county = county_of(query.area_code, caller)
    if not caller.reaches_place(area_code_of(county)):
        raise OutsideYourArea
    sheet = await received(content, CatalogueLine)
    known = await _county(db, county)
    known.look_through(sheet)
    sheet.check()

    counts: dict[Outcome, int] = {"added": 0, "changed": 0, "unchanged": 0}
    # Categories come first, whatever the order of the lines.
    for row, line in sorted(sheet.lines, key=lambda one: one[1].line != "category"):
        outcome = _expected(known.categories.get(line.code), line)
        if outcome != "unchanged" and not query.dry_run:
            outcome = await take_line(db, caller, f"catalogue|{county}", row, line, partial(_take, caller, county, line))
        counts[outcome] += 1
    CATALOGUE.forget(db.database)
    if query.dry_run:
        return Imported(dry_run=True, **counts)
    async with db.command(caller) as tx:
        return tx.answer(Imported(dry_run=False, **counts))


async def _county(db: Work, county: str) -> County:
    CATALOGUE.forget(db.database)  # what another process has just changed counts as well
    known = (await CATALOGUE.of(db)).of(county)
    organisations = await db.fetch(select(known_organisations.c.org).where(known_organisations.c.retired_at.is_(None)))
    return County(county, {one.row.code: one for one in known}, frozenset(row.org for row in organisations))


def _expected(category: Category | None, line: CatalogueLine) -> Outcome:
    if category is None:
        return "added"
    if holds(category, line):
        return "unchanged"
    return "changed" if line.line == "category" or replaced(category, line) else "added"


async def _take(caller: Principal, county: str, line: CatalogueLine, db: Work) -> Outcome:
    there = await db.first(select(categories.c.id).where(categories.c.county_code == county, categories.c.code == line.code))
    if there is None:
        async with db.command(caller) as tx:
            make(tx, area_code_of(county), _of_new(line))
            return tx.answer(Taken(outcome="added")).outcome
    return await _let_hang(db, caller, there.id, line)


def _of_new(line: CatalogueLine) -> dict[str, Any]:
    return {"code": line.code, "is_local": False, "guide": None, "legal_refs": [], "is_callback_only": False} | line.given()


async def _let_hang(db: Work, caller: Principal, category_id: UUID, line: CatalogueLine) -> Outcome:
    async with changed(db, caller, category_id) as (tx, hanging):
        category = Category(tx.row, *(tuple(hanging[table]) for table in (standards, responsibilities, matters)))
        outcome = _expected(category, line)
        if outcome != "unchanged":
            _PUT[line.line](tx, hanging, line)
            tx.record(tx.row, "import")
        return tx.answer(Taken(outcome=outcome)).outcome


def _put_category(tx: Command, _: Hanging, line: CatalogueLine) -> None:
    tx.update(tx.row, **line.given())


def _put_standard(tx: Command, hanging: Hanging, line: CatalogueLine) -> None:
    if line.id:
        withdraw(tx, hanging, standards, line.id)
    put_standard(tx, hanging, line.values())


def _put_responsibility(tx: Command, hanging: Hanging, line: CatalogueLine) -> None:
    if line.id:
        withdraw(tx, hanging, responsibilities, line.id)
    more = {"priority": line.priority or 0, "effective_from": line.effective_from or tx.now}
    add(tx, hanging, responsibilities, **(line.values() | more))


def _put_matter(tx: Command, hanging: Hanging, line: CatalogueLine) -> None:
    add(tx, hanging, matters, published_at=tx.now, **line.values())


_PUT = {
    "category": _put_category,
    "standard": _put_standard,
    "responsibility": _put_responsibility,
    "matter": _put_matter,
}
