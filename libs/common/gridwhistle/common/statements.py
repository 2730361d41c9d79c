"""The SQL of the write path, made from the tables: how rows are read, and how a whole command is written in one statement."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy import JSON, Column, Table
from sqlalchemy.dialects import postgresql

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
_VALUES_ROWS_MAX = 4
"""More rows than this go in as one array a column, so that a batch of any size is one short statement and one plan."""

NOW = "~now"
"""The name under which every read brings the database's clock along; no column can be called that."""


@lru_cache(maxsize=1024)
def read_rows(table: Table, key: str, *, many: bool) -> str:
    """Return the statement that reads whole rows by `key`, with the database's clock."""
    columns = ", ".join(quoted(column.name) for column in table.c)
    one_or_many = "= ANY($1::uuid[])" if many else "= $1"
    return f'SELECT {columns}, clock_timestamp() AS "{NOW}" FROM {quoted(table.name)} WHERE {quoted(key)} {one_or_many}'


@lru_cache(maxsize=1024)
def read_versions(table: Table) -> str:
    """Return the statement that counts how many rows are still at the versions they were read at."""
    return (
        f"SELECT count(*) FROM {quoted(table.name)} JOIN unnest($1::uuid[], $2::int[]) AS held(id, version) USING (id, version)"
    )


@lru_cache(maxsize=1024)
def json_columns(table: Table) -> frozenset[str]:
    """Return the columns whose values travel as JSON text."""
    return frozenset(column.name for column in table.c if isinstance(column.type, JSON))


@lru_cache(maxsize=1024)
def written_columns(table: Table) -> tuple[Column[Any], ...]:
    """Return the columns that an insert names: all but those that the database makes itself."""
    return tuple(column for column in table.c if column.computed is None and column.identity is None)


@lru_cache(maxsize=256)
def upsert(table: Table) -> str:
    """Return the statement that takes a set of copies, one array a column; a copy never gives way to an older one."""
    columns = written_columns(table)
    names = ", ".join(quoted(column.name) for column in columns)
    arrays = ", ".join(f"${n}::{column_type(column)}[]" for n, column in enumerate(columns, 1))
    changes = ", ".join(f"{quoted(c.name)} = excluded.{quoted(c.name)}" for c in columns if c.name != "id")
    name = quoted(table.name)
    return (
        f"INSERT INTO {name} ({names}) SELECT * FROM unnest({arrays})"
        f" ON CONFLICT (id) DO UPDATE SET {changes} WHERE {name}.event_no < excluded.event_no"
    )


