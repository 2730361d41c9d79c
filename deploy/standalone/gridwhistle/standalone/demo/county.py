"""What is in the demo county: a seed becomes areas, organisations, grids, workers and a month of reports; nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Any, Final, TypeVar

import shapely
from shapely import Polygon

from gridwhistle.standalone.demo import land, words

SEED: Final = 9
REPORTS: Final = 260
DAYS: Final = 30
EXAMPLES: Final = tuple(f"{words.COMMUNITY}{serial:03}" for serial in (1, 2, 3))
"""The grids of the workers who have tokens: nothing happens there but what the reader does."""
STEPS: Final[tuple[str, ...]] = (
    "report",
    "accept",
    "file",
    "dispatch",
    "sign",
    "submit",
    "confirm",
    "order_check",
    "checked",
    "close",
)
"""The way of a report from found to closed."""
_AT_DESK: Final = ("report", "accept", "file", "dispatch", "sign")
BYWAYS: Final[tuple[tuple[str, ...], ...]] = (
    ("report", "reject"),
    ("report", "redirect"),
    ("report", "reject", "contest"),
    ("report", "resolve_on_spot"),
    ("report", "order_verification"),
    ("report", "accept", "ask_void", "void"),
    (*_AT_DESK[:4], "object"),
    (*_AT_DESK[:4], "object", "deny_objection", "object"),
    (*_AT_DESK, "request_suspension", "endorse", "approve"),
    (*_AT_DESK, "request_extension", "endorse", "approve"),
    (*_AT_DESK, "submit", "confirm", "order_check", "check_failed"),
)
"""The ways of reports that do not go straight on."""
_EACH: Final = 3
_NEWEST_STRAIGHT: Final = 20
"""Of the newest reports most are still on their straight way; those before them took the byways, three each."""
_HOURS: Final = (
    (0.03, 0.4),
    (0.03, 0.3),
    (0.03, 0.4),
    (0.2, 4.5),
    (2, 90),
    (0.3, 6),
    (0.03, 0.4),
    (0.1, 0.8),
    (0.03, 0.4),
)
"""How long each step after the first takes, at least and at most: mostly in time, as the limits of a county are."""
_LEFT_LYING: Final = 0.12
"""Of the reports: they wait somewhere on the way, as some do in every county."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Area:
    """A county, township or community."""

    area_code: str
    level: str
    name: str


@dataclass(frozen=True, slots=True)
class Organisation:
    """Who incidents are dispatched to, or who employs workers."""

    org: str
    area_code: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Grid:
    """A grid with its boundary."""

    grid_code: str
    name: str
    kind: str
    households: int
    land: Polygon

    @property
    def boundary(self) -> dict[str, Any]:
        """The boundary as GeoJSON."""
        return {"type": "Polygon", "coordinates": [[list(point) for point in self.land.exterior.coords]]}


@dataclass(frozen=True, slots=True)
class Worker:
    """A grid worker: the name is one of its own within the community."""

    name: str
    area_code: str
    employment: str
    org: str
    grid_code: str
    duty: str
    hours_on_shift: float | None
    """Since the shift began; None: not on shift."""


@dataclass(frozen=True, slots=True)
class Report:
    """A report and what became of it: `hours_ago` says when each step was taken, as far as it came."""

    number: int
    trouble: words.Trouble
    title: str
    source: str
    lon: float
    lat: float
    address_text: str
    grid_code: str
    way: tuple[str, ...]
    hours_ago: tuple[float, ...]

    @property
    def steps(self) -> Sequence[str]:
        """The steps that were taken."""
        return self.way[: len(self.hours_ago)]


