"""Grids as they are and as they were: which one held a point on a day, and in which of its editions."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID

import shapely
from sqlalchemy import Column, Index, Integer, MetaData, Table, Text, UniqueConstraint, Uuid, cast, func, select
from sqlalchemy.dialects.postgresql import JSON

from gridwhistle.common.known import Known
from gridwhistle.common.places import Floats, GridIndex
from gridwhistle.common.problems import Term
from gridwhistle.common.retention import Kept
from gridwhistle.common.sealed import PUBLIC
from gridwhistle.common.tables import code, copy, moment, place

if TYPE_CHECKING:
    from gridwhistle.common.database import Db


@dataclass(frozen=True, slots=True)
class Edition:
    """A drawing of a grid, and how long it held. The first that is known stands for the time before it as well."""

    grid_id: UUID
    grid_code: str
    number: int
    begins_at: dt.datetime | None = None
    ends_at: dt.datetime | None = None
    is_first: bool = True

    def held(self, at: dt.datetime) -> bool:
        """Tell whether it was on file at a moment."""
        return (self.begins_at is None or self.begins_at <= at) and (self.ends_at is None or at < self.ends_at)

    def stands_for(self, at: dt.datetime) -> bool:
        """Tell whether nothing older is known of the grid, and the moment lies before it."""
        return self.is_first and self.begins_at is not None and at < self.begins_at


class Grids:
    """The grids that are on file, as one index for points, and every edition that was, for what was found before."""

    def __init__(self, now: Sequence[tuple[Edition, str]], ever: Sequence[tuple[Edition, str]]) -> None:
        """Take the editions that hold, and all that ever did, each with its boundary as GeoJSON text."""
        self._index = GridIndex([edition.grid_code for edition, _ in now], [boundary for _, boundary in now])
        self._now = {edition.grid_code: edition for edition, _ in now}
        self._ever = list(ever)
        self._by_code: dict[str, list[Edition]] = defaultdict(list)
        for edition, _ in ever:
            self._by_code[edition.grid_code].append(edition)
        moments = (at for edition, _ in ever for at in (edition.begins_at, edition.ends_at) if at)
        self._changed_at = max(moments, default=None)

    def locate(self, lon: float, lat: float, at: dt.datetime | None = None, *, prefer: tuple[str, ...] = ()) -> Edition | None:
        """Return the edition of the grid that held the point, border included, or None.

        Args:
            lon: in degrees, WGS-84.
            lat: in degrees, WGS-84.
            at: when; now, if left out.
            prefer: code prefixes; a grid of these is taken where several held the point.
        """
        return self._at(self._index.locate(lon, lat, prefer=prefer), lon, lat, at, prefer)

    def locate_many(
        self, lons: Floats, lats: Floats, at: Sequence[dt.datetime | None], *, prefer: tuple[str, ...] = ()
    ) -> list[Edition | None]:
        """Return the edition for each point and its moment, in order."""
        found = self._index.locate_many(lons, lats, prefer=prefer)
        return [self._at(*one, prefer) for one in zip(found, lons, lats, at, strict=True)]

    def of_code(self, grid_code: str, at: dt.datetime) -> Edition | None:
        """Return the edition in which a grid was on file at a moment."""
        return _one_of(self._by_code.get(grid_code, ()), at, ())

    def _at(
        self, grid_code: str | None, lon: float, lat: float, at: dt.datetime | None, prefer: tuple[str, ...]
    ) -> Edition | None:
        """Return the edition of a moment, given the grid that holds the point now. Nearly everything was found just now."""
        now = self._now[grid_code] if grid_code else None
        if at is None or self._changed_at is None or at >= self._changed_at or (now and now.held(at)):
            return now
        near = self._tree.query(shapely.Point(lon, lat), predicate="intersects")
        return _one_of([self._ever[place][0] for place in near.tolist()], at, prefer)

    @cached_property
    def _tree(self) -> Any:
        return shapely.STRtree(shapely.from_geojson([boundary for _, boundary in self._ever]))


def _one_of(editions: Iterable[Edition], at: dt.datetime, prefer: tuple[str, ...]) -> Edition | None:
    """Return the edition that held at a moment, or, where none did, the first of a grid that was on file later."""
    held = [edition for edition in editions if edition.held(at)]
    held = held or [edition for edition in editions if edition.stands_for(at)]
    return min(held, key=lambda edition: (not edition.grid_code.startswith(prefer), edition.grid_code), default=None)


def grid_copies(metadata: MetaData) -> tuple[Table, Table]:
    """Return the tables in which a service keeps copies of grids: as they are, and with a row for each edition."""
    grids = copy(
        "known_grid",
        metadata,
        *place(grid=True),
        Column("name", Text, nullable=False, info=PUBLIC),
        Column("boundary", JSON, nullable=False),
        Column("state", Text),
        Column("edition", Integer),
        Index(None, "grid_code"),
        thing=Term("网格", "grid"),
        kept=Kept("r8"),
    )
    editions = copy(
        "known_grid_edition",
        metadata,
        Column("aggregate_id", Uuid, nullable=False),  # the grid's
        code("grid_code"),
        Column("edition", Integer, nullable=False),
        Column("boundary", JSON, nullable=False),
        moment("valid_from"),
        moment("valid_to"),
        UniqueConstraint("aggregate_id", "edition"),
        thing=Term("网格版本", "grid edition"),
        kept=Kept("r8"),
    )
    return grids, editions


def grids_in(grids: Table, editions: Table) -> Known[Grids]:
    """Return the grids that a service has copies of: `grids` as they are, `editions` with a row for each edition."""
    now = select(grids.c.id, grids.c.grid_code, grids.c.edition, _text(grids)).where(grids.c.state.is_distinct_from("retired"))
    columns = (editions.c[name] for name in ("aggregate_id", "grid_code", "edition", "valid_from", "valid_to"))
    ever = select(*columns, _text(editions)).order_by(editions.c.aggregate_id, editions.c.edition)

    async def load(db: "Db") -> Grids:
        ever_rows = await db.fetch(ever)
        known = [(edition, row.boundary) for edition, row in zip(_editions(ever_rows), ever_rows, strict=True)]
        by_key = {(edition.grid_id, edition.number): edition for edition, _ in known}
        held = []
        for row in await db.fetch(now):
            number = row.edition or 1
            edition = by_key.get((row.id, number)) or Edition(row.id, row.grid_code, number)
            held.append((edition, row.boundary))
        return Grids(held, known)

    # Each is written by a statement of its own: a look between the two is seen to be one.
    of_editions = select(func.coalesce(func.sum(editions.c.event_no), 0)).scalar_subquery()
    return Known(select(func.count(), func.sum(grids.c.event_no), of_editions).select_from(grids), load)


def _text(table: Table) -> Any:
    return cast(table.c.boundary, Text).label("boundary")


def _editions(rows: Sequence[Any]) -> list[Edition]:
    """Return rows, each grid's in order, as editions: one holds until it was ended, or until the next one began."""
    editions = []
    for number, row in enumerate(rows):
        before = rows[number - 1] if number else None
        after = rows[number + 1] if number + 1 < len(rows) else None
        is_first = before is None or before.aggregate_id != row.aggregate_id
        ends_at = row.valid_to or (after.valid_from if after and after.aggregate_id == row.aggregate_id else None)
        editions.append(Edition(row.aggregate_id, row.grid_code, row.edition, row.valid_from, ends_at, is_first))
    return editions
