"""Lists as files: all that was asked for, as CSV, as a workbook, or as GeoJSON for maps, whatever number of pages it is."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Final, Protocol
from uuid import UUID

from gridwhistle.common.glossary import HEADS
from gridwhistle.common.problems import Language, Term, wishes
from gridwhistle.common.sheet_formats import CSV, ENDING_OF, ROWS_MAX, XLSX, Cell, CsvWriting, XlsxWriting
from gridwhistle.common.sheets import WRITTEN_BYTES_MAX, WRITTEN_ROWS_MAX, Column, TooMuchForOneFile
from gridwhistle.common.wire import View, dumped

GEOJSON: Final = "application/geo+json"
_JSON_TYPES: Final = frozenset({"application/json", "application/*", "*/*"})
_ENDING_OF: Final = {**ENDING_OF, GEOJSON: "geojson"}
_ROWS_MAX: Final = {CSV: WRITTEN_ROWS_MAX, XLSX: ROWS_MAX, GEOJSON: WRITTEN_ROWS_MAX}
"""Of a file of each kind. A workbook takes ten times as long to write, and with more rows no longer comes in again."""
_IN_MEMORY_MAX: Final = 1024 * 1024
"""Bytes of a file; a longer one waits in a folder for what is passing, without a name."""
Pages = AsyncIterator[Sequence[View]]


@dataclass(frozen=True, slots=True)
class ListFile:
    """A whole list as an answer."""

    media_type: str
    name: str
    ending: str
    content: IO[bytes]


class Listing:
    """The files that a list can be."""

    def __init__(self, name: str, item: type[View]) -> None:
        """Take the name of the list, and what an item of it is."""
        fields = item.__pydantic_fields__
        self.name = name
        self._geometry: Sequence[str] = next((one for one in (("boundary",), ("lon", "lat")) if {*one} <= fields.keys()), ())
        # A boundary is longer than a cell of a workbook may be, and nobody reads it there.
        self.columns = [Column(one, HEADS.get(one, Term(one, one))) for one in fields if one != "boundary"]
        self.media_types = (CSV, XLSX, *([GEOJSON] if self._geometry else []))

    async def whole(self, media_type: str, pages: Pages, language: Language) -> ListFile:
        """Return all pages of a list as a file; only one of them is in memory.

        Raises:
            TooMuchForOneFile: it is more than one file holds.
        """
        with ExitStack() as unless_done:
            content: IO[bytes] = unless_done.enter_context(SpooledTemporaryFile(_IN_MEMORY_MAX))
            await self._write(media_type, content, pages, language)
            unless_done.pop_all()  # whoever sends it closes it
        return ListFile(media_type, self.name, _ENDING_OF[media_type], content)

    async def _write(self, media_type: str, to: IO[bytes], pages: Pages, language: Language) -> None:
        rows = 0
        with closing(await asyncio.to_thread(self._writing, media_type, to, language)) as writing:
            async for items in pages:
                rows += len(items)
                if rows > _ROWS_MAX[media_type] or to.tell() > WRITTEN_BYTES_MAX:
                    raise TooMuchForOneFile(_ROWS_MAX[media_type])
                await asyncio.to_thread(writing.add, items)
            await asyncio.to_thread(writing.end)

    def _writing(self, media_type: str, to: IO[bytes], language: Language) -> "_Writing":
        if media_type == GEOJSON:
            return _Features(to, self._geometry)
        return _Rows(CsvWriting(to) if media_type == CSV else XlsxWriting(to, self.name), self.columns, language)


@lru_cache(maxsize=256)
def wanted(accept: str, media_types: tuple[str, ...]) -> str | None:
    """Return which of these an `Accept` header asks for; None if JSON, or what is not among them."""
    found = next((one for one in wishes(accept) if one in _JSON_TYPES or one in media_types), None)
    return None if found in _JSON_TYPES else found


class _Writing(Protocol):
    def add(self, items: Sequence[View], /) -> None: ...
    def end(self) -> None: ...
    def close(self) -> None: ...


class _Rows:
    """Items as the rows of a table."""

    def __init__(self, sheet: CsvWriting | XlsxWriting, columns: Sequence[Column], language: Language) -> None:
        self._sheet, self._names = sheet, [column.name for column in columns]
        self.end, self.close = sheet.end, sheet.close
        sheet.add([[getattr(column.head, language) for column in columns]])

    def add(self, items: Sequence[View]) -> None:
        self._sheet.add([cell_of(item.__dict__[name]) for name in self._names] for item in items)


class _Features:
    """Items as GeoJSON (RFC 7946): what a page holds of them, and where they are."""

    def __init__(self, to: IO[bytes], geometry: Sequence[str]) -> None:
        self._to, self._geometry, self._before = to, geometry, b""
        to.write(b'{"type":"FeatureCollection","features":[')

    def add(self, items: Sequence[View]) -> None:
        for item in items:
            shown = dict(item.__dict__)
            where = [shown.pop(name) for name in self._geometry]
            geometry = where[0] if len(where) == 1 else {"type": "Point", "coordinates": where} if None not in where else None
            feature = {"type": "Feature", "id": shown["id"], "geometry": geometry, "properties": shown}
            self._to.write(self._before + dumped(feature))
            self._before = b",\n"

    def end(self) -> None:
        self._to.write(b"]}")

    def close(self) -> None:
        """Do nothing: there is nothing beside it."""


def cell_of(value: Any) -> Cell:
    """Return a value of an item as a cell: texts of a list as lines, a value about a person as its mask, parts as JSON."""
    if value is None or isinstance(value, str | int | float | Decimal | dt.date | UUID):
        return value
    if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
        return value
    return dumped(value).decode() if isinstance(value, list | tuple | dict | View) else str(value)
