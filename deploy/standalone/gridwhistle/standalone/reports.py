"""Files the 311 requests of Los Angeles as reports: its council districts become grids, and every row is accounted for."""

import asyncio
import datetime as dt
import hashlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import httpx2
import orjson
import shapely
from rich.table import Table

from gridwhistle.common.issuer import Issuer
from gridwhistle.incidents.intake import BATCH_MAX
from gridwhistle.incidents.refusals import FoundInTheFuture
from gridwhistle.standalone.la311 import SYSTEM, CannotImport, Districts, Request

OUTCOMES: Final = ("created", "known", "refused")
NO_POINT, PUBLISHED, ANOTHER, NONE_PUBLISHED, NOWHERE = PLACES = (
    "without coordinates",
    "in the published district",
    "in another district",
    "in a district, none published",
    "in no district",
)
KNOWN_WITHIN_S: Final = 30.0
"""How long events may take from personnel to incidents before we say that they do not come."""
_ON_FILE_SINCE: Final = "2012-07-01T00:00:00-07:00"
"""The districts were drawn by ordinance of that year; nobody here draws or files them."""
PAUSES_S: Final = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Between tries of a call that nobody answered: long enough for a service that is started again."""
SCOPES: Final = "areas:read areas:write grids:read grids:write incidents:report_many history:import"
_AWAY: Final = frozenset({502, 503, 504})


@dataclass
class Summary:
    """What became of every row, and where those that were taken in lie."""

    outcomes: Counter[str] = field(default_factory=Counter)
    places: Counter[str] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)

    def add(self, request: Request, result: dict[str, Any], county: str, *, earlier: bool) -> None:
        """Count a row by its result; `earlier`: the result was given to a run before this one."""
        outcome = "known" if earlier and result["result"] == "created" else result["result"]
        self.outcomes[outcome] += 1
        if outcome == "refused":
            self.refused.append(f"line {request.line}: {result['code']}")
        else:
            self.places[_place_of(request, result["grid_code"], county)] += 1


def _place_of(request: Request, grid_code: str | None, county: str) -> str:
    if request.report.location is None:
        return NO_POINT
    if grid_code is None:
        return NOWHERE
    if request.district is None:
        return NONE_PUBLISHED
    return PUBLISHED if grid_code == grid_of(county, request.district) else ANOTHER


def town_of(county: str) -> str:
    """Return the nine digits of the county's township that is kept for imports."""
    return f"{county}900"


def grid_of(county: str, district: int) -> str:
    """Return the code of a district's one grid."""
    return f"{town_of(county)}{district:03}001"


def token(issuer: Issuer, county: str) -> str:
    """Return a development token for the importing application."""
    return issuer.token(f"import-{SYSTEM}", ["integrator"], [town_of(county)], scope=SCOPES)


def api(base_url: str, bearer: str) -> httpx2.AsyncClient:
    """Return the client that an import needs."""
    headers = {"Authorization": f"Bearer {bearer}", "Accept-Language": "en"}
    return httpx2.AsyncClient(base_url=base_url, headers=headers, timeout=60)


async def import_reports(
    client: httpx2.AsyncClient,
    county: str,
    districts: Districts,
    requests: Sequence[Request],
    filed: Callable[[int], None] = lambda _rows: None,
    *,
    batch_max: int = BATCH_MAX,
) -> Summary:
    """Make the districts' grids and file the requests; what is there already stays as it is.

    Args:
        client: from `api`.
        county: whose township for imports takes everything.
        districts: boundaries by number.
        requests: what to file, in this order.
        filed: is told how many more rows have their result.
        batch_max: requests a call, a thousand at most.

    Raises:
        CannotImport: there is no suite, it does not take a call, or other grids are in the way.
    """
    await _look(client)
    await _check_free(client, county, districts)
    await _make_places(client, county, districts)
    await _until_known(client, districts)
    summary = Summary()
    # For what has no point, or lies in no district: nothing is lost.
    otherwise = {"area_code": f"{town_of(county)}000"}
    for start in range(0, len(requests), batch_max):
        batch = requests[start : start + batch_max]
        reports = [request.report.model_dump(mode="json", exclude_none=True) | otherwise for request in batch]
        # They are history: no clock starts, and they stand in lists where they were found.
        found = max((request.report.found_at for request in batch if request.report.found_at), default=None)
        answer, earlier = await _call(client, "/incidents/v1/incidents/batch", {"reports": reports}, as_of=found)
        for request, result in zip(batch, answer["results"], strict=True):
            summary.add(request, result, county, earlier=earlier)
        filed(len(batch))
    assert summary.outcomes.total() == len(requests) == summary.places.total() + summary.outcomes["refused"]
    return summary


async def _look(client: httpx2.AsyncClient) -> None:
    """Say at once when there is nobody; later on, whoever does not answer may be starting again, and is asked again."""
    try:
        await client.get("/personnel/v1/areas")
    except (httpx2.ConnectError, httpx2.UnsupportedProtocol):
        address = str(client.base_url).rstrip("/")
        raise CannotImport(
            f"there is no suite at {address}. Start one with `gridwhistle up`, or name its --base-url."
        ) from None
    except httpx2.TransportError:
        pass


async def _check_free(client: httpx2.AsyncClient, county: str, districts: Districts) -> None:
    """Refuse to go on where somebody else's grid lies in a district: reports would be given to it."""
    for number, boundary in districts.items():
        there, _ = await _call(client, "/personnel/v1/grids/locate", _point_in(boundary), keyed=False)
        if there["grid_code"] not in {None, grid_of(county, number)}:
            raise CannotImport(
                f"grid {there['grid_code']} lies where district {number} does, and would be given its reports, so nothing was"
                f" filed. Where that is an earlier import, name its county: --county {there['grid_code'][:6]}."
            )


