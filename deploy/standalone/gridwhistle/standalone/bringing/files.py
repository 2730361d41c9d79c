"""How files come in that a service reads itself: it looks through the whole first, then takes a piece at a time."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from gridwhistle.common.sheet_formats import CSV, csv_of
from gridwhistle.common.sheets import Line, cells_of
from gridwhistle.standalone.bringing.api import Api
from gridwhistle.standalone.bringing.refusals import CannotImport
from gridwhistle.standalone.bringing.rows import Import, pieces

Lines = Sequence[tuple[int, Line]]
OF_A_LIST: Final = ("storage_point_id", "source_ref", "lot_no")
"""What is said of a whole list of stock; without a lot number it is the opening stock's."""
_SHELTERS: Final = "/inventory/v1/shelters/import"
_ROWS_AT_ONCE: Final = 200


async def ask_about_shelters(api: Api, lines: Lines, asked: Import) -> None:
    """Let the service look through a register of shelters."""
    await _ask(api, _SHELTERS, {}, lines, asked)


async def bring_shelters(api: Api, lines: Lines, asked: Import) -> None:
    """Bring a register of shelters in; which are there their codes say."""
    await _bring(api, _SHELTERS, {}, lines, asked)


async def ask_about_stock(api: Api, lines: Lines, asked: Import) -> None:
    """Let the service look through a list of stock."""
    await _ask(api, *_of_list(asked), lines, asked)


async def bring_stock(api: Api, lines: Lines, asked: Import) -> None:
    """Bring a list of stock in to a storage point; what is there the names of types and the lot number say."""
    await _bring(api, *_of_list(asked), lines, asked)


def _of_list(asked: Import) -> tuple[str, Mapping[str, str]]:
    said = dict(asked.constants)
    if missing := [name for name in OF_A_LIST[:2] if not said.get(name)]:
        raise CannotImport(
            f"请指明 {'、'.join(missing)}:写在映射文件的 constants 中,或用 --constant {missing[0]}=…",
            f"say {' and '.join(missing)}: in the mapping's constants, or with --constant {missing[0]}=…",
        )
    return f"/inventory/v1/storage_points/{said.pop('storage_point_id')}/import_list", said


async def _ask(api: Api, path: str, said: Mapping[str, str], lines: Lines, asked: Import) -> None:
    query = urlencode({**said, "dry_run": "true"})
    seen, _ = await api.call(f"{path}?{query}", _file(lines, asked.letters), keyed=False, media_type=CSV)
    asked.tally.notes += [(note["row"], note["message"]) for note in seen["notes"]]


async def _bring(api: Api, path: str, said: Mapping[str, str], lines: Lines, asked: Import) -> None:
    for some in pieces(lines, _ROWS_AT_ONCE):
        query = f"?{urlencode(said)}" if said else ""
        told, earlier = await api.call(f"{path}{query}", _file(some, asked.letters), media_type=CSV)
        new, changed = (0, 0) if earlier else (told["added"], told.get("changed", 0))
        asked.tally.count(new=new, changed=changed, rows=len(some))


def _file(lines: Lines, letters: Mapping[str, str]) -> bytes:
    """Return lines as a file of our own heads, each in its row, and each column where it stood in the file they are from.

    So the faults that the service tells are at places that people find.
    """
    names = list(type(lines[0][1]).__pydantic_fields__)
    at = _places(names, letters)
    filled = {1: _row(at, names)} | {row: _row(at, cells_of(line)) for row, line in lines}
    return csv_of(filled.get(row, ()) for row in range(1, max(filled) + 1))


def _places(names: Sequence[str], letters: Mapping[str, str]) -> list[int]:
    """Return the index of each column; what has none in that file, or shares it, is beyond all of them."""
    beyond = max((_index(letter) for letter in letters.values() if letter), default=-1)
    places: list[int] = []
    for name in names:
        place = _index(letters[name]) if letters.get(name) else None
        if place is None or place in places:
            place = beyond = beyond + 1
        places.append(place)
    return places


def _index(letter: str) -> int:
    index = -1
    for character in letter:
        index = (index + 1) * 26 + ord(character) - ord("A")
    return index


def _row(at: Sequence[int], cells: Sequence[Any]) -> list[Any]:
    row: list[Any] = [None] * (max(at) + 1)
    for place, cell in zip(at, cells, strict=True):
        row[place] = cell
    return row
