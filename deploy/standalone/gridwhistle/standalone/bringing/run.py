"""An import from the file to the last row: read and looked through as a whole, then brought in."""

import gzip
import zlib
from pathlib import Path
from typing import Any

from gridwhistle.common.sheet_formats import BYTES_MAX, texts_of
from gridwhistle.common.sheet_heads import BadColumns, Heads
from gridwhistle.common.sheets import Sheet, read
from gridwhistle.standalone.bringing.api import Api
from gridwhistle.standalone.bringing.kinds import Kind
from gridwhistle.standalone.bringing.mapping import Mapping
from gridwhistle.standalone.bringing.refusals import CannotImport, unreadable
from gridwhistle.standalone.bringing.rows import Import, Tally


def read_file(file: Path, kind: Kind, mapping: Mapping) -> Sheet[Any]:
    """Return the lines of a file (.csv, .xlsx, either also .gz), every one of which is right.

    Raises:
        CannotImport: it cannot be read, is empty, or is not as the mapping says.
        SheetNotValid: lines are wrong; every fault is told by row and column.
        Invalid: it is no file of lines, or too large a one.
    """
    content = _content_of(file)
    heads = _heads(kind, mapping)
    try:
        sheet = read(content, kind.line, heads)
    except BadColumns:
        there = {head.casefold() for head in (texts_of(content) or [[]])[0]}
        missing = sorted({head for head in mapping.all_heads() if head.casefold() not in there})
        raise CannotImport(
            f"{file.name} 没有映射文件所指的列 {'、'.join(missing)}。",
            f"{file.name} has no column {', '.join(missing)}, of which the mapping speaks.",
        ) from None
    if kind.check:
        kind.check(sheet)
    sheet.check()
    if not sheet.lines:
        raise CannotImport(f"{file.name} 只有表头,没有数据行。", f"{file.name} has a head, but no rows.")
    return sheet


def _heads(kind: Kind, mapping: Mapping) -> Heads:
    of_columns = {name: text for name, text in mapping.constants.items() if name not in kind.constants}
    own = mapping.model_copy(update={"constants": of_columns})
    return own.heads([column.name for column in kind.line.columns()], kind.times)


def _content_of(file: Path) -> bytes:
    try:
        if file.suffix != ".gz":
            return file.read_bytes()
        with gzip.open(file) as packed:
            return packed.read(BYTES_MAX + 1)
    except (OSError, EOFError, zlib.error) as reason:
        raise unreadable(file, reason) from None


async def run(api: Api, kind: Kind, sheet: Sheet[Any], mapping: Mapping, tally: Tally, *, dry_run: bool = False) -> None:
    """Bring the lines of a file in; what is there already stays as it is, and a second run changes nothing.

    Raises:
        CannotImport: there is no suite, or it takes nothing, or nothing more.
    """
    constants = {name: text for name, text in mapping.constants.items() if name in kind.constants}
    asked = Import(mapping.data_set, constants, sheet.letters, tally)
    async with api:
        await api.look()
        if kind.ask:
            await kind.ask(api, sheet.lines, asked)
        if not dry_run:
            await kind.bring(api, sheet.lines, asked)
