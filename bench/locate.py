"""In which grid does a point lie: our index, against shapely's tree asked in the plainest way, in the same process."""

import time
from collections.abc import Callable

import numpy as np
import shapely
from generators import Load, Sample, duel
from results import Answer, rates

from gridwhistle.common.places import GridIndex

_GRIDS = 400
_POINTS = 1_000_000
_ONE_BY_ONE = 20_000
_LAND = (120.0, 30.0), (120.6, 30.5)


async def ask(rounds: int, seconds: float) -> list[Answer]:
    """Measure points a second, one by one and by the million; first see that both say the same."""
    lots = np.random.default_rng(9)
    seeds = shapely.MultiPoint(lots.uniform(*_LAND, (_GRIDS, 2)))
    shapes = shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=shapely.box(*_LAND[0], *_LAND[1])))
    shapes = shapely.segmentize(shapes, 0.002)  # as many corners as a surveyed boundary has
    texts = [shapely.to_geojson(shape) for shape in shapes]
    index, tree = GridIndex([f"{number:015}" for number in range(_GRIDS)], texts), shapely.STRtree(shapely.from_geojson(texts))
    lons, lats = lots.uniform(*_LAND, (_POINTS, 2)).T
    some = list(zip(lons[:_ONE_BY_ONE].tolist(), lats[:_ONE_BY_ONE].tolist(), strict=True))

    def plain_each() -> list[str | None]:
        hits = (tree.query(shapely.Point(lon, lat), predicate="intersects") for lon, lat in some)
        return [index.codes[hit.min()] if len(hit) else None for hit in hits]

    def own_each() -> list[str | None]:
        return [index.locate(lon, lat) for lon, lat in some]

    def plain_many() -> list[str | None]:
        found: list[str | None] = [None] * _POINTS
        for point, grid in zip(*tree.query(shapely.points(lons, lats), predicate="intersects").tolist(), strict=True):
            found[point] = index.codes[grid]
        return found

    def own_many() -> list[str | None]:
        return index.locate_many(lons, lats)

    if plain_each() != own_each() or plain_many() != own_many():
        raise AssertionError("the index and the tree do not say the same")
    each = await duel(_load(plain_each, _ONE_BY_ONE), _load(own_each, _ONE_BY_ONE), rounds, seconds)
    many = await duel(_load(plain_many, _POINTS), _load(own_many, _POINTS), rounds, seconds)
    return [
        rates("points located one by one", "shapely's tree, one by one", *each, 3),
        rates("points located by the million", "shapely's tree, all at once", *many, 4),
    ]


def _load(work: Callable[[], object], points: int) -> Load:
    async def load(seconds: float) -> Sample:
        began, done = time.perf_counter(), 0
        while (took := time.perf_counter() - began) < seconds or not done:
            work()
            done += points
        return Sample(done, done / took)

    return load
