"""Three days of Los Angeles' 311 requests, filed as reports through the API of a suite of their own.

It shows that every one of 10,000 rows is accounted for, that a second run changes nothing, and that each event has one
effect in a consumer's own database, though the stream holds copies and deliveries come again.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

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
from gridwhistle.common.events.incidents import IncidentReported
from gridwhistle.common.hearing import Hearing
from gridwhistle.common.principal import system
from gridwhistle.common.sealing import Seal
from gridwhistle.common.service import Service
from gridwhistle.common.tables import NAMING, place, root
from gridwhistle.incidents.intake import Reference
from gridwhistle.standalone import la311, reports
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


@dataclass
class Imported:
    """A suite, what was filed in it, and what the import said."""

    suite: Suite
    districts: la311.Districts
    requests: list[la311.Request]
    summary: reports.Summary

    def api(self, county: str = COUNTY) -> httpx2.AsyncClient:
        return reports.api(self.suite.base_url, reports.token(self.suite.issuer, county))

    async def again(self, **how: Any) -> reports.Summary:
        async with self.api() as client:
            return await reports.import_reports(client, COUNTY, self.districts, self.requests, **how)

    async def ask(self, sql: str, *args: Any, database: str = "incidents") -> list[Any]:
        connection = await asyncpg.connect(self.suite.postgres.url(database))
        try:
            return await connection.fetch(sql, *args)
        finally:
            await connection.close()


@pytest.fixture(scope="module")
async def imported(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Imported]:
    """Start a suite and file the whole file in it, once."""
    districts = la311.read_districts(DATA / "council_districts_2012.geojson.gz")
    requests = la311.read_requests(DATA / "la311_2020-01-01_to_03.csv.gz")
    async with running(tmp_path_factory.mktemp("la311")) as suite:
        live = Imported(suite, districts, requests, reports.Summary())
        live.summary = await live.again()
        await _until(lambda: _all_told(live))
        yield live


async def _until(holds: Callable[[], Awaitable[bool]], within_s: float = 120) -> None:
    end = time.monotonic() + within_s
    while not await holds():
        assert time.monotonic() < end, f"it did not come within {within_s} seconds"
        await asyncio.sleep(0.1)


async def _all_told(live: Imported) -> bool:
    return not await live.ask("SELECT 1 FROM waiting LIMIT 1")


async def _marks(live: Imported, *, keys: bool) -> dict[str, Any]:
    """Return a mark of every table's content, of both services."""
    marks = {}
    for database in ("incidents", "personnel"):
        tables = await live.ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", database=database)
        for (table,) in tables:
            # The audit is sealed a second after it was written; that changes nothing of it.
            if table != "audit_seal" and (keys or table != "command_key"):
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
    summary = imported.summary

    assert len(imported.requests) == 10_000
    assert summary.outcomes == {"created": 10_000}
    assert summary.places == {
        reports.NO_POINT: 11,
        reports.PUBLISHED: 9_953,
        reports.ANOTHER: 22,
        reports.NOWHERE: 14,
    }


async def test_the_tables_say_what_the_summary_says(imported: Imported) -> None:
    rows = await imported.ask("SELECT ref_code, area_code, grid_code, lon, found_at, title, source FROM incident")

    by_code = {row["ref_code"]: row for row in rows}
    published = {request.report.reference.code: request for request in imported.requests}
    assert by_code.keys() == published.keys()
    assert all(row["area_code"] == (row["grid_code"] or TOWN)[:12] for row in rows)
    assert sum(row["grid_code"] is None for row in rows) == 11 + 14
    assert sum(row["lon"] is None for row in rows) == 11
    assert Counter(row["source"] for row in rows) == {
        "hotline_12345": 4_548,
        "resident": 2_299 + 1_014 + 48 + 1,
        "grid_patrol": 2_088,
        "dept_transfer": 2,
    }
    assert all(row["found_at"] == published[code].report.found_at for code, row in by_code.items())
    assert all(row["title"] == published[code].report.title for code, row in by_code.items())


async def test_a_second_run_changes_nothing(imported: Imported) -> None:
    before = await _marks(imported, keys=True)

    summary = await imported.again()

    assert summary.outcomes == {"known": 10_000}
    assert summary.places == imported.summary.places
    assert await _marks(imported, keys=True) == before


async def test_a_second_run_in_other_batches_changes_nothing_but_keys(imported: Imported) -> None:
    before = await _marks(imported, keys=False)

    summary = await imported.again(batch_max=700)

    assert summary.outcomes == {"known": 10_000}
    assert summary.places == imported.summary.places
    assert await _marks(imported, keys=False) == before


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


async def _its_place(event: Envelope[IncidentReported], _db: Db) -> Sequence[UUID]:
    return [tally_of(event.area_code)]


@TALLY.on(IncidentReported, each=_its_place)
async def count(_event: Envelope[IncidentReported], tally_id: UUID, db: Db) -> None:
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
    grids = [reports.grid_of(COUNTY, district) for district in imported.districts]
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
    events = await imported.ask("SELECT count(DISTINCT event_id) FROM outbox WHERE subject LIKE '%.incident.reported.v1'")
    filed = await imported.ask("SELECT grid_code, count(*) FROM incident GROUP BY grid_code")
    assert copies == 1_000
    assert hearing.lost > 100
    assert sum(counted.values()) == events[0][0] == keys[0][0] == 10_000
    assert counted == dict(filed)


# --- a bad connection --------------------------------------------------------------------------------------------------------


class Lossy(httpx2.AsyncHTTPTransport):
    """Hands on every call, and loses the first answer to each batch."""

    def __init__(self) -> None:
        super().__init__()
        self.lost: set[str] = set()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await super().handle_async_request(request)
        key = request.headers.get("Idempotency-Key")
        if request.url.path.endswith("/batch") and key and key not in self.lost:
            self.lost.add(key)
            await response.aread()
            raise httpx2.ReadError("the connection broke", request=request)
        return response


async def test_a_lost_answer_files_nothing_twice(imported: Imported, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "PAUSES_S", (0.01,))
    transport = Lossy()
    requests = [
        replace(request, report=request.report.model_copy(update={"reference": Reference(system="lossy", code=str(number))}))
        for number, request in enumerate(imported.requests[:60])
    ]

    headers = imported.api().headers
    async with httpx2.AsyncClient(transport=transport, base_url=imported.suite.base_url, headers=headers) as client:
        summary = await reports.import_reports(client, COUNTY, imported.districts, requests, batch_max=20)

    filed = await imported.ask("SELECT count(*), count(DISTINCT ref_code) FROM incident WHERE ref_system = 'lossy'")
    assert len(transport.lost) == 3
    assert summary.outcomes == {"created": 60}
    assert tuple(filed[0]) == (60, 60)
    # Copies of others in the stream do not keep the relay from telling what follows.
    await _until(lambda: _all_told(imported), within_s=20)
