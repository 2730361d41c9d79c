"""The demo county: the same on every machine, without gaps, like a real one; and loaded once, however often it is cut short."""

import asyncio
import datetime as dt
import re
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import shapely

from gridwhistle.standalone.demo import words
from gridwhistle.standalone.demo.bank import ELDERS, VOLUNTEERS
from gridwhistle.standalone.demo.county import EXAMPLES, STEPS, County
from gridwhistle.standalone.demo.flood import Flood
from gridwhistle.standalone.demo.load import Loader
from gridwhistle.standalone.demo.page import map_of, page, state_after
from gridwhistle.standalone.suite import running

ORGANISATIONS = {*words.DEPARTMENTS, *words.COMPANIES}


@pytest.fixture(scope="module")
def county() -> County:
    return County.grown()


def test_a_seed_is_a_county_byte_for_byte(county: County) -> None:
    again, other = County(), County(seed=4)

    assert (again.areas, again.organisations, again.workers, again.reports) == (
        county.areas,
        county.organisations,
        county.workers,
        county.reports,
    )
    assert [grid.boundary for grid in again.grids] == [grid.boundary for grid in county.grids]
    assert (page(again), map_of(again)) == (page(county), map_of(county))
    assert [grid.boundary for grid in other.grids] != [grid.boundary for grid in county.grids]


def test_it_has_the_size_of_a_county(county: County) -> None:
    on_shift = sum(worker.hours_on_shift is not None for worker in county.workers)

    assert Counter(area.level for area in county.areas) == {"county": 1, "township": 6, "community": 40}
    assert 390 <= len(county.grids) <= 420
    assert 430 <= len(county.workers) <= 480
    assert 0.3 < on_shift / len(county.workers) < 0.4
    assert {worker.employment for worker in county.workers} == {"full_time", "part_time"}
    assert all(300 <= grid.households <= 500 for grid in county.grids if grid.kind == "general")
    assert len({grid.name for grid in county.grids}) == len(county.grids)
    assert len({(worker.area_code, worker.name) for worker in county.workers}) == len(county.workers)


@pytest.mark.parametrize("digits", [6, 9, 12], ids=["county", "townships", "communities"])
def test_every_piece_of_land_lies_in_one_grid(county: County, digits: int) -> None:
    parts: dict[str, list[Any]] = {}
    for grid in county.grids:
        parts.setdefault(grid.grid_code[:digits], []).append(grid.land)

    whole = {code: shapely.unary_union(lands) for code, lands in parts.items()}

    assert all(land.is_valid for lands in parts.values() for land in lands)
    assert all(land.geom_type == "Polygon" and not land.interiors for land in whole.values())
    for code, lands in parts.items():
        assert sum(land.area for land in lands) == pytest.approx(whole[code].area, rel=1e-9)
    assert not any(one.overlaps(other) for one, other in combinations(whole.values(), 2))


def test_grids_are_numbered_in_rows_from_north_to_south_and_from_west_to_east(county: County) -> None:
    land = {grid.grid_code: grid.land.centroid for grid in county.grids}
    first, second, third, fourth = (land[f"{words.COMMUNITY}{serial:03}"] for serial in (1, 2, 3, 4))

    assert first.x < second.x < third.x
    assert min(first.y, second.y, third.y) > fourth.y


def test_the_examples_of_the_documents_lie_in_the_first_grids(county: County) -> None:
    points = [words.INSIDE, (120.156, 30.272), (120.160, 30.272)]

    found = [next(grid.grid_code for grid in county.grids if shapely.contains_xy(grid.land, *point)) for point in points]

    assert found == list(EXAMPLES)


def test_there_are_reports_in_every_state_on_the_way_to_closed(county: County) -> None:
    states = Counter(state_after(report.steps) for report in county.reports)

    assert state_after(STEPS) == "closed"
    assert states.keys() >= {
        "rejected",
        "redirected",
        "contested",
        "self_resolved",
        "verifying",
        "voided",
        "objected",
        "disputed",
    }
    assert states.keys() >= {"suspended", "rework"}
    assert states.keys() >= {state_after(STEPS[:number]) for number in range(1, len(STEPS) + 1)}
    assert min(states.values()) >= 3
    assert states["closed"] > len(county.reports) / 2


def test_reports_lie_in_their_grids_and_go_to_organisations_that_are_there(county: County) -> None:
    lands = {grid.grid_code: grid.land for grid in county.grids}

    for report in county.reports:
        assert shapely.contains_xy(lands[report.grid_code], report.lon, report.lat)
        assert report.trouble.lead_org in ORGANISATIONS
        assert list(report.hours_ago) == sorted(report.hours_ago, reverse=True)
        assert report.grid_code not in EXAMPLES
        assert len(report.title) <= 80
    assert {org.org for org in county.organisations} >= ORGANISATIONS


