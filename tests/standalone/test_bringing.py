"""How an import asks a suite: again under the same key, nothing counted twice, and where others have a grid not at all."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest
from typer.testing import CliRunner

from gridwhistle.standalone import cli
from gridwhistle.standalone.bringing import api, districts
from gridwhistle.standalone.bringing.kinds import KINDS
from gridwhistle.standalone.bringing.lines import ReportLine
from gridwhistle.standalone.bringing.refusals import CannotImport, Refused
from gridwhistle.standalone.bringing.rows import Import, bring_reports

COUNTY = "990101"
LINES = [
    (row, ReportLine(row_id=str(row), title="井盖缺失", found_at="2020-01-01T00:00:00Z", area_code="990101001001", **closed))
    for row, closed in ((2, {}), (3, {}), (4, {"closed_at": "2020-01-02T00:00:00Z"}))
]


def square(west: float, south: float) -> dict[str, Any]:
    ring = [[west, south], [west + 1, south], [west + 1, south + 1], [west, south + 1], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


DISTRICTS = {1: square(-119, 34), 2: square(-118, 34)}


class Suite:
    """Answers as a suite does that knows the grids; `before` may answer a batch in its stead."""

    def __init__(self) -> None:
        self.asked: list[httpx2.Request] = []
        self.before: Callable[[int], httpx2.Response | None] = lambda _number: None
        self.replayed = False
        self.grids: list[dict[str, Any]] = []
        self.located: str | None = None

    def api(self) -> api.Api:
        return api.Api("http://suite.invalid", "token", transport=httpx2.MockTransport(self._answer))

    @property
    def keys(self) -> list[str]:
        return [request.headers["Idempotency-Key"] for request in self.asked]

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        if request.method == "GET":
            items = self.grids if request.url.path.endswith("grids") else []
            return httpx2.Response(200, json={"items": items, "next_cursor": None})
        if request.url.path.endswith("locate"):
            return httpx2.Response(200, json={"grid_code": self.located})
        self.asked.append(request)
        if answer := self.before(len(self.asked)):
            return answer
        results = [{"result": "created", "code": None} for _ in orjson.loads(request.content).get("reports", ())]
        headers = {"Idempotency-Replayed": "true"} if self.replayed else {}
        return httpx2.Response(200, json={"results": results}, headers=headers)


async def brought(suite: Suite) -> dict[str, int]:
    asked = Import("old-hotline")
    async with suite.api() as client:
        await bring_reports(client, LINES, asked)
    return dict(asked.tally.outcomes)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "PAUSES_S", (0.0, 0.0))


@pytest.mark.anyio
@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize("status", [503, 429, None], ids=["busy", "too many", "connection lost"])
async def test_what_is_not_answered_is_asked_again_under_the_same_key(status: int | None) -> None:
    suite = Suite()

    def away(number: int) -> httpx2.Response | None:
        if number > 2:
            suite.replayed = status is None and number == 3
            return None
        if status is None:
            raise httpx2.ReadError("connection reset")
        return httpx2.Response(status, json={"detail": "busy"})

    suite.before = away

    outcomes = await brought(suite)

    assert len(suite.keys) == 4
    assert len(set(suite.keys)) == 2
    assert outcomes == {"new": 3}


@pytest.mark.anyio
@pytest.mark.usefixtures("pauses")
async def test_a_suite_that_stays_away_is_given_up() -> None:
    suite = Suite()
    suite.before = lambda _number: httpx2.Response(503, json={"detail": "busy"})

    with pytest.raises(CannotImport, match=r"did not answer in 3 tries \(status 503\)\. What came in is kept"):
        await brought(suite)


@pytest.mark.anyio
async def test_an_answer_that_was_given_before_means_that_it_is_there() -> None:
    suite = Suite()
    suite.replayed = True

    assert await brought(suite) == {"there already": 3}


@pytest.mark.anyio
async def test_the_key_follows_from_the_content() -> None:
    suite = Suite()

    await brought(suite)
    await brought(suite)

    assert suite.keys[:2] == suite.keys[2:]
    assert len(set(suite.keys)) == 2


@pytest.mark.anyio
async def test_what_is_open_is_told_of_the_past_and_what_is_closed_says_its_own_times() -> None:
    suite = Suite()

    await brought(suite)

    assert [(request.url.path.rpartition("/")[2], request.headers.get("As-Of")) for request in suite.asked] == [
        ("batch", "2020-01-01T00:00:00+00:00"),
        ("import_closed", None),
    ]


@pytest.mark.anyio
async def test_without_a_data_set_no_number_tells_rows_apart() -> None:
    async with Suite().api() as client:
        with pytest.raises(CannotImport, match="name the data set"):
            await bring_reports(client, LINES, Import())


@pytest.mark.anyio
@pytest.mark.parametrize(("kind", "role"), [("workers", "workers"), ("volunteers", "participants")])
async def test_a_token_that_may_not_ends_the_import_and_refuses_no_rows(kind: str, role: str) -> None:
    suite = Suite()
    refusal = {"code": "insufficient_scope", "detail": f"Your token does not grant {role}:write."}
    suite.before = lambda _number: httpx2.Response(403, json=refusal)
    model, example = KINDS[kind].line, dict(KINDS[kind].example)
    line = model.__pydantic_validator__.validate_strings(example)
    asked = Import()

    async with suite.api() as client:
        with pytest.raises(Refused, match="does not grant"):
            await KINDS[kind].bring(client, [(2, line)], asked)

    assert not asked.tally.outcomes


@pytest.mark.anyio
async def test_a_district_with_another_boundary_is_not_made_anew() -> None:
    suite = Suite()
    suite.grids = [{"grid_code": districts.grid_of(COUNTY, 1), "boundary": square(0, 0)}]

    with pytest.raises(CannotImport, match="another boundary than district 1"):
        await districts.run(suite.api(), COUNTY, DISTRICTS)

    assert not [request for request in suite.asked if request.url.path.endswith("grids")]


@pytest.mark.anyio
async def test_where_others_have_a_grid_no_district_is_made() -> None:
    suite = Suite()
    suite.located = "990102900001001"

    with pytest.raises(CannotImport, match=r"lies where district 1 does.*--county 990102"):
        await districts.run(suite.api(), COUNTY, DISTRICTS)

    assert suite.asked == []


@pytest.mark.parametrize(
    ("features", "says"),
    [
        ([], "must number its districts from 1 to 999, each once"),
        ([("1", square(0, 0)), ("1", square(2, 0))], "must number its districts from 1 to 999, each once"),
        ([("1000", square(0, 0))], "must number its districts from 1 to 999, each once"),
        ([("one", square(0, 0))], "a number as name and a valid boundary"),
        ([("1", {"type": "Point", "coordinates": [0, 0]})], "a number as name and a valid boundary"),
        (
            [("1", {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]})],
            "a number as name and a valid boundary",
        ),
    ],
    ids=["none", "twice", "too many digits", "a word", "a point", "crosses itself"],
)
def test_districts_are_numbered_polygons(tmp_path: Path, features: list[tuple[str, Any]], says: str) -> None:
    path = tmp_path / "districts.geojson"
    listed = [{"properties": {"name": name}, "geometry": geometry} for name, geometry in features]
    path.write_bytes(orjson.dumps({"features": listed}))

    with pytest.raises(CannotImport, match=says):
        districts.read_districts(path)


def test_the_command_says_what_is_wrong_and_ends_with_one(tmp_path: Path) -> None:
    path = tmp_path / "requests.csv"
    path.write_text("编号,标题,区划代码,发现时间\n1,井盖缺失,990101001001,昨天\n", "utf-8")

    told = CliRunner().invoke(cli.app, ["import", "reports", str(path), "--language", "en"])

    assert told.exit_code == 1
    assert "row 2, column D, Found at: must be a time" in told.stderr
    assert not told.stdout