def arrays_of(table: Table, rows: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    """Return the rows as `upsert` takes them: one array a column."""
    texts = json_columns(table)
    return [[_text(row[c.name]) if c.name in texts else row[c.name] for row in rows] for c in written_columns(table)]


@dataclass(frozen=True, slots=True)
class Function:
    """A function of a service's database that takes the rows of a whole statement, one array a column, and answers nothing.

    It writes all of them or refuses, as a constraint would: the error of a CHECK, the name of what is broken, and as its detail
    which rows those are and why: `[[17, "not_enough_minutes"]]`, counted from 0.
    """

    name: str
    columns: tuple[tuple[str, str], ...]
    """What it takes, and of which type; an array of each."""

    def of(self, first: int) -> str:
        """Return the call, its arguments counted from the first."""
        marks = ", ".join(f"${number}::{kind}[]" for number, (_, kind) in enumerate(self.columns, first))
        return f"{quoted(self.name)}({marks})"


def refused_rows(error: asyncpg.PostgresError) -> dict[int, str]:
    """Return which rows a function refused, and why; none when it was something else."""
    with suppress(ValueError, TypeError):
        return dict(orjson.loads(error.detail or ""))
    return {}


_Shape = tuple[str, Table, tuple[str, ...], int | tuple[tuple[str, bool], ...]]
"""What is done to which columns of a table; for how many new rows, or where: by which columns, and which are empty."""


class Statement:
    """A command's wishes on their way to being one statement: held rows first, then children, then new rows."""

    def __init__(self) -> None:
        self._changes: list[tuple[str, Table, dict[str, Any], dict[str, Any]]] = []
        self._rows: dict[Table, list[dict[str, Any]]] = {}
        self._call: tuple[Function, list[dict[str, Any]]] | None = None

    @classmethod
    def of_all(cls, statements: Iterable["Statement"]) -> "Statement":
        """Return one statement that does what these do; none of them holds anything."""
        united = cls()
        for statement in statements:
            for table, rows in statement._rows.items():  # noqa: SLF001  of its own kind
                united.insert(table, rows)
            if statement._call:  # noqa: SLF001  likewise
                united.call(*statement._call)  # noqa: SLF001
        return united

    @property
    def holds_nothing(self) -> bool:
        """Whether it only makes rows, so that nothing that moves can concern it."""
        return not self._changes

    @property
    def rows(self) -> int:
        """How many rows it makes."""
        return sum(map(len, self._rows.values())) + self.called_with

    @property
    def called_with(self) -> int:
        """How many rows it hands to a function."""
        return len(self._call[1]) if self._call else 0

    def hold(self, table: Table, id: UUID, version: int, changes: dict[str, Any]) -> None:  # noqa: A002
        """Change a held row (or only raise its version), if it is still at the version at which it was read."""
        self._changes.append(("hold", table, {**changes, "version": version + 1}, {"id": id, "version": version}))

    def change(self, table: Table, id: UUID, changes: dict[str, Any]) -> None:  # noqa: A002
        """Change a child; its root, which is held, guards it."""
        self._changes.append(("change", table, changes, {"id": id}))

    def change_where(self, table: Table, where: dict[str, Any], changes: dict[str, Any]) -> None:
        """Change the children that are so, if there are any; None means that the column is empty."""
        self._changes.append(("change_where", table, changes, where))

    def insert(self, table: Table, rows: Iterable[dict[str, Any]]) -> None:
        """Insert rows of one table, in this order; the columns are those that any of them names."""
        self._rows.setdefault(table, []).extend(rows)

    def call(self, function: Function, rows: Sequence[dict[str, Any]]) -> None:
        """Hand rows to a function, after those that it is handed already. A service has one for each kind of work."""
        if self._call is None:
            self._call = function, []
        assert self._call[0] is function, "a statement calls one function"
        self._call[1].extend(rows)

    def compose(self) -> tuple[str, list[Any]]:
        """Return the SQL and its arguments. Shapes are remembered, since commands of one kind all look alike."""
        shape: list[_Shape] = []
        args: list[Any] = []
        for kind, table, changes, where in self._changes:
            shape.append((kind, table, tuple(changes), tuple((name, value is None) for name, value in where.items())))
            args += [*_texts(table, changes), *(value for value in where.values() if value is not None)]
        for table, rows in self._rows.items():
            names = tuple(rows[0])
            if any(tuple(row) != names for row in rows):
                names = tuple(dict.fromkeys(name for row in rows for name in row))
            if texts := json_columns(table):
                rows = [{**row, **{name: _text(row.get(name)) for name in texts.intersection(row)}} for row in rows]  # noqa: PLW2901
            values = [list(map(row.get, names)) for row in rows]
            few = len(rows) <= _VALUES_ROWS_MAX
            shape.append(("insert", table, names, len(rows) if few else 0))
            args += [value for row in values for value in row] if few else map(list, zip(*values, strict=True))
        if self._call:
            function, given = self._call
            args += [[row.get(name) for row in given] for name, _ in function.columns]
        return _compose(tuple(shape), function if self._call else None), args


def _texts(table: Table, values: dict[str, Any]) -> list[Any]:
    """Return the values as they travel."""
    texts = json_columns(table)
    return [_text(value) if name in texts else value for name, value in values.items()] if texts else list(values.values())


def _text(value: Any) -> str | None:
    """Return a value as JSON text; what is a text already is taken for JSON."""
    return value if value is None or isinstance(value, str) else orjson.dumps(value).decode()


@lru_cache(maxsize=4096)
def _compose(shape: tuple[_Shape, ...], function: Function | None) -> str:
    parts: list[str] = []
    counted: list[str] = []
    position = 0

    def mark(column: Column[Any], suffix: str = "") -> str:
        nonlocal position
        position += 1
        return f"${position}::{column_type(column)}{suffix}"

    for number, (kind, table, names, how) in enumerate(shape):
        columns, name = [table.c[column] for column in names], quoted(table.name)
        if isinstance(how, int):
            into = f"INSERT INTO {name} ({', '.join(map(quoted, names))})"
            if how:
                lists = [f"({', '.join(mark(column) for column in columns)})" for _ in range(how)]
                parts.append(f"w{number} AS ({into} VALUES {', '.join(lists)})")
            else:
                arrays = ", ".join(mark(column, "[]") for column in columns)
                parts.append(f"w{number} AS ({into} SELECT * FROM unnest({arrays}))")
            continue
        changes = ", ".join(f"{quoted(column.name)} = {mark(column)}" for column in columns)
        assert not isinstance(how, int)
        keys = [f"{quoted(key)} IS NULL" if empty else f"{quoted(key)} = {mark(table.c[key])}" for key, empty in how]
        parts.append(f"w{number} AS (UPDATE {name} SET {changes} WHERE {' AND '.join(keys)} RETURNING 1)")
        if kind != "change_where":
            counted.append(f"(SELECT count(*) FROM w{number})")
    end = f"gw_all_held({' + '.join(counted)}, {len(counted)})" if counted else "clock_timestamp()"
    call = f", {function.of(position + 1)}" if function else ""  # after what is held was found as it was
    return f'WITH {", ".join(parts)} SELECT {end} AS "{NOW}"{call}'


@lru_cache(maxsize=1024)
def column_type(column: Column[Any]) -> str:
    """Return the column's type for a cast; a collation belongs to the column, not to the value."""
    return column.type.compile(_DIALECT).partition(" COLLATE")[0]


def quoted(name: str) -> str:
    """Return a name of ours as SQL takes it."""
    return str(_DIALECT.identifier_preparer.quote(name))
