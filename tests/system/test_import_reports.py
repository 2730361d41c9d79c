"""Three days of Los Angeles' 311 requests, brought in through the API of a suite of their own.

It shows that every one of 10,000 rows is accounted for, that closed ones keep their own times, that a second run changes
nothing, and that each event has one effect in a consumer's own database, though the stream holds copies and deliveries come
again.
"""

import asyncio
import csv
import datetime as dt
import gzip
import statistics
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5
from zoneinfo import ZoneInfo

import asyncpg
import httpx2
import nats
import pytest
from nats.aio.msg import Msg
from sqlalchemy import Column, Integer, MetaData, Table
from sqlalchemy.ext.asyncio import create_async_engine

from gridwhistle.common import migrations
from gridwhistle.common.consumers import Consumer
from gridwhistle.common.database import Database, Db
from gridwhistle.common.events import Envelope
from gridwhistle.common.events.incidents import ClosedIncidentImported, IncidentReported
from gridwhistle.common.hearing import Hearing
from gridwhistle.common.principal import system
from gridwhistle.common.sealing import Seal
from gridwhistle.common.service import Service
from gridwhistle.common.sheets import Sheet
from gridwhistle.common.tables import NAMING, place, root
from gridwhistle.standalone.bringing import api, districts
from gridwhistle.standalone.bringing.kinds import KINDS
from gridwhistle.standalone.bringing.mapping import read_mapping
from gridwhistle.standalone.bringing.rows import Tally
from gridwhistle.standalone.bringing.run import read_file, run
from gridwhistle.standalone.suite import Suite, running

DATA = Path(__file__).parents[2].parent / "shared/data/la311"
COUNTY, TOWN = "990101", "990101900000"
STREAM = "GW_INCIDENTS"
pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(not DATA.is_dir(), reason="the data of Los Angeles (shared/data/la311) is not beside the repository"),
]


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """Run the tests of this file in one loop, in which their suite lives."""
    return "asyncio"


FILE = DATA / "la311_2020-01-01_to_03.csv.gz"
REPORTS = KINDS["reports"]
MAPPING = read_mapping(Path("la311"), {}, None)
LOS_ANGELES = ZoneInfo("America/Los_Angeles")


@dataclass
class Imported:
    """A suite, what was filed in it, and what the import said."""

    suite: Suite
    districts: districts.Districts
    sheet: Sheet[Any]
    published: dict[str, dict[str, str]]
    tally: Tally

    def api(self, transport: httpx2.AsyncBaseTransport | None = None) -> api.Api:
        scope = f"{districts.SCOPES} {REPORTS.scope}"
        bearer = self.suite.issuer.token("import", ["integrator"], [TOWN[:9]], scope=scope)
        return api.Api(self.suite.base_url, bearer, transport=transport)

    async def again(self) -> Tally:
        tally = Tally()
        await run(self.api(), REPORTS, self.sheet, MAPPING, tally)
        return tally

    async def ask(self, sql: str, *args: Any, database: str = "incidents") -> list[Any]:
        connection = await asyncpg.connect(self.suite.postgres.url(database))
        try:
            return await connection.fetch(sql, *args)
        finally:
            await connection.close()


@pytest.fixture(scope="module")
async def imported(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Imported]:
    """Start a suite and bring the whole file in, once."""
    boundaries = districts.read_districts(DATA / "council_districts_2012.geojson.gz")
    with gzip.open(FILE, "rt", encoding="utf-8", newline="") as text:
        published = {row["srnumber"]: row for row in csv.DictReader(text)}
    async with running(tmp_path_factory.mktemp("la311")) as suite:
        live = Imported(suite, boundaries, read_file(FILE, REPORTS, MAPPING), published, Tally())
        await districts.run(live.api(), COUNTY, boundaries)
        live.tally = await live.again()
        await _until(lambda: _all_told(live))
        yield live


async def _until(holds: Callable[[], Awaitable[bool]], within_s: float = 120) -> None:
    end = time.monotonic() + within_s
    while not await holds():
        assert time.monotonic() < end, f"it did not come within {within_s} seconds"
        await asyncio.sleep(0.1)


async def _all_told(live: Imported) -> bool:
    return not await live.ask("SELECT 1 FROM waiting LIMIT 1")


