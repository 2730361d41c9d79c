"""Filing 311 requests: asked again under the same key, nothing counted twice, every row in one place."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest

from gridwhistle.standalone import la311, reports
from gridwhistle.standalone.la311 import CannotImport, read_requests

HEADER = "srnumber,createddate,requesttype,requestsource,latitude,longitude,cd,status"
GOOD = "1-101,2020-01-01 00:05:00,Graffiti Removal,Call,34.05,-118.25,1,Open"
WITHOUT_POINT = "1-102,2020-01-01 00:06:00,Bulky Items,Email,,,,Open"
COUNTY = "990101"


def write(path: Path, *rows: str) -> Path:
    path.write_text("\n".join((HEADER, *rows, "")))
    return path


def square(west: float, south: float) -> dict[str, Any]:
    ring = [[west, south], [west + 1, south], [west + 1, south + 1], [west, south + 1], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


class Suite:
    """Answers as a suite does that knows the grids; `before` may answer a batch in its stead."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.before: Callable[[int], httpx2.Response | None] = lambda _number: None
        self.replayed = False
        self.grids: list[dict[str, Any]] = []
        self.grid_code: str | None = None
        self.located: str | None = None

    def client(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(transport=httpx2.MockTransport(self._answer), base_url="http://suite.invalid")

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        if request.method == "GET":
            items = self.grids if request.url.path.endswith("grids") else []
            return httpx2.Response(200, json={"items": items, "next_cursor": None})
        content = orjson.loads(request.content)
        if request.url.path.endswith("locate"):
            return httpx2.Response(200, json={"grid_code": self.located})
        if "reports" not in content:
            return httpx2.Response(201, json={})
        if "Idempotency-Key" not in request.headers:
            return httpx2.Response(200, json={"results": [{"code": "found_in_the_future"} for _ in content["reports"]]})
        self.keys.append(request.headers["Idempotency-Key"])
        if answer := self.before(len(self.keys)):
            return answer
        results = [{"result": "created", "grid_code": self.grid_code, "code": None} for _ in content["reports"]]
        headers = {"Idempotency-Replayed": "true"} if self.replayed else {}
        return httpx2.Response(200, json={"results": results}, headers=headers)


DISTRICTS = {1: square(-119, 34), 2: square(-118, 34)}


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "PAUSES_S", (0.0, 0.0))


@pytest.fixture
def requests(tmp_path: Path) -> list[la311.Request]:
    return read_requests(write(tmp_path / "requests.csv", GOOD, WITHOUT_POINT))


@pytest.mark.anyio
@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize("lost", [False, True], ids=["busy", "connection lost"])
async def test_what_is_not_answered_is_asked_again_under_the_same_key(requests: list[la311.Request], *, lost: bool) -> None:
    suite = Suite()

    def away(number: int) -> httpx2.Response | None:
        if number > 2:
            suite.replayed = lost
            return None
        if lost:
            raise httpx2.ReadError("connection reset")
        return httpx2.Response(503, json={"detail": "busy"})

    suite.before = away

    async with suite.client() as client:
        summary = await reports.import_reports(client, COUNTY, DISTRICTS, requests)

    assert len(suite.keys) == 3
    assert len(set(suite.keys)) == 1
    assert summary.outcomes == {"created": 2}


@pytest.mark.anyio
@pytest.mark.usefixtures("pauses")
async def test_a_suite_that_stays_away_is_given_up(requests: list[la311.Request]) -> None:
    suite = Suite()
    suite.before = lambda _number: httpx2.Response(503, json={"detail": "busy"})

    async with suite.client() as client:
        with pytest.raises(CannotImport, match=r"did not answer in 3 tries \(status 503\)\. What was filed is kept"):
            await reports.import_reports(client, COUNTY, DISTRICTS, requests)


@pytest.mark.anyio
async def test_an_answer_that_was_given_before_means_known(requests: list[la311.Request]) -> None:
    suite = Suite()
    suite.replayed = True

    async with suite.client() as client:
        summary = await reports.import_reports(client, COUNTY, DISTRICTS, requests)

    assert summary.outcomes == {"known": 2}


@pytest.mark.anyio
async def test_the_key_follows_from_the_content(requests: list[la311.Request]) -> None:
    suite = Suite()

    async with suite.client() as client:
        for batch_max in (2, 2, 1):
            await reports.import_reports(client, COUNTY, DISTRICTS, requests, batch_max=batch_max)

    assert suite.keys[0] == suite.keys[1]
    assert len(set(suite.keys)) == 3


@pytest.mark.anyio
async def test_a_grid_with_another_boundary_is_not_filed_into(requests: list[la311.Request]) -> None:
    suite = Suite()
    suite.grids = [{"grid_code": reports.grid_of(COUNTY, 1), "boundary": square(0, 0)}]

    async with suite.client() as client:
        with pytest.raises(CannotImport, match="another boundary than district 1"):
            await reports.import_reports(client, COUNTY, DISTRICTS, requests)

    assert suite.keys == []


@pytest.mark.anyio
async def test_where_others_have_a_grid_nothing_is_filed(requests: list[la311.Request]) -> None:
    suite = Suite()
    suite.located = "990102900001001"

    async with suite.client() as client:
        with pytest.raises(CannotImport, match=r"lies where district 1 does.*--county 990102"):
            await reports.import_reports(client, COUNTY, DISTRICTS, requests)

    assert suite.keys == []


@pytest.mark.parametrize(
    ("row", "grid_code", "place"),
    [
        (GOOD, "990101900001001", reports.PUBLISHED),
        (GOOD, "990101900002001", reports.ANOTHER),
        (GOOD, None, reports.NOWHERE),
        (GOOD.replace(",1,Open", ",77,Open"), "990101900001001", reports.ANOTHER),
        (GOOD.replace(",1,Open", ",,Open"), "990101900001001", reports.NONE_PUBLISHED),
        (GOOD.replace(",1,Open", ",,Open"), None, reports.NOWHERE),
        (WITHOUT_POINT, None, reports.NO_POINT),
    ],
    ids=["published", "another", "nowhere", "foreign cd", "empty cd", "empty cd, nowhere", "no point"],
)
def test_every_row_has_one_place(tmp_path: Path, row: str, grid_code: str | None, place: str) -> None:
    (request,) = read_requests(write(tmp_path / "requests.csv", row))
    summary = reports.Summary()

    summary.add(request, {"result": "created", "grid_code": grid_code}, COUNTY, earlier=False)

    assert summary.places == {place: 1}


def test_a_refused_row_is_told_with_its_line_and_has_no_place(requests: list[la311.Request]) -> None:
    summary = reports.Summary()

    summary.add(requests[1], {"result": "refused", "grid_code": None, "code": "outside_your_area"}, COUNTY, earlier=False)

    assert summary.refused == ["line 3: outside_your_area"]
    assert not summary.places
