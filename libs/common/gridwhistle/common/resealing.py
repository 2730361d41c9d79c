"""Sealing again, under the newest key, whatever older keys seal, so that they can go.

Contents do not change, so versions do not; a row that somebody writes meanwhile is left as they write it. Any number of rounds
may be cut short: what is left is found by the number that each sealed value begins with.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Column, MetaData

from gridwhistle.common.database import Database
from gridwhistle.common.sealed import sealed_columns
from gridwhistle.common.sealing import CannotOpen
from gridwhistle.common.statements import column_type, quoted
from gridwhistle.common.tables import command_key, plumbing

_AT_ONCE: Final = 500


@dataclass(frozen=True)
class Left:
    """What older keys still seal."""

    waiting: int
    lost: int
    """Sealed under keys that are not in the ring, or changed: nobody can open these."""


async def count_old(database: Database, tables: MetaData) -> int:
    """Return how many values older keys seal."""
    counts = [await _count(database, column) for column in _places(tables)]
    return sum(counts)


async def reseal(database: Database, tables: MetaData, advance: Callable[[int], None]) -> Left:
    """Seal again, a few hundred values a statement, and return what is left.

    Args:
        database: of one service.
        tables: the service's own; those of the plumbing are looked through as well.
        advance: is told of every batch how many values it had.
    """
    lost = 0
    for column in _places(tables):
        lost += await _reseal(database, column, advance)
    return Left(await count_old(database, tables) - lost, lost)


def _places(tables: MetaData) -> Iterator[Column[Any]]:
    for metadata in (tables, plumbing):
        for table in metadata.sorted_tables:
            yield from (table.c[name] for name in sealed_columns(table))
    yield command_key.c.answer


def _old(column: Column[Any]) -> str:
    return f"{quoted(column.name)} IS NOT NULL AND get_byte({quoted(column.name)}, 1) <> $1"


async def _count(database: Database, column: Column[Any]) -> int:
    sql = f"SELECT count(*) FROM {quoted(column.table.name)} WHERE {_old(column)}"
    return int((await database.run(database.background, sql, database.seal.current))[0][0])


async def _reseal(database: Database, column: Column[Any], advance: Callable[[int], None]) -> int:
    """Seal a column again; return how many of its values nobody can open."""
    seal, purpose, lost = database.seal, f"{column.table.name}.{column.name}", 0
    field = column.info.get("field")
    keys = [key.name for key in column.table.primary_key]
    last: list[Any] = []
    while rows := await database.run(database.background, _next(column, begun=bool(last)), seal.current, *last):
        new: list[tuple[Any, ...]] = []
        for row in rows:
            place = "|".join((purpose, *(str(row[key]) for key in keys)))
            try:
                content = seal.open(row[column.name], place)
            except CannotOpen:
                lost += 1
                continue
            mark = seal.mark(content.decode(), purpose) if field and field.mark else None
            new.append((*(row[key] for key in keys), row[column.name], seal.close(content, place), mark))
        if new:
            await database.run(database.background, _replace(column), *map(list, zip(*new, strict=True)))
        last = [rows[-1][key] for key in keys]
        advance(len(rows))
    return lost


def _next(column: Column[Any], *, begun: bool) -> str:
    keys = list(column.table.primary_key)
    names = ", ".join(quoted(key.name) for key in keys)
    marks = ", ".join(f"${place}::{column_type(key)}" for place, key in enumerate(keys, 2))
    return (
        f"SELECT {names}, {quoted(column.name)} FROM {quoted(column.table.name)} WHERE {_old(column)}"
        f"{f' AND ({names}) > ({marks})' if begun else ''} ORDER BY {names} LIMIT {_AT_ONCE}"
    )


def _replace(column: Column[Any]) -> str:
    table, name = quoted(column.table.name), quoted(column.name)
    field, keys = column.info.get("field"), list(column.table.primary_key)
    names = ", ".join(f"k{place}" for place in range(len(keys)))
    arrays = ", ".join(f"${place}::{column_type(key)}[]" for place, key in enumerate(keys, 1))
    rest = ", ".join(f"${len(keys) + place}::bytea[]" for place in (1, 2, 3))
    same = " AND ".join(f"t.{quoted(key.name)} = n.k{place}" for place, key in enumerate(keys))
    mark = f", {quoted(field.mark)} = n.mark" if field and field.mark else ""
    return (
        f"UPDATE {table} t SET {name} = n.new{mark} FROM unnest({arrays}, {rest}) AS n({names}, old, new, mark)"
        f" WHERE {same} AND t.{name} = n.old"
    )
