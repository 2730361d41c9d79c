"""Queries as services write them, sent by the driver itself: compiled once a shape, each row a named tuple.

SQLAlchemy's own engine, with its cursors and greenlets, costs more than the rest of a read.
"""

from collections import namedtuple
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import orjson
from sqlalchemy import JSON, Select
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.util import LRUCache

from gridwhistle.common.sealed import Sealed
from gridwhistle.common.sealing import Seal

_DIALECT: Final = asyncpg.dialect()  # type: ignore[no-untyped-call]
_COMPILED: Final = LRUCache[Any, Any](500)


@dataclass(frozen=True, slots=True)
class Question:
    """A query as the driver takes it."""

    sql: str
    args: Sequence[Any]
    shape: "_Shape"

    def rows(self, records: Sequence[Any], seal: Seal) -> list[Any]:
        """Return what the driver answered as rows: tuples with the columns' names, sealed values opened."""
        if not self.shape.opens:
            return list(map(self.shape.row, records))
        return [self.shape.row(self._opened(record, seal)) for record in records]

    def _opened(self, record: Any, seal: Seal) -> list[Any]:
        values = list(record)
        for place, opened in self.shape.opens:
            if values[place] is not None:
                values[place] = opened(values[place], seal)
        return values


@dataclass(frozen=True, slots=True)
class _Shape:
    row: Callable[[Sequence[Any]], Any]
    opens: Sequence[tuple[int, Callable[[Any, Seal], Any]]]
    """Which columns hold something else than they show, and what opens it."""


class Asking:
    """A query that is asked again and again, each time with other values in place of its `bindparam`s: made once."""

    def __init__(self, select: Select[*tuple[Any, ...]]) -> None:
        """Take the query; each of its `bindparam`s is given a value when it is asked."""
        compiled = select.compile(dialect=_DIALECT)
        assert isinstance(compiled, SQLCompiler)
        self._sql, self._shape = compiled.string, _shape_of(compiled)
        given = compiled.construct_params(_check=False)
        self._values = [(name, given[name]) for name in compiled.positiontup or ()]

    def of(self, **values: object) -> Question:
        """Return the query with these values."""
        return Question(self._sql, [values.get(name, given) for name, given in self._values], self._shape)


def question(select: Select[*tuple[Any, ...]]) -> Question:
    """Return a query as the driver takes it."""
    # What the library's own connections call; it keeps what it compiled, and the values of this query come apart from it.
    compiled, extracted, *_ = select._compile_w_cache(_DIALECT, compiled_cache=_COMPILED, column_keys=[])  # noqa: SLF001
    assert isinstance(compiled, SQLCompiler)
    values = compiled.construct_params(extracted_parameters=extracted)
    if compiled.post_compile_params:  # a list for IN: as many parameters as it has values
        expanded = compiled._process_parameters_for_postcompile(values)  # noqa: SLF001
        args = [expanded.parameters[name] for name in expanded.positiontup or ()]
        return Question(expanded.statement, args, _shape_of(compiled))
    return Question(compiled.string, [values[name] for name in compiled.positiontup or ()], _shape_of(compiled))


@lru_cache(maxsize=500)
def _shape_of(compiled: SQLCompiler) -> _Shape:
    shown = compiled.statement.selected_columns  # type: ignore[union-attr]
    row = namedtuple("Row", shown.keys(), rename=True)  # type: ignore[misc]  # noqa: PYI024  its names come from the query
    opens: list[tuple[int, Callable[[Any, Seal], Any]]] = []
    for place, column in enumerate(shown):
        if isinstance(column.type, Sealed):
            opens.append((place, column.type.opener(column)))
        elif isinstance(column.type, JSON):
            opens.append((place, lambda text, _seal: orjson.loads(text)))
    return _Shape(row._make, opens)