async def _of_bank(loader: Loader, things: str) -> Counter[str]:
    """Return how many of a kind of thing the time bank has in each state."""
    headers = {"Authorization": f"Bearer {loader._token('station_clerk', words.COUNTY)}"}
    page = await loader._lines.get(f"/timebank/v1/{things}?limit=200", headers)
    return Counter(line["state"] for line in page["items"])


async def _of_inventory(loader: Loader) -> dict[str, Counter[str]]:
    """Return how many places and teams the inventory has in each state."""
    headers = {"Authorization": f"Bearer {loader._token('inventory_manager', words.COUNTY)}"}
    things = ("shelters", "support_points", "response_teams", "social_organisations")
    pages = [await loader._lines.get(f"/inventory/v1/{thing}?limit=200", headers) for thing in things]
    return {thing: Counter(line["state"] for line in page["items"]) for thing, page in zip(things, pages, strict=True)}


async def _states(loader: Loader) -> Counter[str]:
    headers = {"Authorization": f"Bearer {loader._token('county_admin', words.COUNTY)}"}
    found: Counter[str] = Counter()
    path: str | None = "/incidents/v1/incidents?limit=200"
    while path:
        some = await loader._lines.get(path, headers)
        # What mediation reports as an emergency comes by itself.
        found.update(line["state"] for line in some["items"] if line["source"] != "mediation")
        path = some["next_cursor"] and f"/incidents/v1/incidents?limit=200&cursor={some['next_cursor']}"
    return found


async def _forget_keys(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("DELETE FROM command_key")
    await connection.close()


def _settled(states: Counter[str]) -> Counter[str]:
    """Return how many there are in each state, but for what clocks and lots may have changed since."""
    later = {"handled": "checking", "sampled": "self_resolved"}
    settled: Counter[str] = Counter()
    for state, count in states.items():
        settled[later.get(state, state)] += count
    return settled


@pytest.mark.anyio
async def test_a_load_that_was_cut_short_goes_on_and_doubles_nothing(
    county: County, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path) as suite, Loader.of(suite.base_url, suite.issuer, county) as loader:
        tokens = await loader.settle()
        started = asyncio.Event()
        filling = asyncio.create_task(loader.fill(lambda done, total: started.set() if done > 0.7 * total else None))
        await started.wait()
        filling.cancel()
        await asyncio.wait([filling])
        half = await loader.is_whole()

    async with running(tmp_path) as suite, Loader.of(suite.base_url, suite.issuer, county) as loader:
        again = await loader.settle()
        await loader.fill(lambda _done, _total: None)
        whole, states, workers = await loader.is_whole(), await _states(loader), await loader._workers(words.COUNTY)
        things = ("participants", "orders", "claims", "teams", "activities")
        bank = {thing: await _of_bank(loader, thing) for thing in things}
        # So long after that no key is known any more.
        monkeypatch.setattr("gridwhistle.standalone.demo.bank.KEYS_KEPT", dt.timedelta(0))
        await _forget_keys(suite.postgres.url("timebank"))
        await loader._bank.fill(loader._began)
        later = {thing: await _of_bank(loader, thing) for thing in things}
        places = await _of_inventory(loader)
        await _forget_keys(suite.postgres.url("inventory"))
        await loader._emergency.settle()
        await loader._emergency.fill()
        places_later = await _of_inventory(loader)
        # The story of the flood needs a county that has all of this.
        told: list[str] = []
        await asyncio.to_thread(Flood(suite.base_url, suite.issuer, told.append).play)

    story = "\n".join(told)
    for step in (
        "inventory dispatch_order.approved",
        "inventory shelter.proposed",
        "inventory mobilized_team.ordered",
        r"棉被: [1-9]\d*\.000 of 300\.000 床 promised",
        "one of thirty places is taken",
    ):
        assert re.search(step, story), f"{step} is not in\n{story}"
    assert {thing: found.total() for thing, found in later.items()} == {thing: found.total() for thing, found in bank.items()}
    assert (
        places_later
        == places
        == {
            "shelters": {"ready": 48},
            "support_points": {"available": 30},
            "response_teams": {"ready": 48},
            "social_organisations": {"listed": 3},
        }
    )
    assert (half, whole) == (False, True)
    assert again.keys() == tokens.keys()
    expected = Counter(state_after(report.steps) for report in county.reports)
    assert _settled(states) == _settled(expected)
    assert len(workers) == len(county.workers)
    assert bank["participants"] == {"active": len(VOLUNTEERS) + len(ELDERS)}
    assert bank["orders"].keys() >= {"requested", "published", "full", "closed", "refused"}
    assert bank["claims"].keys() >= {"claimed", "confirmed", "settled", "closed", "disputed", "cancelled"}
    assert (bank["teams"], bank["activities"]) == ({"active": 1}, {"confirmed": 1})
