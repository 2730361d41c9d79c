"""The demo county 990101 (示例县), loaded through the API: a township, a community, three grids, a department, workers."""

import asyncio
import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

import httpx2

from gridwhistle.common.issuer import Issuer
from gridwhistle.incidents.domain import FoundInTheFuture

COUNTY: Final = "990101"
TOWN: Final = "990101001"
COMMUNITY: Final = "990101001001"
GRIDS: Final = tuple(f"{COMMUNITY}{serial:03}" for serial in (1, 2, 3))
WATER: Final = "990101-water"
_WEST, _SOUTH, _WIDTH, _HEIGHT = 120.150, 30.270, 0.004, 0.005
INSIDE: Final = (_WEST + _WIDTH / 2, _SOUTH + _HEIGHT / 2)
"""A point in the first grid."""


@dataclass(frozen=True)
class Person:
    """Somebody whom a development token speaks for."""

    role: str
    area: str
    org: str | None = None


PEOPLE: Final = {
    "county_admin": Person("county_admin", COUNTY),
    "resident": Person("resident", COUNTY),
    "community_admin": Person("community_admin", COMMUNITY),
    "town_acceptor": Person("town_acceptor", TOWN),
    "town_dispatcher": Person("town_dispatcher", TOWN),
    "dept_desk": Person("dept_desk", COUNTY, WATER),
    "dept_handler": Person("dept_handler", COUNTY, WATER),
    "dept_leader": Person("dept_leader", COUNTY, WATER),
}


def tokens(issuer: Issuer, workers: dict[str, str]) -> dict[str, str]:
    """Return a development token for each role; `workers` maps grid codes to the ids of their workers."""
    made = {name: issuer.token(f"demo-{name}", [person.role], [person.area], org=person.org) for name, person in PEOPLE.items()}
    first = True
    for grid_code, worker_id in sorted(workers.items()):
        name = "grid_worker" if first else f"grid_worker_{grid_code[-3:]}"
        made[name] = issuer.token(worker_id, ["grid_worker"], [grid_code])
        first = False
    return made


def administrator(issuer: Issuer) -> dict[str, str]:
    """Return the one token that is needed to begin with an empty suite."""
    return {"county_admin": issuer.token("demo-county_admin", ["county_admin"], [COUNTY])}


async def load(base_url: str, issuer: Issuer) -> dict[str, str]:
    """Load the demo county, unless it is there; return the tokens by role.

    Every call carries a key of its own, so that a start that was cut short is made whole by the next one.
    """
    admin = administrator(issuer)["county_admin"]
    async with httpx2.AsyncClient(base_url=base_url, timeout=30, trust_env=False) as client:

        async def add(path: str, key: str, **content: Any) -> dict[str, Any]:
            headers = {"Authorization": f"Bearer {admin}", "Idempotency-Key": f"demo-{key}"}
            response = await client.post(f"/personnel/v1/{path}", json=content, headers=headers)
            if response.status_code != 409:  # noqa: PLR2004  there already
                response.raise_for_status()
            made: dict[str, Any] = response.json()
            return made

        workers = await _workers(client, issuer)
        if workers.keys() == set(GRIDS):
            await _grids_known(client, admin)
            return tokens(issuer, workers)
        await add("areas", "county", area_code=f"{COUNTY}000000", level="county", name="示例县")
        await add("areas", "town", area_code=f"{TOWN}000", level="township", name="示例街道")
        await add("areas", "community", area_code=COMMUNITY, level="community", name="示例社区")
        await add("organisations", "water", org=WATER, area_code=f"{COUNTY}000000", name="示例县水务局", kind="department")
        for number, grid_code in enumerate(GRIDS):
            west, north = _WEST + number * _WIDTH, _SOUTH + _HEIGHT
            ring = [[west, _SOUTH], [west + _WIDTH, _SOUTH], [west + _WIDTH, north], [west, north], [west, _SOUTH]]
            await add(
                "grids",
                grid_code,
                grid_code=grid_code,
                name=f"第{'一二三'[number]}网格",
                households=420 - 30 * number,
                boundary={"type": "Polygon", "coordinates": [ring]},
            )
        for number, grid_code in enumerate(GRIDS):
            worker = await add(
                "workers",
                f"worker-{number}",
                name=f"网格员{'甲乙丙'[number]}",
                area_code=COMMUNITY,
                employment="full_time",
                org=WATER,
            )
            workers[grid_code] = worker["id"]
            await add(f"workers/{worker['id']}/assignments", f"assignment-{number}", grid_code=grid_code)
        await _grids_known(client, admin)
    return tokens(issuer, workers)


async def _grids_known(client: httpx2.AsyncClient, admin: str) -> None:
    """Wait until the incidents service has heard of the grids, five seconds at most.

    A report from tomorrow tells: where its grid is known, what is wrong with it is the day, and it is never taken in.
    """
    lon, lat = INSIDE
    tomorrow = (dt.datetime.now(dt.UTC) + dt.timedelta(days=1)).isoformat()
    report = {"title": "?", "location": {"lon": lon, "lat": lat}, "found_at": tomorrow}
    for _ in range(100):
        answer = await client.post("/incidents/v1/incidents", json=report, headers={"Authorization": f"Bearer {admin}"})
        if answer.json()["code"] == FoundInTheFuture.code:
            return
        await asyncio.sleep(0.05)


async def _workers(client: httpx2.AsyncClient, issuer: Issuer) -> dict[str, str]:
    """Return the demo's workers by grid, from the suite itself."""
    headers = {"Authorization": f"Bearer {issuer.token('demo-community', ['community_admin'], [COMMUNITY])}"}
    found = {}
    for line in (await client.get("/personnel/v1/workers?limit=200", headers=headers)).json()["items"]:
        worker = (await client.get(f"/personnel/v1/workers/{line['id']}", headers=headers)).json()
        for assignment in worker["assignments"]:
            found[assignment["grid_code"]] = worker["id"]
    return {grid_code: worker for grid_code, worker in found.items() if grid_code in GRIDS}
