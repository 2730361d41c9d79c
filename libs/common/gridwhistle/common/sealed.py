"""Columns for what is personal: declared in a line, stored sealed, read and written like any other column.

    *sealed("phone", Phone, to=DESK, basis="contract", purpose=Term("联系借用人", "to call who borrowed"), found=True),

A command writes a `Phone` and reads one; so does a query. In the database there are the sealed bytes, bound to table, column
and row, and with `found` a blind index, by which a row is found by the exact value and not otherwise.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Literal
from uuid import UUID

from sqlalchemy import Column, ColumnElement, LargeBinary, Table, func, type_coerce
from sqlalchemy.types import TypeDecorator

from gridwhistle.common.data_classes import P0, P1, DataClass
from gridwhistle.common.personal import Personal
from gridwhistle.common.problems import Term
from gridwhistle.common.sealing import Seal

if TYPE_CHECKING:
    from gridwhistle.common.database import Db

PUBLIC: Final = {"class": P0}
"""`info` of a column that anybody may see; without it a column is work data, P1."""
Basis = Literal["consent", "contract", "statutory_duty", "emergency", "law"]
"""Why a personal value may be kept at all (个人信息保护法 art. 13); without one it cannot be declared."""
_ID_BYTES = 16


@dataclass(frozen=True)
class Field:
    """What is declared of a sealed column."""

    kind: type[Personal]
    to: frozenset[str]
    """The roles that may see it in full, with a reason that is kept."""
    basis: Basis
    purpose: Term
    kept: str | None
    """Its retention class, where it goes before its row does."""
    mark: str | None
    """The column of its blind index."""


class Sealed(TypeDecorator[Personal]):
    """The type of a sealed column. A query reads the row's id along with it, since it opens only with that."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, kind: type[Personal]) -> None:
        super().__init__()
        self.kind = kind

    def column_expression(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return what a query selects for the column."""
        table: Any = column.table
        return func.uuid_send(table.c.id).op("||")(type_coerce(column, LargeBinary))

    def opener(self, column: ColumnElement[Any]) -> "Callable[[bytes, Seal], Personal]":
        """Return what opens a value that a query has read from the column: the row's id, then what is sealed."""
        own: Any = next(iter(column.base_columns))
        purpose = _purpose(own)

        def opened(value: bytes, seal: Seal) -> Personal:
            return self.kind(seal.open(value[_ID_BYTES:], f"{purpose}|{UUID(bytes=value[:_ID_BYTES])}").decode())

        return opened


def sealed(
    name: str,
    kind: type[Personal],
    *,
    to: frozenset[str],
    basis: Basis,
    purpose: Term,
    kept: str | None = None,
    found: bool = False,
) -> list[Column[Any]]:
    """Return a column for a value about a person, and with `found` the column of its blind index.

    It may always be null: retention takes the value away and leaves the row.

    Args:
        name: of the column.
        kind: of value; its class is the column's.
        to: the roles that may see it in full, with a reason that is kept; nobody else may.
        basis: why it may be kept at all.
        purpose: what it is kept for.
        kept: its retention class, if it has to go before its row does.
        found: rows are to be found by the exact value (`found_by`).
    """
    mark = f"{name}_mark" if found else None
    field = Field(kind, to, basis, purpose, kept, mark)
    columns: list[Column[Any]] = [Column(name, Sealed(kind), info={"class": kind.data_class, "field": field})]
    return [*columns, Column(mark, LargeBinary, index=True)] if mark else columns


def class_of(column: Column[Any]) -> DataClass:
    """Return the class of a column."""
    stated: DataClass = column.info.get("class", P1)
    return stated


@lru_cache(maxsize=1024)
def sealed_columns(table: Table) -> Mapping[str, Field]:
    """Return what is declared of the sealed columns of a table, by name."""
    return {column.name: column.info["field"] for column in table.c if "field" in column.info}


def closed(table: Table, id_: UUID, values: dict[str, Any], seal: Seal) -> dict[str, Any]:
    """Return the values as they are stored: sealed where the columns are, with their blind indexes."""
    fields = sealed_columns(table)
    if not fields:
        return values
    stored = dict(values)
    for name, field in fields.items():
        if name not in values:
            continue
        value = values[name]
        assert value is None or isinstance(value, field.kind), f"{table.name}.{name} takes a {field.kind.__name__}"
        purpose = _purpose(table.c[name])
        stored[name] = None if value is None else seal.close(value.full.encode(), f"{purpose}|{id_}")
        if field.mark:
            stored[field.mark] = None if value is None else seal.mark(value.full, purpose)
    return stored


def opened(table: Table, values: dict[str, Any], seal: Seal) -> None:
    """Open the sealed values of a row that was read by the write path."""
    for name, field in sealed_columns(table).items():
        if values[name] is not None:
            place = f"{_purpose(table.c[name])}|{values['id']}"
            values[name] = field.kind(seal.open(values[name], place).decode())


def found_by(column: Column[Any], value: Personal, db: "Db") -> ColumnElement[bool]:
    """Return the predicate for rows that have exactly this value."""
    mark = column.info["field"].mark
    assert mark, f"{column} is not declared to be found by"
    marks: Column[bytes] = column.table.c[mark]
    return marks.in_(db.database.seal.marks(value.full, _purpose(column)))


def _purpose(column: Column[Any]) -> str:
    return f"{column.table.name}.{column.name}"
