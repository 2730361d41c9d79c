"""Somebody else's file: what it calls our columns, and what it does not say at all because it is so of every row."""

from collections.abc import Mapping, Sequence
from typing import Final

from gridwhistle.common.problems import Invalid
from gridwhistle.common.sheet_formats import column_letter

COLUMNS_CHARS_MAX: Final = 2_000


class BadColumns(Invalid):
    """The columns of a file are not said in the form that is understood, or the file has them not."""

    code, kept = "bad_columns", False
    zh = "columns 须写作“字段:表头,字段:表头+表头”,字段须为本接口所有,表头须为文件首行所有。"
    en = "Write columns as `field:head,field:head+head`, with fields of ours and heads that the file's first row has."


class Heads:
    """What a file calls our columns. Several of its columns can make one of ours, and its others are passed over."""

    def __init__(self, theirs: Mapping[str, Sequence[str]], said: Mapping[str, str]) -> None:
        """Take the heads of each of our columns, and what is so of every row where the file says nothing."""
        self._theirs, self._said = theirs, {name: text for name, text in said.items() if name not in theirs}
        self.letters: dict[str, str] = {}
        """What a spreadsheet calls the first of the columns that make one of ours; known once a file was arranged."""

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

    def arranged(self, rows: Sequence[Sequence[str]]) -> list[list[str]]:
        """Return the rows of a file under the names of our columns; a row in which nothing of ours stands is blank.

        Raises:
            BadColumns: the file has not one of the heads.
        """
        at = {head.casefold(): place for place, head in reversed(list(enumerate(rows[0] if rows else ())))}
        try:
            places = {name: [at[head.casefold()] for head in heads] for name, heads in self._theirs.items()}
        except KeyError:
            raise BadColumns from None
        self.letters = {name: column_letter(where[0]) for name, where in places.items()}
        arranged = [[*self._theirs, *self._said]]
        for row in rows[1:]:
            own = [self._joined(row, name, where) for name, where in places.items()]
            arranged.append([*own, *self._said.values()] if any(own) else [])
        return arranged

    @staticmethod
    def _joined(row: Sequence[str], name: str, where: Sequence[int]) -> str:
        parts = [row[place] for place in where if place < len(row) and row[place]]
        return ("-" if name.endswith("code") else " ").join(parts)