async def _marks(live: Imported) -> dict[str, Any]:
    """Return a mark of every table's content, of both services."""
    marks = {}
    for database in ("incidents", "personnel"):
        tables = await live.ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", database=database)
        for (table,) in tables:
            # The audit is sealed a second after it was written; that changes nothing of it.
            if table != "audit_seal":
                content = f'SELECT count(*), md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM "{table}" t'
                marks[f"{database}.{table}"] = tuple((await live.ask(content, database=database))[0])
    return marks


# --- the import --------------------------------------------------------------------------------------------------------------


async def test_history_stands_where_it_was_found_and_starts_no_clocks(imported: Imported) -> None:
    [(first, last)] = await imported.ask("SELECT min(reported_at)::date::text, max(reported_at)::date::text FROM incident")

    assert first >= "2020-01-01"
    assert last <= "2020-01-04"
    assert not await imported.ask("SELECT 1 FROM clock LIMIT 1")


async def test_every_row_is_accounted_for(imported: Imported) -> None:
    rows = await imported.ask("SELECT ref_code, area_code, grid_code, lon, found_at, title, source FROM incident")

    assert imported.tally.outcomes == {"new": 10_000}
    by_code = {row["ref_code"]: row for row in rows}
    said = {line.row_id: line for _, line in imported.sheet.lines}
    assert by_code.keys() == said.keys() == imported.published.keys()
    assert all(row["area_code"] == (row["grid_code"] or TOWN)[:12] for row in rows)
    assert all(row["found_at"] == said[code].found_at and row["title"] == said[code].title for code, row in by_code.items())
    assert Counter(row["source"] for row in rows) == {
        "hotline_12345": 4_548,
        "resident": 2_299 + 1_014 + 48 + 1,
        "grid_patrol": 2_088,
        "dept_transfer": 2,
    }


async def test_points_lie_in_the_districts_that_were_published(imported: Imported) -> None:
    rows = await imported.ask("SELECT ref_code, grid_code, lon FROM incident")

    def place(row: Any) -> str:
        if row["lon"] is None:
            return "without a point"
        if row["grid_code"] is None:
            return "in no district"
        district = imported.published[row["ref_code"]]["cd"]
        return "as published" if district and row["grid_code"] == districts.grid_of(COUNTY, int(district)) else "another"

    assert Counter(map(place, rows)) == {"without a point": 11, "as published": 9_953, "another": 22, "in no district": 14}


async def test_the_days_until_closed_are_those_that_were_published(imported: Imported) -> None:
    rows = await imported.ask("SELECT ref_code, state, found_at, closed_at FROM incident WHERE closed_at IS NOT NULL")

    def on_the_clock(at: dt.datetime) -> dt.datetime:  # the publisher takes one clock's times from another's, also in summer
        return at.astimezone(LOS_ANGELES).replace(tzinfo=None)

    days = {row["ref_code"]: (on_the_clock(row["closed_at"]) - on_the_clock(row["found_at"])) / dt.timedelta(1) for row in rows}
    assert len(days) == 9_951
    assert {row["state"] for row in rows} == {"archived"}
    assert all(abs(taken - float(imported.published[code]["_daystoclose"])) < 1.25e-5 for code, taken in days.items())
    assert statistics.median(days.values()) == pytest.approx(1.94375)
    assert statistics.median((row["closed_at"] - row["found_at"]) / dt.timedelta(1) for row in rows) == pytest.approx(1.94375)


async def test_a_second_run_changes_nothing(imported: Imported) -> None:
    before = await _marks(imported)

    again = await imported.again()

    assert again.outcomes == {"there already": 10_000}
    assert await _marks(imported) == before


# --- one effect an event -----------------------------------------------------------------------------------------------------

metadata = MetaData(naming_convention=NAMING)
tallies = Table("tally", metadata, *root(numbered=False), *place(grid=False), Column("reports", Integer, nullable=False))


class Forgetful(Hearing):
    """A process that loses some acknowledgements after the effect, so that these events are delivered again."""

    lost = 0

    async def apply(self, messages: list[Msg]) -> None:
        for message in messages[::20]:
            if message.metadata.num_delivered == 1:
                message.ack = message.nak
                self.lost += 1
        await super().apply(messages)


TALLY = Consumer("tally")


def tally_of(code: str) -> UUID:
    """Return the row that counts the reports of a grid, or of an area; ids are made of codes, so nothing is looked up."""
    return uuid5(NAMESPACE_OID, code)


async def _its_place(event: Envelope[Any], _db: Db) -> Sequence[UUID]:
    return [tally_of(event.area_code)]


