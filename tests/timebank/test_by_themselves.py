"""What happens to minutes without anybody: a county has its accounts, overflow finds the pool, and a refusal is tried again."""

import datetime as dt
import uuid
from collections.abc import AsyncIterator
from importlib import import_module
from typing import Any

import asyncpg
import pytest
from sqlalchemy import select

from gridwhistle.common import migrations
from gridwhistle.common.clocks import clocks
from gridwhistle.common.database import Db
from gridwhistle.common.events import Envelope
from gridwhistle.common.events.personnel import PostDone
from gridwhistle.common.firing import Firing
from gridwhistle.common.hearing import Hearing
from gridwhistle.common.ids import new_id
from gridwhistle.common.principal import Principal
from gridwhistle.standalone.postgres import Postgres
from gridwhistle.timebank import accounts as books
from gridwhistle.timebank import participants as people
from gridwhistle.timebank.app import TIMEBANK
from gridwhistle.timebank.checking import _freeze
from gridwhistle.timebank.consumers import CONSUMER
from gridwhistle.timebank.freezing import Freeze
from gridwhistle.timebank.limits import DISPUTE, FREEZE
from gridwhistle.timebank.order_tables import claims
from gridwhistle.timebank.tables import accounts
from tests.conftest import Loop
from tests.timebank.station import CLERK, Station, a_station

NOW = dt.datetime.now(dt.UTC)
COUNTY = "990101000000"


@pytest.fixture(scope="module")
def database_url(background: Loop, postgres: Postgres) -> str:
    background.run(postgres.ensure_database("by_themselves"))
    background.run(migrations.upgrade(TIMEBANK, postgres.url("by_themselves")))
    return postgres.url("by_themselves")


@pytest.fixture
async def station(database_url: str) -> AsyncIterator[Station]:
    async with a_station(database_url) as station:
        yield station


async def of(station: Station, owner: str | None, kind: str, area_code: str = COUNTY) -> Any:
    """Return an owner's account of a kind, or an area's."""
    whose = accounts.c.owner_id == uuid.UUID(owner) if owner else accounts.c.area_code == area_code
    return await station.do(lambda db: db.first(select(accounts).where(whose, accounts.c.kind == kind)))


async def turn(station: Station, account: Any, action: str) -> None:
    """Freeze an account, or let things be posted to it again."""
    if action == "freeze":
        await station.do(lambda db: books.freeze_account(account.id, Freeze(reason="核查"), CLERK, db))
    else:
        await station.do(lambda db: books.unfreeze_account(account.id, CLERK, db))


def told(who: str, minutes: int = 60, area_code: str = "990101001001") -> Envelope[Any]:
    done = PostDone(
        participant_id=uuid.UUID(who), service_code="patrol", started_at=NOW - dt.timedelta(hours=8), minutes=minutes
    )
    return Envelope(new_id(), done, uuid.uuid4(), 1, area_code, NOW, "auto", "c-1", "c-1")


async def the_claim(station: Station, who: str) -> Any:
    return await station.do(lambda db: db.first(select(claims).where(claims.c.volunteer_id == uuid.UUID(who))))


@pytest.mark.anyio
async def test_work_done_while_an_account_is_frozen_is_paid_when_it_is_open(station: Station) -> None:
    who = (await station.register()).id
    own, event = await of(station, who, "personal_available"), told(who)
    hearing = Hearing(CONSUMER, station.processes[0])
    await turn(station, own, "freeze")

    before = await hearing._handle(event)
    await turn(station, own, "unfreeze")
    after = await hearing._handle(event)

    assert (before, after) == ("account_not_open", None)
    assert (await the_claim(station, who)).earned_minutes == 60


