"""Codes that areas had before they were merged (区划合并): a report, a filter, a token by an old one means that of today."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from gridwhistle.common.events.personnel import AreaMerged
from gridwhistle.common.ids import area_code_of, grid_code_of, prefix_of
from gridwhistle.common.known import Known
from gridwhistle.common.principal import Principal
from gridwhistle.common.tables import moved_areas

if TYPE_CHECKING:
    from gridwhistle.common.consumers import Consumer
    from gridwhistle.common.database import Db

MERGERS_MAX: Final = 8
"""Of an area, one after the other: more is a circle."""
_JURISDICTIONS_MAX: Final = 10_000
_SAID_MAX: Final = 20


class Moved:
    """The old codes, and where each of them leads today."""

    def __init__(self, merged_into: Mapping[str, str]) -> None:
        """Take old codes, each with the code of the area that it was merged into at the time."""
        self._today = {old: _followed(old, merged_into) for old in merged_into}
        self._widened: dict[tuple[str, ...], tuple[str, ...]] = {}

    def today(self, area_code: str) -> str:
        """Return the code that an area has today."""
        return self._today.get(area_code, area_code)

    def prefix(self, old: str) -> str:
        """Return the prefix that an area has today; a grid is retired with its community, and keeps its code."""
        return grid_code_of(old) or prefix_of(self.today(area_code_of(old)))

    def prefixes(self, area_code: str) -> tuple[str, ...]:
        """Return the prefixes of all codes, old and new, under which things of an area are kept."""
        own = prefix_of(self.today(area_code))
        return _widest([own, *(prefix_of(old) for old, new in self._today.items() if new.startswith(own))])

    def widened(self, caller: Principal) -> Principal:
        """Return the caller with the jurisdiction that the token means today: what its areas became, and what joined them."""
        if not self._today:
            return caller
        areas = self._widened.get(caller.areas)
        if areas is None:
            if len(self._widened) >= _JURISDICTIONS_MAX:
                self._widened.clear()
            # A grid is drawn in one community and retired with it: it has no code that lives on.
            found = ((area,) if grid_code_of(area) else self.prefixes(area_code_of(area)) for area in caller.areas)
            areas = self._widened[caller.areas] = _widest([*caller.areas, *(area for each in found for area in each)])
        return caller if areas == caller.areas else replace(caller, areas=areas)


async def _load(db: "Db") -> Moved:
    rows = await db.fetch(select(moved_areas.c.area_code, moved_areas.c.merged_into))
    return Moved({row.area_code: row.merged_into for row in rows})


MOVED: Final = Known(select(func.count()).select_from(moved_areas), _load)
"""What this service was told; a second old at most."""


async def today(db: "Db", area_code: str) -> str:
    """Return the code that an area has today. The answer says so when it is another one: `Area-Moved: old>new`."""
    now = (await MOVED.of(db)).today(area_code)
    if now != area_code:
        db.moved[area_code] = now
    return now


def said_of(moved: Mapping[str, str]) -> str:
    """Return what the header `Area-Moved` says of the codes that a request had."""
    return ", ".join(f"{old}>{new}" for old, new in islice(moved.items(), _SAID_MAX))


def copy_moved(consumer: "Consumer") -> None:
    """Let a service know the old codes."""
    consumer.copies(AreaMerged, into=moved_areas, why="Understand codes of areas that were merged.")


def _followed(area_code: str, merged_into: Mapping[str, str]) -> str:
    for _ in range(MERGERS_MAX):
        if area_code not in merged_into:
            break
        area_code = merged_into[area_code]
    return area_code


def _widest(prefixes: Iterable[str]) -> tuple[str, ...]:
    """Return prefixes in their order, without those that lie within another one."""
    once = list(dict.fromkeys(prefixes))
    return tuple(one for one in once if not any(one != other and one.startswith(other) for other in once))
