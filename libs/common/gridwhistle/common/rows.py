"""Rows as commands hold them: read as they are, changed as the command wishes."""

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import Table

from gridwhistle.common.problems import Term
from gridwhistle.common.sealed import opened, sealed_columns
from gridwhistle.common.sealing import Seal
from gridwhistle.common.statements import json_columns


class Row:
    """A row as it was read, and as this command changes it."""

    table: Table
    read_version: int | None  # None: the command makes it

    def __init__(self, table: Table, values: dict[str, Any], read_version: int | None) -> None:
        self.__dict__.update(values)
        self.__dict__["table"], self.__dict__["read_version"] = table, read_version

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...


def row_from(table: Table, record: Any, seal: Seal) -> Row:
    """Return a row of the table from a record of the driver."""
    values = dict(record)
    if sealed_columns(table):
        opened(table, values, seal)
    for name in json_columns(table):
        if values[name] is not None:
            values[name] = orjson.loads(values[name])
    return Row(table, values, values.get("version"))


@lru_cache(maxsize=1024)
def blank(table: Table) -> dict[str, None]:
    """Return every column without a value, as a row has them that is only about to be."""
    return dict.fromkeys(table.c.keys())


def thing_of(table: Table) -> Term:
    """Return what a table's rows are called."""
    thing: Term = table.info.get("thing", Term("对象", "thing"))
    return thing
