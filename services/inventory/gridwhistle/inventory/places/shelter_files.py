"""The routes by which a register of shelters leaves and comes in as a file: CSV, or a workbook, also somebody else's."""

from collections import Counter
from functools import partial
from typing import Annotated, Any

from fastapi import Query as InQuery
from pydantic import Field
from sqlalchemy import select, tuple_

from gridwhistle.common.database import Db as Work
from gridwhistle.common.edge import Caller, Content, Db, Router
from gridwhistle.common.ids import AreaCode, prefix_of
from gridwhistle.common.jurisdiction import in_areas, within
from gridwhistle.common.moved import today
from gridwhistle.common.places import Point
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import OutsideYourArea
from gridwhistle.common.rules import RULES
from gridwhistle.common.sheet_formats import BYTES_MAX, MEDIA_TYPES
from gridwhistle.common.sheet_heads import Heads
from gridwhistle.common.sheet_imports import NOTES_MAX, AnySheetQuery, ImportNote, Lines, Notes, Outcome, Taken, take_line
from gridwhistle.common.sheets import WRITTEN_ROWS_MAX, Sheet, cells_of, download, received
from gridwhistle.common.wire import File, Query, View
from gridwhistle.inventory.places.domain import AREA, ShelterKind, ShelterLevel, Space, capacity_of
from gridwhistle.inventory.places.placing import where
from gridwhistle.inventory.places.shelter_lines import ShelterSheetLine, line_of, look_through, remarkable
from gridwhistle.inventory.places.shelters import change, register
from gridwhistle.inventory.places.tables import shelters

router = Router("inventory", "Shelters 应急避难场所")


class ShelterExportQuery(Query):
    """Of which area."""

    area_code: Annotated[AreaCode | None, Field(description="The area; all that you see, if left out.")] = None


class ShelterImportQuery(AnySheetQuery):
    """What is so of every line that does not say it, and what somebody else's file calls the columns."""

    area_code: AreaCode | None = None
    level: ShelterLevel | None = None
    kind: ShelterKind | None = None
    space: Space | None = None


class SheltersImported(View):
    """What became of the lines (of a dry run, what would), and those that are worth a look: a thousand are listed."""

    added: Lines
    changed: Lines
    unchanged: Lines
    notes: Notes
    notes_by_code: Annotated[dict[str, Lines], Field(max_length=20)]
    dry_run: bool


@router.get("/shelters/export", may="places:read", gives=MEDIA_TYPES)
async def export_shelters(query: Annotated[ShelterExportQuery, InQuery()], caller: Caller, db: Db) -> File:
    """Return the shelters of your jurisdiction as a file, as it can be brought in again; who answers for them is left out."""
    if not caller.areas:
        raise OutsideYourArea
    asked = [within(shelters, caller), shelters.c.terminal_at.is_(None)]
    if query.area_code:
        asked.append(in_areas(shelters, (prefix_of(await today(db, query.area_code)),)))
    columns = (shelters.c[name] for name in ShelterSheetLine.__pydantic_fields__ if name in shelters.c)
    rows = await db.fetch(
        select(*columns).where(*asked).order_by(shelters.c.county_code, shelters.c.code).limit(WRITTEN_ROWS_MAX)
    )
    lines = [cells_of(line_of(row)) for row in rows]
    return await download("shelters", db.media_type, ShelterSheetLine.columns(), lines, db.language)


@router.post("/shelters/import", may="places:write", body_bytes_max=BYTES_MAX, takes=MEDIA_TYPES)
async def import_shelters(
    content: Content, query: Annotated[ShelterImportQuery, InQuery()], caller: Caller, db: Db
) -> SheltersImported:
    """Bring a register of shelters in, as the export writes it or, with `columns`, as somebody else does.

    The whole file is looked through first, and nothing is written unless every line is right. Then each line is a command of
    its own: a second run changes nothing. A shelter is known by its code within its county; new ones are planned, and each is
    accepted by a person. What is odd in a line and yet taken is told in `notes`.
    """
    await db.replay()
    said = {name: str(value) for name in ("area_code", "level", "kind", "space") if (value := getattr(query, name))}
    names = [column.name for column in ShelterSheetLine.columns()]
    heads = Heads.of(query.columns, said, names) if query.columns else None
    sheet = await received(content, ShelterSheetLine, heads)
    known = await _known(db, sheet)
    look_through(sheet, known, caller)
    sheet.check()

    notes = list(remarkable(sheet, await _capacities(db, sheet)))
    counts: Counter[Outcome] = Counter()
    for row, line in sheet.lines:
        outcome = _expected(known.get((line.area_code[:6], line.code)), line)
        if outcome != "unchanged" and not query.dry_run:
            outcome = await take_line(db, caller, "shelters", row, line, partial(_take, caller, line))
        counts[outcome] += 1
    shown = [ImportNote(row=one.row, code=one.code, message=getattr(one.message, db.language)) for one in notes]
    told = SheltersImported(
        added=counts["added"],
        changed=counts["changed"],
        unchanged=counts["unchanged"],
        notes=shown[:NOTES_MAX],
        notes_by_code=dict(Counter(one.code for one in notes)),
        dry_run=query.dry_run,
    )
    if query.dry_run:
        return told
    async with db.command(caller) as tx:
        return tx.answer(told)


def _expected(shelter: Any | None, line: ShelterSheetLine) -> Outcome:
    if shelter is None:
        return "added"
    return "unchanged" if line.holds(shelter) else "changed"


async def _known(db: Work, sheet: Sheet[ShelterSheetLine]) -> dict[tuple[str, str], Any]:
    """Return the shelters of the codes of a file that are there; of one beyond the caller's reach no more is said than that."""
    keys = sorted({(line.area_code[:6], line.code) for _, line in sheet.lines})
    found: dict[tuple[str, str], Any] = {}
    for first in range(0, len(keys), 1_000):
        columns = tuple_(shelters.c.county_code, shelters.c.code)
        there = columns.in_(keys[first : first + 1_000]), shelters.c.terminal_at.is_(None)
        found |= {(row.area_code[:6], row.code): row for row in await db.fetch(select(shelters).where(*there))}
    return found


async def _capacities(db: Work, sheet: Sheet[ShelterSheetLine]) -> dict[int, int | None]:
    """Return how many people the area of each line holds, by row."""
    rules, now = await RULES.of(db), await db.now()

    def holds(line: ShelterSheetLine) -> int | None:
        if line.area_m2 is None:
            return None
        return capacity_of(line.area_m2, rules.of(AREA.format(line.kind), line.area_code, now).amount)

    return {row: holds(line) for row, line in sheet.lines}


async def _take(caller: Principal, line: ShelterSheetLine, db: Work) -> Outcome:
    of_county = shelters.c.county_code == line.area_code[:6], shelters.c.code == line.code
    there = await db.first(select(shelters.c.id).where(*of_county, shelters.c.terminal_at.is_(None)))
    if there is None:
        lon, lat = line.point
        lies = await where(db, caller, Point(lon=lon, lat=lat), line.area_code)
        async with db.command(caller) as tx:
            register(tx, lies, line.whole())
            return tx.answer(Taken(outcome="added")).outcome
    async with db.command(caller, shelters, there.id) as tx:
        outcome = _expected(tx.row, line)
        if outcome != "unchanged":
            change(tx, line.given())
        return tx.answer(Taken(outcome=outcome)).outcome
