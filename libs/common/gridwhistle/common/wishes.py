"""What a command wishes to have written, gathered until it leaves as one statement."""

from collections import defaultdict
from typing import Any
from uuid import UUID

from sqlalchemy import Table

from gridwhistle.common.ids import new_id
from gridwhistle.common.rows import Row, blank
from gridwhistle.common.sealed import closed, sealed_columns
from gridwhistle.common.sealing import Seal
from gridwhistle.common.statements import Function, Statement

Target = tuple[Table, UUID]


class Wishes:
    """Rows to be made, and changes of rows that are held or belong to one."""

    def __init__(self) -> None:
        self.made_in: dict[Table, list[dict[str, Any]]] = defaultdict(list)
        self.held: dict[Target, dict[str, Any]] = {}
        self._made: dict[UUID, dict[str, Any]] = {}
        self._owned: set[Target] = set()  # children of held rows
        self._of_owned: dict[Target, dict[str, Any]] = {}
        self._where: dict[tuple[Any, ...], dict[str, Any]] = defaultdict(dict)  # children that nobody has read
        self._calls: list[tuple[Function, list[dict[str, Any]]]] = []

    def hold(self, row: Row) -> None:
        """Let a held row be changed. Its version goes up in any case."""
        row.__dict__["version"] += 1  # what it will be
        self.held[row.table, row.id] = {}

    def own(self, rows: list[Row]) -> None:
        """Let children of a held row be changed."""
        self._owned.update((row.table, row.id) for row in rows)

    def make(self, table: Table, values: dict[str, Any]) -> Row:
        """Make a row; it may be changed until it is written."""
        made = {"id": new_id(), **values}
        self.append(table, made)
        self._made[made["id"]] = made
        return Row(table, {**blank(table), **made}, None)

    def append(self, table: Table, values: dict[str, Any]) -> None:
        """Make a row that nobody changes any more."""
        self.made_in[table].append(values)

    def call(self, function: Function, rows: list[dict[str, Any]]) -> None:
        """Hand rows to a function of the database."""
        self._calls.append((function, rows))

    def change(self, row: Row, values: dict[str, Any]) -> None:
        """Change a row that is held, belongs to a held one, or is about to be made."""
        row.__dict__.update(values)
        target = row.table, row.id
        if row.id in self._made:
            self._made[row.id].update(values)
        elif target in self.held:
            self.held[target].update(values)
        else:
            assert target in self._owned, f"a {row.table.name} is changed by a command that holds it, or its root"
            self._of_owned.setdefault(target, {}).update(values)

    def change_where(self, table: Table, where: dict[str, Any], values: dict[str, Any]) -> None:
        """Change the children of a held row that are so."""
        self._where[table, *where.items()].update(values)

    def statement(self, versions: dict[Target, int], seal: Seal) -> Statement:
        """Return the statement that does it all, or nothing when a held row is no longer at the version that was read."""
        statement = Statement()
        for target in sorted(self.held, key=in_order):
            statement.hold(*target, versions[target], closed(*target, self.held[target], seal))
        for target, changes in sorted(self._of_owned.items(), key=lambda item: in_order(item[0])):
            statement.change(*target, closed(*target, changes, seal))
        for (table, *where), changes in self._where.items():
            statement.change_where(table, dict(where), changes)
        for table, rows in self.made_in.items():
            if sealed_columns(table):
                rows = [closed(table, row["id"], row, seal) for row in rows]  # noqa: PLW2901
            statement.insert(table, rows)
        for function, rows in self._calls:
            statement.call(function, rows)
        return statement


def in_order(target: Target) -> tuple[str, int]:
    """Return where a row stands in the one order that rows are held in."""
    return target[0].name, target[1].int
