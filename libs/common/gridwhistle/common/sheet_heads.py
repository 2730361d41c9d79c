"""Somebody else's file: what it calls our columns, and what it does not say at all because it is so of every row."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from gridwhistle.common.calendars import LOCAL
from gridwhistle.common.problems import Invalid, Term
from gridwhistle.common.sheet_formats import column_letter

COLUMNS_CHARS_MAX: Final = 2_000
Reading = Callable[[str], str | Term]
"""Says in our words what a cell says in theirs, or what is wrong with it."""


class BadColumns(Invalid):
    """The columns of a file are not said in the form that is understood, or the file has them not."""

    code, kept = "bad_columns", False
    zh = "columns 须写作“字段:表头,字段:表头+表头”,字段须为本接口所有,表头须为文件首行所有。"
    en = "Write columns as `field:head,field:head+head`, with fields of ours and heads that the file's first row has."


class Heads:
    """What a file calls our columns. Several of its columns can make one of ours, and its others are passed over."""

    def __init__(
        self,
        theirs: Mapping[str, Sequence[str]],
        said: Mapping[str, str],
        readings: Mapping[str, Reading] | None = None,
        zone: dt.tzinfo = LOCAL,
    ) -> None:
        """Take the heads of each of our columns, and what is so of every row where the file says nothing.

        Args:
            theirs: heads by the names of our columns; without any, the file has our own.
            said: what is so of every row.
            readings: how cells of a column are read that are not in our words.
            zone: whose clocks the times in a workbook are told by.
        """
        self._theirs, self._said = theirs, {name: text for name, text in said.items() if name not in theirs}
        self._readings, self.zone = readings or {}, zone
        self.letters: dict[str, str] = {}
        """What a spreadsheet calls the first of the columns that make one of ours; known once a file was arranged."""
        self.faults: list[tuple[int, str, Term]] = []
        """Rows and columns whose cells cannot be read, and why."""

    @classmethod
    def of(cls, text: str, said: Mapping[str, str], names: Sequence[str]) -> "Heads":
        """Return the heads that a text says: `name:施設名称+棟名,lon:経度`.

        Raises:
            BadColumns: it is of another form, or names a column that is none of ours.
        """
        theirs: dict[str, list[str]] = {}
        for part in text.split(","):
            name, colon, heads = (piece.strip() for piece in part.partition(":"))
            if not colon or name not in names or name in theirs or not all(head.strip() for head in heads.split("+")):
                raise BadColumns
            theirs[name] = [head.strip() for head in heads.split("+")]
        return cls(theirs, said)

    def arranged(self, rows: Sequence[Sequence[str]], called: Mapping[str, str]) -> list[list[str]]:
        """Return the rows of a file under the names of our columns; a row in which nothing of ours stands is blank.

        `called` are our own heads in small letters, each with the name of its column.

        Raises:
            BadColumns: the file has not one of the heads.
        """
        if not self._theirs:
            return self._with_our_heads(rows, called)
        at = {head.casefold(): place for place, head in reversed(list(enumerate(rows[0] if rows else ())))}
        try:
            places = {name: [at[head.casefold()] for head in heads] for name, heads in self._theirs.items()}
        except KeyError:
            raise BadColumns from None
        self.letters = {name: column_letter(where[0]) for name, where in places.items()}
        arranged = [[*self._theirs, *self._said]]
        for number, row in enumerate(rows[1:], 2):
            own = {name: self._joined(row, name, where) for name, where in places.items()}
            read = [self._read(number, name, text) for name, text in own.items()] if any(own.values()) else []
            arranged.append([*read, *self._said.values()] if read else [])
        return arranged

    def _with_our_heads(self, rows: Sequence[Sequence[str]], called: Mapping[str, str]) -> list[list[str]]:
        """Return the rows as they stand, with what is so of all of them beyond the last column."""
        heads = rows[0] if rows else ()
        names = [called.get(head.casefold(), "") for head in heads]
        said = {name: text for name, text in self._said.items() if name not in names}
        self.letters = {name: column_letter(place) for place, name in reversed(list(enumerate(names))) if name}
        arranged = [[*heads, *said]]
        for number, row in enumerate(rows[1:], 2):
            cells = [*row, *[""] * (len(heads) - len(row))] if any(row) else []
            read = [self._read(number, name, text) for name, text in zip(names, cells, strict=False)]
            arranged.append(
                [*read, *cells[len(heads) :]] if len(cells) > len(heads) else [*read, *said.values()] if cells else []
            )
        return arranged

    def _read(self, row: int, name: str, text: str) -> str:
        read = self._readings[name](text) if name in self._readings else text
        if isinstance(read, str):
            return read
        self.faults.append((row, name, read))
        return text

    @staticmethod
    def _joined(row: Sequence[str], name: str, where: Sequence[int]) -> str:
        parts = [row[place] for place in where if place < len(row) and row[place]]
        return ("-" if name.endswith("code") else " ").join(parts)
