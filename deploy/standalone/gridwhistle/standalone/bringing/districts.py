"""Numbered districts become communities, each with one grid, so that reports from anywhere lie in one."""

import asyncio
import datetime as dt
import gzip
import time
import zlib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import orjson
import shapely
from pydantic import TypeAdapter

from gridwhistle.common.places import Boundary, checked
from gridwhistle.common.problems import Invalid
from gridwhistle.incidents.refusals import FoundInTheFuture
from gridwhistle.standalone.bringing.api import Api
from gridwhistle.standalone.bringing.refusals import CannotImport, unreadable

SCOPES: Final = "areas:read areas:write grids:read grids:write incidents:report_many"
DISTRICT_MAX: Final = 999
"""What fits into the three digits of a community."""
KNOWN_WITHIN_S: Final = 30.0
"""How long events may take from personnel to incidents before we say that they do not come."""
_ON_FILE_SINCE: Final = "2000-01-01T00:00:00Z"
"""Nobody here draws or files them: whatever is reported lies in them as they are."""
_BOUNDARY: Final[TypeAdapter[Any]] = TypeAdapter(Boundary)
Districts = Mapping[int, dict[str, Any]]
"""Boundaries as GeoJSON, by the number of the district."""


def town_of(county: str) -> str:
    """Return the nine digits of the county's township that is kept for them."""
    return f"{county}900"


def grid_of(county: str, district: int) -> str:
    """Return the code of a district's one grid."""
    return f"{town_of(county)}{district:03}001"


def read_districts(file: Path) -> Districts:
    """Return the boundaries of a GeoJSON file (.geojson or .geojson.gz) by the number that is each feature's `name`.

    Raises:
        CannotImport: it cannot be read, or is not GeoJSON of numbered polygons.
    """
    try:
        content = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        features = orjson.loads(content)["features"]
        districts = {}
        for feature in features:
            number, geometry = int(feature["properties"]["name"]), feature["geometry"]
            shape = {"type": geometry["type"], "coordinates": geometry["coordinates"]}
            districts[number] = checked(_BOUNDARY.validate_python(shape))
    except (OSError, EOFError, zlib.error) as error:
        raise unreadable(file, error) from None
    except (ValueError, KeyError, TypeError, Invalid):
        raise CannotImport(
            f"{file} 不是以数字为名称、边界有效的 GeoJSON。",
            f"{file} is not GeoJSON whose features have a number as name and a valid boundary.",
        ) from None
    if not districts or len(districts) != len(features) or not set(districts) <= set(range(1, DISTRICT_MAX + 1)):
        raise CannotImport(
            f"{file} 的片区须以 1 至 {DISTRICT_MAX} 编号,各一次。",
            f"{file} must number its districts from 1 to {DISTRICT_MAX}, each once.",
        )
    return districts


async def run(api: Api, county: str, districts: Districts) -> None:
    """Make the districts' areas and grids, and wait until incidents has heard of them.

    Raises:
        CannotImport: there is no suite, it does not take a call, or other grids are in the way.
    """
    async with api:
        await api.look()
        await _check_free(api, county, districts)
        await _make(api, county, districts)
        await _until_known(api, districts)


async def _check_free(api: Api, county: str, districts: Districts) -> None:
    """Refuse to go on where somebody else's grid lies in a district: reports would be given to it."""
    for number, boundary in districts.items():
        there, _ = await api.call("/personnel/v1/grids/locate", _point_in(boundary), keyed=False)
        if there["grid_code"] not in {None, grid_of(county, number)}:
            raise CannotImport(
                f"网格 {there['grid_code']} 位于第 {number} 片区所在之处,上报会归入该网格,因此未作任何更改。"
                f"如为以往导入,请指明所属县:--county {there['grid_code'][:6]}。",
                f"grid {there['grid_code']} lies where district {number} does, and would be given its reports, so nothing was"
                f" made. Where that is an earlier import, name its county: --county {there['grid_code'][:6]}.",
            )


def _point_in(boundary: dict[str, Any]) -> dict[str, float]:
    point = shapely.from_geojson(orjson.dumps(boundary).decode()).point_on_surface()
    return {"lon": point.x, "lat": point.y}


async def _make(api: Api, county: str, districts: Districts) -> None:
    town = town_of(county)
    names = {f"{town}000": "Districts"} | {f"{town}{number:03}": f"District {number}" for number in sorted(districts)}
    there = {area["area_code"] async for area in api.all("/personnel/v1/areas")}
    for code, name in names.items():
        if code not in there:
            level = "township" if code.endswith("000") else "community"
            await api.call("/personnel/v1/areas", {"area_code": code, "level": level, "name": name})
    boundaries = {grid["grid_code"]: grid["boundary"] async for grid in api.all("/personnel/v1/grids")}
    for number, boundary in districts.items():
        code = grid_of(county, number)
        content = {"grid_code": code, "name": f"District {number}", "households": 0, "boundary": boundary}
        if code not in boundaries:
            await api.call("/personnel/v1/grids", content | {"filed_at": _ON_FILE_SINCE})
        elif boundaries[code] != boundary:
            raise CannotImport(
                f"网格 {code} 已存在,其边界与文件中第 {number} 片区不同,因此未作任何更改。请指明当时所用的文件。",
                f"grid {code} is there with another boundary than district {number} has in the file, so nothing was made. Name"
                " the file that it was made from.",
            )


async def _until_known(api: Api, districts: Districts) -> None:
    """Wait until the incidents service has heard of every grid: what it takes in before would lie in none, for ever.

    It is asked with reports that it refuses, and so keeps nothing of: they are found tomorrow and name no area. Where it
    knows no grid, that is what it says first.
    """
    tomorrow = (dt.datetime.now(dt.UTC) + dt.timedelta(days=1)).isoformat()
    reports = [{"title": "probe", "location": _point_in(district), "found_at": tomorrow} for district in districts.values()]
    end = time.monotonic() + KNOWN_WITHIN_S
    while True:
        answer, _ = await api.call("/incidents/v1/incidents/batch", {"reports": reports}, keyed=False)
        codes = Counter(result["code"] for result in answer["results"])
        if codes[FoundInTheFuture.code] == len(reports):
            break
        if time.monotonic() > end:
            raise CannotImport(
                f"{KNOWN_WITHIN_S:.0f} 秒后,事件服务仅知晓 {len(reports)} 个网格中的 {codes[FoundInTheFuture.code]} 个。"
                "网格经由 NATS 传达:请确认 NATS 在运行,然后重新执行。",
                f"the incidents service knows {codes[FoundInTheFuture.code]} of {len(reports)} grids"
                f" after {KNOWN_WITHIN_S:.0f} s. It hears of them through NATS: see that NATS runs, then run this again.",
            )
        await asyncio.sleep(0.2)
    # Where the service runs as several processes, each may be a second behind the one that answered.
    await asyncio.sleep(1)