@TALLY.on(ClosedIncidentImported, each=_its_place)
@TALLY.on(IncidentReported, each=_its_place)
async def count(_event: Envelope[Any], tally_id: UUID, db: Db) -> None:
    async with db.command(system("tally"), tallies, tally_id) as tx:
        tx.update(tx.row, reports=tx.row.reports + 1)


@pytest.fixture
async def tally(imported: Imported, tmp_path: Path) -> AsyncIterator[Database]:
    """Return the tally's own database: a row for each grid, and one for what lies in none."""
    postgres = imported.suite.postgres
    kind = Service("tally", "Tally", [], TALLY, metadata, versions=tmp_path)
    await postgres.ensure_database("tally")
    await migrations.upgrade(kind, postgres.url("tally"))
    engine = create_async_engine(postgres.url("tally").replace("postgresql", "postgresql+asyncpg"))
    grids = [districts.grid_of(COUNTY, district) for district in imported.districts]
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
        for grid_code in (None, *grids):
            made = {"id": tally_of(grid_code or TOWN), "version": 1, "reports": 0, "grid_code": grid_code}
            await connection.execute(tallies.insert().values(**made, area_code=(grid_code or TOWN)[:12]))
    await engine.dispose()
    async with Database(postgres.url("tally"), Seal({1: bytes(32)}), {}).connected() as database:
        yield database


async def test_each_event_has_one_effect_though_copies_are_in_the_stream(imported: Imported, tally: Database) -> None:
    client = await nats.connect(imported.suite.nats.url)
    js = client.jetstream(timeout=10)
    before = (await js.stream_info(STREAM)).state.messages
    hearing = Forgetful(TALLY, tally)
    counting = asyncio.create_task(hearing.run(client))

    async def all_heard() -> bool:
        heard = await js.consumer_info(STREAM, "tally")
        return heard.num_pending == 0 and heard.num_ack_pending == 0

    for sequence in range(10, before + 1, 10):
        message = await js.get_msg(STREAM, seq=sequence, direct=True)
        # The id has the form of the relay's own, which reads them; JetStream has not seen it, so it keeps the copy.
        _, event_id, _ = message.headers["Nats-Msg-Id"].split(":")
        await js.publish(message.subject, message.data, headers={"Nats-Msg-Id": f"incidents:{event_id}:copy"})
    await _until(all_heard)
    counting.cancel()
    with suppress(asyncio.CancelledError):
        await counting
    copies = (await js.stream_info(STREAM)).state.messages - before
    await client.close()

    counted = {row["grid_code"]: row["reports"] for row in await imported.ask("SELECT * FROM tally", database="tally")}
    keys = await imported.ask("SELECT count(*) FROM command_key", database="tally")
    events = await imported.ask("SELECT count(DISTINCT event_id) FROM outbox WHERE subject LIKE '%.incident.%'")
    filed = await imported.ask("SELECT grid_code, count(*) FROM incident GROUP BY grid_code")
    assert copies == 1_000
    assert hearing.lost > 100
    assert sum(counted.values()) == events[0][0] == keys[0][0] == 10_000
    assert counted == dict(filed)


# --- a bad connection --------------------------------------------------------------------------------------------------------


class Lossy(httpx2.AsyncHTTPTransport):
    """Hands on every call, and loses the first answer to each command."""

    def __init__(self) -> None:
        super().__init__()
        self.lost: set[str] = set()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await super().handle_async_request(request)
        key = request.headers.get("Idempotency-Key")
        if key and key not in self.lost:
            self.lost.add(key)
            await response.aread()
            raise httpx2.ReadError("the connection broke", request=request)
        return response


async def test_a_lost_answer_files_nothing_twice(imported: Imported, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "PAUSES_S", (0.01,))
    transport, tally = Lossy(), Tally()
    some = read_file(FILE, REPORTS, MAPPING)
    some.lines = [line for line in some.lines if line[0] % 100 == 0]

    lossy = read_mapping(Path("la311"), {}, "lossy")
    await run(imported.api(transport), REPORTS, some, lossy, tally)

    filed = await imported.ask("SELECT count(*), count(DISTINCT ref_code) FROM incident WHERE ref_system = 'lossy'")
    assert len(transport.lost) == 2 - all(line.closed_at for _, line in some.lines)
    assert tally.outcomes == {"new": len(some.lines)}
    assert tuple(filed[0]) == (len(some.lines), len(some.lines))
    # Copies of others in the stream do not keep the relay from telling what follows.
    await _until(lambda: _all_told(imported), within_s=20)