@pytest.mark.anyio
async def test_a_clock_that_meets_a_frozen_account_fires_when_it_is_open(station: Station, database_url: str) -> None:
    who = (await station.register()).id
    assert await Hearing(CONSUMER, station.processes[0])._handle(told(who, 200)) is None
    claim, pool = await the_claim(station, who), await of(station, None, "pool")
    connection = await asyncpg.connect(database_url)
    await connection.execute("UPDATE clock SET next_at = now() WHERE owner_id = $1 AND rule_key = $2", claim.id, DISPUTE)
    await connection.close()
    firing = Firing("timebank", station.processes[0], TIMEBANK.tables, TIMEBANK.on_clock)
    await turn(station, pool, "freeze")

    await firing.fire()
    before = await the_claim(station, who)
    await turn(station, pool, "unfreeze")
    firing._failed.clear()
    await firing.fire()

    assert (before.state, (await the_claim(station, who)).state) == ("settled", "closed")


@pytest.mark.anyio
async def test_what_is_above_a_cap_comes_to_the_pool_whoever_pays(station: Station) -> None:
    who = (await station.register()).id
    assert await Hearing(CONSUMER, station.processes[0])._handle(told(who, 200)) is None
    claim, before = await the_claim(station, who), await of(station, None, "pool")

    await station.fire(claims, claim.id, DISPUTE)

    own, after = await of(station, who, "personal_available"), await of(station, None, "pool")
    assert (own.balance_minutes, own.locked_minutes) == (120, 0)
    assert after.balance_minutes - before.balance_minutes == 75


@pytest.mark.anyio
async def test_a_county_has_its_accounts_as_soon_as_it_has_a_participant(station: Station) -> None:
    clerk = Principal("far-clerk", frozenset({"station_clerk"}), ("990177001001",))
    content = {"kind": "volunteer", "area_code": "990177001001", "name": "王芳", "phone": "13800138000", "birth_year": 1980}
    bodies = [
        people.NewParticipant.model_validate(
            {**content, "insured_until": "2199-01-01", "real_name_token": f"rn-{uuid.uuid4()}"}
        )
        for _ in range(2)
    ]

    async def register(body: people.NewParticipant, process: int) -> Any:
        async def work(db: Db) -> Any:
            return await people.register_participant(body, clerk, db)

        return await station.do(work, process)

    one, other = [await register(body, process) for process, body in enumerate(bodies)]

    kinds = [(await of(station, None, kind, "990177000000")).kind for kind in ("issuance", "pool", "pool_hold")]
    assert kinds == ["issuance", "pool", "pool_hold"]
    for each in (one, other):
        event = told(str(each.id), area_code="990177001001")
        assert await Hearing(CONSUMER, station.processes[0])._handle(event) is None
        assert (await the_claim(station, str(each.id))).state == "settled"


@pytest.mark.anyio
async def test_an_account_is_frozen_for_some_days_and_says_so(station: Station) -> None:
    own = await of(station, (await station.register()).id, "personal_available")
    await turn(station, own, "freeze")

    await station.fire(accounts, own.id, FREEZE)

    assert (await station.row(accounts, own.id)).state == "open"
    assert await station.told_of(own.id) == ["account.frozen", "account.unfrozen"]


@pytest.mark.anyio
async def test_what_the_self_check_froze_waits_for_a_person(station: Station) -> None:
    own = await of(station, (await station.register()).id, "personal_available")
    await turn(station, own, "freeze")

    await _freeze(station.processes[0], own.id)

    running = select(clocks.c.id).where(clocks.c.owner_id == own.id, clocks.c.stopped_at.is_(None))
    assert await station.do(lambda db: db.first(running)) is None
    assert (await station.row(accounts, own.id)).doubted_at is not None


@pytest.mark.anyio
async def test_a_county_of_before_has_its_accounts_once(station: Station, database_url: str) -> None:
    who, county = uuid.UUID((await station.register()).id), "990188000000"
    connection = await asyncpg.connect(database_url)
    await connection.execute("UPDATE participant SET area_code = '990188001001' WHERE id = $1", who)

    for _ in range(2):
        await connection.execute(import_module("gridwhistle.timebank.versions.timebank_0039").OPEN)

    kinds = await connection.fetch("SELECT kind FROM account WHERE area_code = $1 ORDER BY kind", county)
    await connection.close()
    assert [row["kind"] for row in kinds] == ["issuance", "pool", "pool_hold"]
