"""Files that people have: lines read from CSV and XLSX, every fault told by row and column, and lines written for download."""

import asyncio
import hashlib
import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Generic, NamedTuple, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from gridwhistle.common import wire
from gridwhistle.common.calendars import LOCAL
from gridwhistle.common.faults import faults_of
from gridwhistle.common.problems import Invalid, Language, Term
from gridwhistle.common.sheet_formats import CONTROL, CSV, ENDING_OF, Cell, column_letter, csv_of, texts_of, xlsx_of
from gridwhistle.common.sheet_heads import Heads

FAULTS_SHOWN: Final = 100
WRITTEN_ROWS_MAX: Final = 100_000
WRITTEN_BYTES_MAX: Final = 64 * 1024 * 1024
_YES_OR_NO: Final[Mapping[str, str]] = {"是": "true", "否": "false"}
_DAY: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_decoding = threading.Lock()  # one file at a time: each may take a tenth of a gigabyte while it is read or written


class SheetNotValid(Invalid):
    """Cells break their rules; `errors` says which, by row and column, and never repeats what stands in them."""

    code, kept = "sheet_not_valid", False
    zh = "文件中有 {count} 处不符合要求,未写入任何内容;见 errors(最多列出 {shown} 处)。"
    en = "Places in the file that are not valid: {count}. Nothing was written; see errors, which lists {shown} at most."


