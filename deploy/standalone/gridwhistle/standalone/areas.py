"""Brings areas (区划) in from CSV: the whole of it is looked at first, then each row is one command that happens once."""

import asyncio
import csv
import gzip
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from gridwhistle.common.again import Replay, again
from gridwhistle.common.database import Database, Db
from gridwhistle.common.ids import new_id
from gridwhistle.common.principal import system
from gridwhistle.common.problems import Term
from gridwhistle.personnel.app import PERSONNEL
from gridwhistle.personnel.areas import AreaView, area_changed
from gridwhistle.personnel.domain import LEVELS, CodeTaken
from gridwhistle.personnel.tables import areas
from gridwhistle.standalone import opened
from gridwhistle.standalone.bringing.refusals import CannotImport, unreadable

FAULTS_MAX: Final = 50
NAME_MAX: Final = 60
_AT_ONCE: Final = 128
"""Commands under way; those that make rows alone travel together, 64 in a statement."""
_SYSTEM: Final = system("personnel")
_AREAS = "SELECT area_code FROM area"


class Area(NamedTuple):
    """A row: the code has 12 digits."""

    area_code: str
    level: str
    name: str


def read(files: Sequence[Path], there: frozenset[str] = frozenset()) -> list[Area]:
    """Return the areas of all files, those above before those below.

    Args:
        files: CSV with a head line and the columns `code` and `name`; codes of 6, 9 or 12 digits; `.gz` or not.
        there: codes that parents may have besides.

    Raises:
        CannotImport: a row is wrong. All that are wrong are told, up to a bound, with their lines.
    """
    found: dict[str, Area] = {}
    places: dict[str, str] = {}
    faults: list[tuple[str, Term]] = []
    for file in files:
        for line, code, name in _lines(file):
            place, area = f"{file.name}:{line}", _area(code, name)
            if isinstance(area, Term):
                faults.append((place, area))
            elif (there_already := found.get(area.area_code)) is None:
                found[area.area_code], places[area.area_code] = area, place
            elif len(code) <= LEVELS[area.level] or there_already.name != name:
                # Where a county has no townships, its own code with more zeros stands for them: that is no fault.
                first = places[area.area_code]
                faults.append((place, Term(f"{area.area_code} 已见于 {first}", f"{area.area_code} is in {first} already")))
    known = found.keys() | there
    for area in found.values():
        parent = _parent(area)
        if parent and parent not in known:
            why = Term(f"{area.area_code} 的上级 {parent} 不存在", f"{area.area_code} lies in {parent}, which is not there")
            faults.append((places[area.area_code], why))
    if faults:
        raise _wrong(faults)
    return sorted(found.values(), key=lambda area: (LEVELS[area.level], area.area_code))


def _wrong(faults: Sequence[tuple[str, Term]]) -> CannotImport:
    shown, more = faults[:FAULTS_MAX], len(faults) - FAULTS_MAX
    zh = [f"{len(faults):,} 行有误:", *(f"{place}:{why.zh}" for place, why in shown)]
    en = [f"{len(faults):,} rows are wrong:", *(f"{place}: {why.en}" for place, why in shown)]
    if more > 0:
        zh, en = [*zh, f"另有 {more:,} 行"], [*en, f"and {more:,} more"]
    return CannotImport("\n".join(zh), "\n".join(en))


def _lines(file: Path) -> Iterator[tuple[int, str, str]]:
    opened = gzip.open if file.suffix == ".gz" else open
    try:
        with opened(file, "rt", encoding="utf-8-sig", newline="") as text:
            rows = csv.DictReader(text)
            if not {"code", "name"} <= set(rows.fieldnames or ()):
                raise CannotImport(f"{file.name} 没有 code、name 两列。", f"{file.name} has no columns code and name.")
            for row in rows:
                yield rows.line_num, (row["code"] or "").strip(), (row["name"] or "").strip()
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as fault:
        raise unreadable(file, fault) from None


def _area(code: str, name: str) -> Area | Term:
    """Return the area of a row, or what is wrong with it."""
    if len(code) not in LEVELS.values() or not (code.isascii() and code.isdecimal()):
        return Term("代码为 6、9 或 12 位数字", "a code has 6, 9 or 12 digits")
    if not 0 < len(name) <= NAME_MAX:
        return Term(f"名称为 1 至 {NAME_MAX} 个字符", f"a name has 1 to {NAME_MAX} characters")
    whole = code.ljust(12, "0")
    return Area(whole, "county" if whole.endswith("000000") else "township" if whole.endswith("000") else "community", name)


def _parent(area: Area) -> str | None:
    digits = {"county": 0, "township": 6, "community": 9}[area.level]
    return area.area_code[:digits].ljust(12, "0") if digits else None


async def bring_in(
    database: Database, rows: Sequence[Area], data_set: str, told: Callable[[int], None] = lambda _rows: None
) -> Counter[str]:
    """Make the areas that are not there; return how many were `created` and how many `known`.

    A level is whole before the next begins. Each row is a command with history of its own: its key is data set and code.
    """
    there = await _codes(database)
    counts: Counter[str] = Counter(known=len(there.intersection(row.area_code for row in rows)))
    told(counts["known"])
    for level in LEVELS:
        left = iter([row for row in rows if row.level == level and row.area_code not in there])

        async def some(left: Iterator[Area] = left) -> None:
            for row in left:
                counts[await _bring_one_in(database, row, data_set)] += 1
                told(1)

        async with asyncio.TaskGroup() as hands:
            for _ in range(_AT_ONCE):
                hands.create_task(some())
    return counts


async def _bring_one_in(database: Database, row: Area, data_set: str) -> str:
    fingerprint = hashlib.sha256("|".join(row).encode()).digest()
    key = f"{data_set}:{row.area_code}"
    db = Db(database, scope="import|areas", key=key, fingerprint=fingerprint, request_id=str(new_id()), status=201)

    async def make() -> None:
        db.start_over()
        async with db.command(_SYSTEM) as tx:
            area = tx.create(areas, None, **row._asdict())
            tx.tell(area, area_changed(area))
            tx.answer(AreaView.of(area))

    try:
        await again(make)
    except (Replay, CodeTaken):
        return "known"
    return "created"


async def _codes(database: Database) -> set[str]:
    return {row["area_code"] for row in await database.run(database.background, _AREAS)}


async def run(
    folder: Path, files: Sequence[Path], data_set: str, begins: Callable[[int], Any], told: Callable[[int], None]
) -> Counter[str]:
    """Import files into the suite of a data folder; `begins` hears how many rows there are."""
    async with opened.of(PERSONNEL, folder) as database:
        rows = read(files, frozenset(await _codes(database)))
        begins(len(rows))
        return await bring_in(database, rows, data_set, told)