def _point_in(boundary: dict[str, Any]) -> dict[str, float]:
    point = shapely.from_geojson(orjson.dumps(boundary).decode()).point_on_surface()
    return {"lon": point.x, "lat": point.y}


async def _make_places(client: httpx2.AsyncClient, county: str, districts: Districts) -> None:
    town = town_of(county)
    names = {f"{town}000": "Los Angeles 311"} | {
        f"{town}{n:03}": f"Los Angeles council district {n}" for n in sorted(districts)
    }
    there = {area["area_code"] async for area in _all(client, "/personnel/v1/areas")}
    for code, name in names.items():
        if code not in there:
            level = "township" if code.endswith("000") else "community"
            await _call(client, "/personnel/v1/areas", {"area_code": code, "level": level, "name": name})
    boundaries = {grid["grid_code"]: grid["boundary"] async for grid in _all(client, "/personnel/v1/grids")}
    for number, boundary in districts.items():
        code = grid_of(county, number)
        content = {"grid_code": code, "name": f"Council district {number}", "households": 0, "boundary": boundary}
        content["filed_at"] = _ON_FILE_SINCE
        if code not in boundaries:
            await _call(client, "/personnel/v1/grids", content)
        elif boundaries[code] != boundary:
            raise CannotImport(
                f"grid {code} is there with another boundary than district {number} has in the file, so nothing was filed. Name"
                " the --boundaries that it was made from."
            )


async def _until_known(client: httpx2.AsyncClient, districts: Districts) -> None:
    """Wait until the incidents service has heard of every grid: what it takes in before would lie in none, for ever.

    It is asked with reports that it refuses, and so keeps nothing of: they are found tomorrow and name no area. Where it
    knows no grid, that is what it says first.
    """
    tomorrow = (dt.datetime.now(dt.UTC) + dt.timedelta(days=1)).isoformat()
    reports = [{"title": "probe", "location": _point_in(district), "found_at": tomorrow} for district in districts.values()]
    end = time.monotonic() + KNOWN_WITHIN_S
    while True:
        answer, _ = await _call(client, "/incidents/v1/incidents/batch", {"reports": reports}, keyed=False)
        codes = Counter(result["code"] for result in answer["results"])
        if codes[FoundInTheFuture.code] == len(reports):
            break
        if time.monotonic() > end:
            raise CannotImport(
                f"the incidents service knows {codes[FoundInTheFuture.code]} of {len(reports)} grids"
                f" after {KNOWN_WITHIN_S:.0f} s, so nothing was filed. It hears of them through NATS: see that NATS runs,"
                " then run this again."
            )
        await asyncio.sleep(0.2)
    # Where the service runs as several processes, each may be a second behind the one that answered.
    await asyncio.sleep(1)


async def _all(client: httpx2.AsyncClient, path: str) -> AsyncIterator[dict[str, Any]]:
    cursor = ""
    while True:
        page, _ = await _call(client, f"{path}?limit=200{cursor}")
        for item in page["items"]:
            yield item
        if page["next_cursor"] is None:
            return
        cursor = f"&cursor={page['next_cursor']}"


async def _call(
    client: httpx2.AsyncClient,
    path: str,
    content: dict[str, Any] | None = None,
    *,
    keyed: bool = True,
    as_of: dt.datetime | None = None,
) -> tuple[dict[str, Any], bool]:
    """Read, or with content do something once: its key is made of the content, so whoever sends it again hears the same.

    Returns the answer, and whether it was given to a run before this one. (After a try that nobody answered, an answer
    that was given before is taken for the one to that try.)
    """
    body = orjson.dumps(content) if content else None
    headers = {"Content-Type": "application/json"} if body else {}
    if body and keyed:
        headers["Idempotency-Key"] = f"import-{hashlib.sha256(body).hexdigest()}"
    if as_of:
        headers["As-Of"] = as_of.isoformat()
    why = ""
    for pause_s in (*PAUSES_S, None):
        try:
            response = await client.request("POST" if body else "GET", path, content=body, headers=headers)
        except httpx2.TransportError as error:
            why = why or f"{type(error).__name__} {error}".strip()
        else:
            if response.status_code not in _AWAY:
                return _read(response), not why and response.headers.get("Idempotency-Replayed") == "true"
            why = why or f"status {response.status_code}"
        if pause_s is not None:
            await asyncio.sleep(pause_s)
    raise CannotImport(
        f"{path} did not answer in {len(PAUSES_S) + 1} tries ({why}). What was filed is kept: run this again later, and it"
        " goes on from there."
    )


def _read(response: httpx2.Response) -> dict[str, Any]:
    try:
        content: Any = orjson.loads(response.content)
        if response.is_success:
            return dict(content)
        reason = content["detail"]
    except (ValueError, KeyError, TypeError):
        reason = f"what answers there (status {response.status_code}) is not Gridwhistle"
    raise CannotImport(f"{response.request.url.path} does not take it: {reason}")


async def run(base_url: str, bearer: str, *what: Any) -> Summary:
    """Import into the suite at an address; the rest is what `import_reports` takes."""
    async with api(base_url, bearer) as client:
        return await import_reports(client, *what)


def as_table(rows: int, summary: Summary) -> Table:
    """Return a summary in which every row is accounted for, as people read it."""
    table = Table("rows", f"{rows:,}", title="Los Angeles 311")
    table.columns[1].justify = "right"
    for counted, lines in ((summary.outcomes, OUTCOMES), (summary.places, PLACES)):
        for line in lines:
            table.add_row(line, f"{counted[line]:,}")
        table.add_section()
    return table
