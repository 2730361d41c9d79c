"""CSV and XLSX as bytes: rows of texts out of them, within bounds; rows of values into them, none of which is a formula."""

import csv
import datetime as dt
import re
import warnings
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from decimal import Decimal
from io import BytesIO, StringIO
from typing import IO, Any, Final
from uuid import UUID
from zipfile import ZipFile

from gridwhistle.common.calendars import LOCAL
from gridwhistle.common.problems import Invalid

Cell = str | int | float | Decimal | dt.date | UUID | Sequence[str] | None
"""What a row that is written holds; a list is lines in one cell."""
CSV: Final = "text/csv"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MEDIA_TYPES: Final = (CSV, XLSX)
ENDING_OF: Final = {CSV: "csv", XLSX: "xlsx"}
BYTES_MAX: Final = 5 * 1024 * 1024
ROWS_MAX: Final = 20_000
"""Of a file that is read, its head and its blank rows included."""
COLUMNS_MAX: Final = 100
_UNPACKED_MAX: Final = 32 * 1024 * 1024
_PARTS_MAX: Final = 200
_ELEMENTS_MAX: Final = 600_000
"""Of rows, cells and what stands in them: each costs a third of a kilobyte, if only for a moment."""
_OTHERS_MAX: Final = 50_000
"""Of all other elements, which cost several times as much."""
_OF_ROWS: Final = re.compile(rb"<(?:[A-Za-z]\w*:)?(?:row|c|v|is|t|si)[\s/>]")
_FIRST_CHINESE: Final = "\u2e80"
_DIGITS_KEPT: Final = 15
"""Of a number in a workbook; a longer one is written as a text."""
_ZIP: Final = b"PK\x03\x04"
# What programs take for a formula, also after others have dropped the blanks; the wide ones where the input is Chinese.
_FORMULA: Final = re.compile(r"[\s]*[=+\-@\t\r\n＝＋－＠]")
_DEFUSED: Final = re.compile(r"'+[\s]*[=+\-@\t\r\n＝＋－＠]")
CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")

# Its warnings repeat what stands in cells.
warnings.filterwarnings("ignore", module="openpyxl")


class UnreadableSheet(Invalid):
    """Neither CSV nor XLSX, or damaged."""

    code, kept = "unreadable_sheet", False
    zh = "文件须为 XLSX,或 UTF-8、GB18030 编码的 CSV;.xls 或加密的文件请另存为 .xlsx 后再试。"
    en = "The file is XLSX, or CSV in UTF-8 or GB18030; save an .xls or an encrypted file as .xlsx and try again."


class MixedEncodings(Invalid):
    """Some lines of a CSV are in one encoding, and others in another: read as either, some would be other words."""

    code, kept = "mixed_encodings", False
    zh = "CSV 第 {line} 行的编码与其他行不同(UTF-8 与 GB18030 混用,或有损坏);请整份另存为 UTF-8 后再试。"
    en = "Line {line} of the CSV is in another encoding than others, or damaged; save all of it in UTF-8 and try again."