class County:
    """The demo county of a seed; each part has its own lots, so that a change of one leaves the others as they were."""

    def __init__(self, seed: int = SEED) -> None:
        """Take the seed; everything is made when it is asked for."""
        self._seed = seed

    @classmethod
    def grown(cls) -> "County":
        """Return the demo county with everything made, which takes a third of a second."""
        county = cls()
        assert county.reports
        return county

    def _lots(self, part: str) -> Random:
        return Random(f"{self._seed}-{part}")  # noqa: S311  the same county each time

    @cached_property
    def areas(self) -> list[Area]:
        """The county, its townships, their communities."""
        made = [Area(f"{words.COUNTY}000000", "county", "示例县")]
        for town in words.TOWNSHIPS:
            made.append(Area(f"{town.code}000", "township", town.name))
            kind = "村" if town.first >= 200 else "社区"  # noqa: PLR2004  村委会
            made += [Area(code, "community", name + kind) for code, name in _communities(town).items()]
        return made

    @cached_property
    def organisations(self) -> list[Organisation]:
        """The departments of the county, two companies, the townships themselves."""
        county = f"{words.COUNTY}000000"
        return [
            *(Organisation(org, county, name, "department") for org, name in words.DEPARTMENTS.items()),
            *(Organisation(org, county, name, "company") for org, name in words.COMPANIES.items()),
            *(Organisation(_office(town.code), f"{town.code}000", _seat(town.name), "township") for town in words.TOWNSHIPS),
        ]

    @cached_property
    def grids(self) -> list[Grid]:
        """The grids in the order of their codes."""
        lots = self._lots("grids")
        seats = [land.Seat(town.middle, town.radius, list(_communities(town)), town.grids) for town in words.TOWNSHIPS]
        names = {code: name for town in words.TOWNSHIPS for code, name in _communities(town).items()}
        made = []
        for code, boundary in sorted(land.cut(seats, self._seed).items()):
            serial = int(code[12:])
            name, kind, households = f"{names[code[:12]]}第{_number(serial)}网格", "general", 300 + int(lots.random() * 201)
            if code not in EXAMPLES and lots.random() < 0.05:  # noqa: PLR2004  one in twenty
                name = f"{names[code[:12]]}{_drawn(words.DEDICATED, lots)}专属网格"
                kind, households = "dedicated", int(lots.random() * 60)
            made.append(Grid(code, name, kind, households, boundary))
        return made

    @cached_property
    def workers(self) -> list[Worker]:
        """A full-time worker a grid and some part-time ones; a third of them is on shift, though nobody in the first community.

        Those of the first community are whom the demo tokens speak for; their shifts are the reader's to begin.
        """
        lots = self._lots("workers")
        made: list[Worker] = []
        taken: set[tuple[str, str]] = set()

        def hire(grid: Grid, employment: str) -> None:
            community = grid.grid_code[:12]
            name = ""
            while not name or (community, name) in taken:
                name = _drawn(words.SURNAMES, lots) + _drawn(words.GIVEN, lots)
            taken.add((community, name))
            on_shift = lots.random() < 0.36 and community != words.COMMUNITY  # noqa: PLR2004  a third, the first community apart
            made.append(
                Worker(
                    name,
                    community,
                    employment,
                    _office(community[:9]),
                    grid.grid_code,
                    employment,
                    round(0.5 + lots.random() * 5, 2) if on_shift else None,
                )
            )

        for grid in self.grids:
            hire(grid, "full_time")
            if lots.random() < 0.12 and grid.grid_code[:12] != words.COMMUNITY:  # noqa: PLR2004  a part-time worker for one grid in eight
                hire(grid, "part_time")
        return made

    @cached_property
    def reports(self) -> list[Report]:
        """A month of reports, the oldest first; there are some in every state."""
        lots = self._lots("reports")
        # What is checked is checked by somebody: most reports come from where a worker is on shift.
        watched = {worker.grid_code for worker in self.workers if worker.hours_on_shift}
        with_worker = [grid for grid in self.grids if grid.grid_code in watched]
        made = []
        for number, began in enumerate(sorted((lots.random() ** 1.5 * DAYS * 24 + 0.2 for _ in range(REPORTS)), reverse=True)):
            way, hours_ago = STEPS, _way(began, number, lots)
            if 0 <= (nth := number - (REPORTS - _NEWEST_STRAIGHT - _EACH * len(BYWAYS))) < _EACH * len(BYWAYS):
                way = BYWAYS[nth % len(BYWAYS)]
                hours_ago = tuple(round(began * (1 - 0.8 * step / len(way)), 3) for step in range(len(way)))
            far = "order_check" in way[: len(hours_ago)]
            grid = _drawn(with_worker if far else self.grids[len(EXAMPLES) :], lots)
            lon, lat = land.point_in(grid.land.buffer(-0.0002) or grid.land, lots)
            trouble = _weighed(words.TROUBLES, [trouble.weight for trouble in words.TROUBLES], lots)
            source = _weighed(words.SOURCES, [weight for _, weight in words.SOURCES], lots)[0]
            if "order_verification" in way:
                source = "resident"
            made.append(
                Report(
                    number,
                    trouble,
                    _drawn(trouble.titles, lots),
                    source,
                    lon,
                    lat,
                    self._address(grid, lots),
                    grid.grid_code,
                    way,
                    hours_ago,
                )
            )
        return made

    def _address(self, grid: Grid, lots: Random) -> str:
        names = {area.area_code: area.name for area in self.areas}
        place = names[f"{grid.grid_code[:9]}000"] + names[grid.grid_code[:12]]
        if grid.grid_code[9:12] >= "200":
            return place + _drawn(words.LANES, lots)
        return f"{place}{_drawn(words.STREETS, lots)}{1 + int(lots.random() * 180)}号附近"


def _way(began: float, number: int, lots: Random) -> tuple[float, ...]:
    """Return how many hours ago each step was taken, as far as a report came until now."""
    taken = [began]
    # The first reports, which are the oldest, show each state once, left lying where it is.
    until = number % len(STEPS) + 1 if number < 3 * len(STEPS) else len(STEPS)
    if number >= 3 * len(STEPS) and lots.random() < _LEFT_LYING:
        until = 1 + int(lots.random() * len(STEPS))
    for least, most in _HOURS[: until - 1]:
        then = taken[-1] - least - (most - least) * lots.random() ** 2
        if then < 0.01:  # noqa: PLR2004  half a minute: it has not happened yet
            break
        taken.append(then)
    return tuple(round(hours, 3) for hours in taken)


def _communities(town: words.Township) -> Mapping[str, str]:
    return {f"{town.code}{serial:03}": name for serial, name in enumerate(town.communities, town.first)}


def _office(town: str) -> str:
    return f"{town}-office"


def _seat(name: str) -> str:
    return f"示例县{name}办事处" if name.endswith("街道") else f"示例县{name}人民政府"


def _number(serial: int) -> str:
    """Return a number up to 19 as it is spoken."""
    digits = "〇一二三四五六七八九"
    return digits[serial] if serial < 10 else "十" + digits[serial - 10].strip("〇")  # noqa: PLR2004  ten


def _drawn(choices: Sequence[T], lots: Random) -> T:
    return choices[int(lots.random() * len(choices))]


def _weighed(choices: Sequence[T], weights: Sequence[int], lots: Random) -> T:
    left = lots.random() * sum(weights)
    for choice, weight in zip(choices, weights, strict=True):
        left -= weight
        if left < 0:
            return choice
    return choices[-1]


def middle(grid: Grid) -> tuple[float, float]:
    """Return a point inside a grid."""
    point = shapely.point_on_surface(grid.land)
    return round(point.x, land.DECIMALS), round(point.y, land.DECIMALS)