class TooMuchForOneFile(Invalid):
    """More rows than one file is good for."""

    code, kept = "too_much_for_one_file", False
    zh = "一个文件最多导出 {rows_max} 行、{mib_max} MiB;请缩小范围。"
    en = "One file holds {rows_max} rows and {mib_max} MiB at most; ask for less."

    def __init__(self, rows_max: int) -> None:
        super().__init__(rows_max=rows_max, mib_max=WRITTEN_BYTES_MAX // 2**20)


class Column(NamedTuple):
    """A column: the name of its field, and what its head says in both languages."""

    name: str
    head: Term


class Line(BaseModel):
    """What a line of a file holds. Each field is a column: its `Annotated` has a `Term`, the head that people read.

    A blank cell is a field left out, so a field that may be blank has a default.
    """

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    @classmethod
    def columns(cls) -> list[Column]:
        """Return the columns, in the order of the fields."""
        return [
            Column(name, next(part for part in field.metadata if isinstance(part, Term)))
            for name, field in cls.__pydantic_fields__.items()
        ]


SEVERAL: Final = BeforeValidator(
    lambda text: [part.strip() for part in text.replace("|", "\n").splitlines()] if isinstance(text, str) else text
)
"""Beside a list: the lines of a cell, or what `|` stands between."""
YES_OR_NO: Final = BeforeValidator(lambda text: _YES_OR_NO.get(text, text))
"""Beside a bool: 是 and 否 as well."""
SINCE: Final = BeforeValidator(lambda text: f"{text}T00:00:00+08:00" if re.fullmatch(_DAY, str(text)) else text)
"""Beside a moment: a day is its beginning, by the county's clocks."""
_Line = TypeVar("_Line", bound=Line)


class Sheet(Generic[_Line]):
    """The lines of a file, each with its row, and what is wrong with it."""

    def __init__(self, model: type[_Line], heads: Heads | None = None) -> None:
        self.lines: list[tuple[int, _Line]] = []
        self._columns = {column.name: column for column in model.columns()}
        self.letters: dict[str, str] = {}
        """What a spreadsheet calls the columns that are there."""
        self._theirs = heads
        self._faults: list[tuple[int, dict[str, Any]]] = []
        self._unread: set[tuple[int, str]] = set()

    def wrong(self, row: int, column: str, code: str, message: Term) -> None:
        """Note a fault at a place; the message is of what is asked for, never of what stands there."""
        head, letter = self._columns[column].head, self.letters.get(column, "")
        zh = f"第 {row} 行{letter and f' {letter} 列'}“{head.zh}”:{message.zh}"
        en = f"row {row}, column {letter or column}, {head.en}: {message.en}"
        self._note(row, column, letter, code, Term(zh, en))

    def check(self) -> None:
        """Go on only if nothing is wrong.

        Raises:
            SheetNotValid: with every fault, up to a bound.
        """
        if self._faults:
            shown = [error for _, error in sorted(self._faults, key=lambda fault: fault[0])[:FAULTS_SHOWN]]
            raise SheetNotValid(count=len(self._faults), shown=FAULTS_SHOWN, errors=shown)

    def take(self, rows: Sequence[Sequence[str]], model: type[_Line]) -> None:
        """Take the rows of a file, the first of which says which column is which."""
        if self._theirs:
            rows = self._theirs.arranged(rows, self._called())
        names = self._heads(rows[0] if rows else (), model)
        if self._faults:
            return
        for row, name, message in self._theirs.faults if self._theirs else ():
            self.wrong(row, name, "not_as_the_mapping_says", message)
            self._unread.add((row, name))
        for row, cells in enumerate(rows[1:], 2):
            filled = {names.get(at, ""): (at, text) for at, text in enumerate(cells) if text}
            if astray := filled.pop("", None):
                self._astray(row, astray[0], Term("该列没有表头", "the column has no head"))
            if not filled:
                continue
            values: dict[str, Any] = {name: text for name, (_, text) in filled.items()}
            for name in [name for name, text in values.items() if CONTROL.search(text)]:
                self.wrong(row, name, "control_character", Term("不得含有控制字符", "must have no control characters"))
            self._take_line(row, values, model)

    def _take_line(self, row: int, values: dict[str, Any], model: type[_Line]) -> None:
        try:
            self.lines.append((row, model.__pydantic_validator__.validate_strings(values)))
        except ValidationError as error:
            for place, code, message in faults_of(error):
                column = str(place[0]) if place else next(iter(self._columns))
                if (row, column) not in self._unread:
                    self.wrong(row, column, code, message)

    def _called(self) -> dict[str, str]:
        """Return the name of each column by what may stand above it."""
        return {
            text.casefold(): column.name
            for column in self._columns.values()
            for text in (column.name, column.head.zh, column.head.en)
        }

    def _heads(self, heads: Sequence[str], model: type[_Line]) -> dict[int, str]:
        """Return the names of the columns by their index."""
        called = self._called()
        names: dict[int, str] = {}
        for at, text in enumerate(heads):
            name = called.get(text.casefold())
            if name in self.letters:
                self._astray(1, at, Term("该列重复", "the column is there twice"))
            elif name:
                names[at] = name
                self.letters[name] = self._theirs.letters.get(name, "") if self._theirs else column_letter(at)
            elif text:
                self._astray(1, at, Term("没有这样的列", "there is no such column"))
        for name, field in model.__pydantic_fields__.items():
            if field.is_required() and name not in self.letters:
                self.wrong(1, name, "missing", Term("缺少该列", "the column is missing"))
        return names

    def _astray(self, row: int, at: int, message: Term) -> None:
        letter = column_letter(at)
        said = Term(f"第 {row} 行 {letter} 列:{message.zh}", f"row {row}, column {letter}: {message.en}")
        self._note(row, letter, letter, "unknown_column", said)

    def _note(self, row: int, column: str, letter: str, code: str, message: Term) -> None:
        place = {"row": row, **({"column": letter} if letter else {})}
        self._faults.append((row, {"pointer": f"#/{row}/{column}", "code": code, "message": message, **place}))


def read(content: bytes, model: type[_Line], heads: Heads | None = None) -> Sheet[_Line]:
    """Return the lines of a CSV or XLSX file, with what is wrong noted: look on, then `check` it.

    Rows are numbered as a spreadsheet shows them. Heads may be the fields' names, or what they say in either language; in
    somebody else's file they are what `heads` says.

    Raises:
        UnreadableSheet: it is neither CSV nor XLSX.
        SheetTooLarge: it has more rows, columns or bytes than are read.
        SeveralSheets: more than one sheet of it holds something.
    """
    sheet = Sheet(model, heads)
    with _decoding:
        sheet.take(texts_of(content, heads.zone if heads else LOCAL), model)
    return sheet


async def received(content: bytes, model: type[_Line], heads: Heads | None = None) -> Sheet[_Line]:
    """Return the lines of a file that was sent, as `read` does, while others are served."""
    return await asyncio.to_thread(read, content, model, heads)


def write(
    name: str, media_type: str, columns: Sequence[Column], rows: Iterable[Sequence[Cell]], language: Language = "zh"
) -> bytes:
    """Return a file of that media type with a head and rows; no text in it is a formula to any program.

    Raises:
        TooMuchForOneFile: there are more rows than that.
    """
    table: list[Sequence[Cell]] = [[getattr(column.head, language) for column in columns], *rows]
    if len(table) > WRITTEN_ROWS_MAX:
        raise TooMuchForOneFile(WRITTEN_ROWS_MAX)
    return csv_of(table) if media_type == CSV else xlsx_of(name, table)


async def download(
    name: str, media_type: str, columns: Sequence[Column], rows: Iterable[Sequence[Cell]], language: Language = "zh"
) -> wire.File:
    """Return a file of that media type as an answer; its name is without ending, and holds nothing personal.

    Raises:
        TooMuchForOneFile: there are more rows than one file has.
    """
    table = list(rows)

    def written() -> bytes:
        with _decoding:
            return write(name, media_type, columns, table, language)

    content = await asyncio.to_thread(written)
    return wire.File(media_type, name, hashlib.sha256(content).hexdigest(), _given(content), ENDING_OF[media_type])


def _given(content: bytes) -> Any:
    async def read() -> bytes:
        return content

    return read


def cells_of(line: Line) -> list[Cell]:
    """Return a line as it is written, in the order of its columns."""
    return [getattr(line, name) for name in type(line).__pydantic_fields__]