class SheetTooLarge(Invalid):
    """More than is read at once."""

    code, kept = "sheet_too_large", False
    zh = "文件最多 {rows_max} 行、{columns_max} 列,解压后最多 {unpacked_max_mib} MiB;请分成几个文件。"
    en = "A file has {rows_max} rows, {columns_max} columns and {unpacked_max_mib} MiB unpacked at most; cut it into several."

    def __init__(self) -> None:
        super().__init__(rows_max=ROWS_MAX, columns_max=COLUMNS_MAX, unpacked_max_mib=_UNPACKED_MAX // 2**20)


class SeveralSheets(Invalid):
    """A workbook with more than one sheet that holds something: nobody knows which is meant."""

    code, kept = "several_sheets", False
    zh, en = "工作簿中只能有一个工作表有内容。", "Only one sheet of the workbook may hold anything."


def texts_of(content: bytes, zone: dt.tzinfo = LOCAL) -> list[list[str]]:
    """Return the rows of a file as texts; its first bytes decide what it is. A formula is what it showed when it was saved.

    A workbook's times have no zone: they are told by the clocks of `zone`.

    Raises:
        UnreadableSheet: it is neither CSV nor XLSX.
        MixedEncodings: it is CSV in two of them.
        SheetTooLarge: it has more rows, columns or bytes than are read.
        SeveralSheets: more than one sheet holds something.
    """
    if len(content) > BYTES_MAX:
        raise SheetTooLarge
    rows: list[list[str]] = []
    for row in _of_workbook(content, zone) if content.startswith(_ZIP) else _of_csv(content):
        while row and not row[-1]:
            row.pop()
        rows.append(row)
        if len(rows) > ROWS_MAX or len(row) > COLUMNS_MAX:
            raise SheetTooLarge
    return rows


def column_letter(index: int) -> str:
    """Return what people call a column, the first of which has the index 0."""
    return (chr(64 + index // 26) if index >= 26 else "") + chr(65 + index % 26)  # noqa: PLR2004  letters; no more than two


# --- in ----------------------------------------------------------------------------------------------------------------------


def _of_csv(content: bytes) -> Iterator[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        _check_encoding(content)
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError:
            raise UnreadableSheet from None
    if "\0" in text:
        raise UnreadableSheet
    try:
        for row in csv.reader(StringIO(text, newline=""), strict=True):
            yield [(cell[1:] if _DEFUSED.match(cell) else cell).strip() for cell in row]
    except csv.Error:
        raise UnreadableSheet from None


def _check_encoding(content: bytes) -> None:
    """Check that no line of what is not UTF-8 as a whole is Chinese in it: hardly ever is one in GB18030 by chance.

    Raises:
        MixedEncodings: there is such a line.
    """
    other, is_chinese = 0, False
    for number, line in enumerate(content.splitlines(), 1):
        try:
            is_chinese |= max(line.decode(), default="") >= _FIRST_CHINESE
        except UnicodeDecodeError:
            other = other or number
    if is_chinese:
        raise MixedEncodings(line=other)


def _of_workbook(content: bytes, zone: dt.tzinfo) -> Iterator[list[str]]:
    from openpyxl import load_workbook  # noqa: PLC0415  it takes a second or two to load, and most processes never need it

    try:
        _look_into(content)
        workbook = load_workbook(BytesIO(content), read_only=True, data_only=True, keep_links=False)
        # Hidden ones hold what cells may choose from.
        sheets = [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible" and _holds_something(sheet)]
        if len(sheets) > 1:
            raise SeveralSheets
        for sheet in sheets:
            for row in _rows(sheet):
                yield [_text(value, zone) for value in row]
    except Invalid:
        raise
    except Exception:  # noqa: BLE001  whatever its reader trips over, the file is what is wrong
        raise UnreadableSheet from None


def _look_into(content: bytes) -> None:
    """Refuse a workbook that grows beyond measure when it is read."""
    with ZipFile(BytesIO(content)) as archive:
        parts = archive.infolist()
        if len(parts) > _PARTS_MAX or sum(part.file_size for part in parts) > _UNPACKED_MAX:
            raise SheetTooLarge
        elements = others = 0
        for part in parts:
            unpacked = archive.read(part)  # no more than it says, or its reader complains
            of_rows = sum(1 for _ in _OF_ROWS.finditer(unpacked))
            elements += of_rows
            others += unpacked.count(b"<") - unpacked.count(b"</") - of_rows
            if elements > _ELEMENTS_MAX or others > _OTHERS_MAX:
                raise SheetTooLarge


def _holds_something(sheet: Any) -> bool:
    return any(value is not None for row in _rows(sheet) for value in row)


def _rows(sheet: Any) -> Iterator[Any]:
    """Yield the rows of a sheet, one more row and one more column than may be, so that who looks sees that there are more."""
    return sheet.iter_rows(max_row=ROWS_MAX + 1, max_col=COLUMNS_MAX + 1, values_only=True)  # type: ignore[no-any-return]


def _text(value: Any, zone: dt.tzinfo) -> str:
    """Return what a person sees in a cell, as CSV would hold it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 10**_DIGITS_KEPT:
        return str(int(value))
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.replace(tzinfo=zone).isoformat()
    return str(value).strip()


# --- out ---------------------------------------------------------------------------------------------------------------------


def csv_of(rows: Iterable[Sequence[Cell]]) -> bytes:
    """Return rows as CSV."""
    written = BytesIO()
    CsvWriting(written).add(rows)
    return written.getvalue()


def xlsx_of(title: str, rows: Iterable[Sequence[Cell]]) -> bytes:
    """Return rows as a workbook of one sheet."""
    written = BytesIO()
    with closing(XlsxWriting(written, title)) as writing:
        writing.add(rows)
        writing.end()
    return written.getvalue()


class CsvWriting:
    """CSV that is being written, as spreadsheet programs open it as it is meant: a byte order mark, and no formulas."""

    def __init__(self, to: IO[bytes]) -> None:
        """Take where it is written to."""
        self._to = to
        to.write(BOM_UTF8)

    def add(self, rows: Iterable[Sequence[Cell]]) -> None:
        """Write rows."""
        written = StringIO(newline="")
        writer = csv.writer(written)
        for row in rows:
            writer.writerow([_defused(cell) if isinstance(cell, str) else cell for cell in map(_plain, row)])
        self._to.write(written.getvalue().encode())

    def end(self) -> None:
        """Do nothing: it is whole with every row."""

    def close(self) -> None:
        """Do nothing: there is nothing beside it."""


class XlsxWriting:
    """A workbook of one sheet that is being written; its first row stays in view."""

    def __init__(self, to: IO[bytes], title: str) -> None:
        """Take where it is written to when it ends, and the sheet's name."""
        from openpyxl import Workbook  # noqa: PLC0415  as above

        self._to, self._workbook, self._is_whole = to, Workbook(write_only=True), False
        self._workbook.properties.creator = "Gridwhistle"
        self._sheet = self._workbook.create_sheet(re.sub(r"[\[\]:*?/\\]", "-", title)[:31])
        self._sheet.freeze_panes = "A2"

    def add(self, rows: Iterable[Sequence[Cell]]) -> None:
        """Write rows."""
        for row in rows:
            self._sheet.append([_in_workbook(self._sheet, cell) for cell in map(_plain, row)])

    def end(self) -> None:
        """Write what makes a workbook of them."""
        self._workbook.save(self._to)
        self._is_whole = True

    def close(self) -> None:
        """Leave nothing behind of a workbook that did not end: its rows wait in a file of the library's."""
        if not self._is_whole:
            self._sheet.close()
            self._sheet._writer.cleanup()  # noqa: SLF001  what the library does itself when it saves


def _plain(cell: Cell) -> str | int | float | Decimal | None:
    """Return a value as both kinds of file hold it: a text, a number, or nothing."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, dt.datetime):
        return cell.astimezone(LOCAL).isoformat(timespec="seconds")
    if isinstance(cell, dt.date | UUID):
        return str(cell)
    if isinstance(cell, str):
        return CONTROL.sub("\ufffd", cell)
    if cell is None or isinstance(cell, int | float | Decimal):
        return cell
    return CONTROL.sub("\ufffd", "\n".join(cell))


def _defused(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) or _DEFUSED.match(text) else text


def _in_workbook(sheet: Any, value: str | float | Decimal | None) -> Any:
    if isinstance(value, int) and abs(value) >= 10**_DIGITS_KEPT:
        value = str(value)
    if not isinstance(value, str):
        return value
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415  as above

    cell = WriteOnlyCell(sheet, value)
    cell.data_type = "s"  # whatever it begins with, it is a text
    if _FORMULA.match(value):
        cell.quotePrefix = True  # and stays one when somebody edits it
    return cell
