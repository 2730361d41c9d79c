"""What is past its time goes, with a certificate; what is held or not yet due stays."""

import asyncio
import datetime as dt
import hashlib
import logging
from collections.abc import AsyncIterator, Sequence
from typing import Any, TypeAlias

import asyncpg
import httpx2
import pytest

from gridwhistle.common import retention
from gridwhistle.common.database import Database
from gridwhistle.common.ids import new_id
from gridwhistle.common.lived import DOUBTED, believed
from gridwhistle.common.personal import Phone
from gridwhistle.common.principal import Principal
from gridwhistle.common.retention import make_a_round, purge
from gridwhistle.common.rulebook import SetRule, set_rule
from tests import toolshed
from tests.toolshed import CLERK, a_friend, a_member, a_tool, done, members, metadata, work

pytestmark = pytest.mark.anyio
Truth: TypeAlias = "asyncpg.Connection[Any]"
DAY = dt.timedelta(days=1)
LEFT = dt.datetime(2026, 3, 1, 8, tzinfo=dt.UTC)


@pytest.fixture
async def officer(database: Database) -> AsyncIterator[httpx2.AsyncClient]:
    async with toolshed.served(database, "privacy_officer", subject="officer") as client:
        yield client


@pytest.fixture(autouse=True)
async def nobody(truth: Truth) -> None:
    await truth.execute("TRUNCATE member, friend, deletion_certificate, legal_hold")


async def left(database: Database, at: dt.datetime | None = LEFT) -> Any:
    """Return a member who left."""
    member = await a_member(database, left_at=at)
    await a_friend(database, member.id)
    return member


async def certified(truth: Truth) -> list[tuple[Any, ...]]:
    rows = await truth.fetch("SELECT things, taken, rows, reason FROM deletion_certificate ORDER BY things, taken")
    return [tuple(row) for row in rows]


@pytest.mark.parametrize(
    ("after", "emptied", "deleted"),
    [
        pytest.param(180 * DAY - DAY, False, False, id="a day before"),
        pytest.param(180 * DAY + DAY, True, False, id="180 days after leaving the telephone goes"),
        pytest.param(dt.timedelta(days=5 * 365), True, False, id="five years less a leap day"),
        pytest.param(dt.timedelta(days=5 * 365 + 3), True, True, id="five years after leaving the row goes"),
    ],
)
async def test_each_class_has_its_time(
    database: Database, truth: Truth, after: dt.timedelta, *, emptied: bool, deleted: bool
) -> None:
    member = await left(database)
    await left(database, at=None)  # somebody who is still a member

    await purge(database, metadata, LEFT + after)

    rows = await truth.fetch("SELECT phone, phone_mark, name FROM member WHERE id = $1", member.id)
    assert len(rows) == (0 if deleted else 1)
    assert all(
        (row["phone"] is None, row["phone_mark"] is None, row["name"] is None) == (emptied, emptied, False) for row in rows
    )
    assert await truth.fetchval("SELECT count(phone) FROM friend WHERE member_id = $1", member.id) == (0 if emptied else 1)
    assert await truth.fetchval("SELECT count(*) FROM member WHERE left_at IS NULL AND phone IS NOT NULL") == 1


async def test_a_county_keeps_what_is_its_own_as_long_as_its_rule_says(database: Database, truth: Truth) -> None:
    county = Principal(id="admin", roles=frozenset({"county_admin"}), areas=("990808",))
    kept = SetRule(key="retention.r1", value="30", source_ref="notice 8", area_code="990808", effective_from=None)
    await set_rule(kept, county, work(database))
    async with work(database).command(county) as tx:
        theirs = tx.create(members, None, area_code="990808001001", phone=Phone("13800138000"), left_at=tx.now)
    others = await left(database, theirs.left_at)

    await purge(database, metadata, theirs.left_at + 31 * DAY)

    rows = await truth.fetch("SELECT id, phone FROM member WHERE left_at IS NOT NULL")
    assert {row["id"]: row["phone"] is None for row in rows} == {theirs.id: True, others.id: False}
    assert await truth.fetchval("SELECT filter FROM deletion_certificate") == "left_at, r1: 30 days"


async def test_with_a_thing_go_its_files_and_its_clocks(database: Database, truth: Truth) -> None:
    member = await left(database)
    await truth.execute(
        "INSERT INTO attachment (id, version, sha256, media_type, size_bytes, uploaded_by, uploaded_at, thing_table, thing_id,"
        " attached_at) VALUES ($1, 1, 'ab', 'image/png', 1, 'clerk', $2, 'member', $3, $2)",
        new_id(),
        LEFT,
        member.id,
    )
    await truth.execute(
        "INSERT INTO clock (id, owner, owner_id, area_code, rule_key, rule_id, amount, unit, windows, extended_times,"
        " is_provisional, started_at, warn_at, due_at) VALUES ($1, 'member', $3, '990101', 'a.b', $1, 1, 'work_hour', '', 0,"
        " false, $2, $2, $2)",
        new_id(),
        LEFT,
        member.id,
    )

    await purge(database, metadata, LEFT + dt.timedelta(days=5 * 365 + 3))

    assert not await truth.fetchval("SELECT count(*) FROM attachment WHERE thing_id = $1", member.id)
    assert not await truth.fetchval("SELECT count(*) FROM clock WHERE owner_id = $1", member.id)
    assert ("attachment", None, 1, "expired") in await certified(truth)


async def test_the_certificate_tells_what_went_and_proves_which_rows_and_shows_nobody(
    database: Database, truth: Truth, officer: httpx2.AsyncClient
) -> None:
    gone = sorted([str((await left(database)).id) for _ in range(3)])

    await purge(database, metadata, LEFT + 181 * DAY)
    listed = (await officer.get("/deletion_certificates", params={"things": "member"})).json()["items"]

    assert await certified(truth) == [("friend", "phone", 3, "expired"), ("member", "phone", 3, "expired")]
    assert [(line["rows"], line["filter"], line["county_code"]) for line in listed] == [(3, "left_at, r1: 180 days", "990101")]
    assert listed[0]["hash"] == hashlib.sha256("\n".join(gone).encode()).hexdigest()


async def test_a_deleted_row_takes_its_parts_and_its_history_along(database: Database, truth: Truth) -> None:
    member = await left(database)
    await truth.execute(
        "INSERT INTO history (thing_id, version, at, action, to_state, actor_id, actor_role)"
        " VALUES ($1, 1, now(), 'join', 'here', 'clerk', 'town_acceptor')",
        member.id,
    )

    await purge(database, metadata, LEFT + 6 * 365 * DAY)

    assert await truth.fetchval("SELECT count(*) FROM friend") == 0
    assert await truth.fetchval("SELECT count(*) FROM history WHERE thing_id = $1", member.id) == 0
    assert ("friend", None, 1, "expired") in await certified(truth)
    assert ("member", None, 1, "expired") in await certified(truth)


async def test_a_second_round_finds_nothing(database: Database, truth: Truth) -> None:
    await left(database)

    first, second = [await purge(database, metadata, LEFT + 181 * DAY) for _ in "12"]

    assert (first, second) == (2, 0)
    assert len(await certified(truth)) == 2


async def test_many_rows_go_in_batches_and_several_rounds_at_once_take_each_row_once(
    url: str, database: Database, truth: Truth, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "_AT_ONCE", 7)
    for _ in range(30):
        await left(database)

    async with toolshed.opened(url).connected() as elsewhere:
        rounds = await asyncio.gather(*(purge(db, metadata, LEFT + 181 * DAY) for db in (database, elsewhere)))
        rest = await purge(database, metadata, LEFT + 181 * DAY)  # rows that either round passed over for the other

    assert sum(rounds) + rest == 60
    assert await truth.fetchval("SELECT count(*) FROM member WHERE phone IS NOT NULL") == 0
    assert await truth.fetchval("SELECT sum(rows) FROM deletion_certificate") == 60
    assert await truth.fetchval("SELECT max(rows) FROM deletion_certificate") <= 7


async def test_what_is_held_stays_until_the_hold_is_lifted(
    database: Database, truth: Truth, officer: httpx2.AsyncClient
) -> None:
    member = await left(database)
    placed = await officer.post(
        "/legal_holds", json={"thing": "member", "thing_id": str(member.id), "cause": "行政复议 2026-17"}
    )

    held = await purge(database, metadata, LEFT + 6 * 365 * DAY)
    lifted = await officer.post(f"/legal_holds/{placed.json()['id']}/lift")
    after = await purge(database, metadata, LEFT + 6 * 365 * DAY)

    assert (placed.status_code, placed.json()["actions"], lifted.json()["state"]) == (201, ["lift"], "lifted")
    assert (held, await truth.fetchval("SELECT count(*) FROM member")) == (0, 0)
    assert after > 0


@pytest.mark.parametrize("things", ["member", "friend"])
async def test_a_hold_that_is_placed_while_a_round_looks_holds(
    database: Database, elsewhere: Database, truth: Truth, officer: httpx2.AsyncClient, things: str
) -> None:
    member = await left(database)
    run = elsewhere.run

    async def run_slowly(pool: Any, sql: str, *args: Any) -> Any:
        """Let the round wait at a gate when it has begun to look, and has taken nothing yet."""
        if f"UPDATE {things} t" in sql:
            held = " AND NOT EXISTS (SELECT FROM legal_hold"
            sql = sql.replace(held, f" AND pg_advisory_xact_lock_shared(7)::text = ''{held}")
        return await run(pool, sql, *args)

    elsewhere.run = run_slowly  # type: ignore[method-assign]
    await truth.execute("SELECT pg_advisory_lock(7)")
    under_way = asyncio.create_task(purge(elsewhere, metadata, LEFT + 181 * DAY))
    async with asyncio.timeout(30):
        while not await truth.fetchval("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"):
            await asyncio.sleep(0.01)

    hold = await officer.post("/legal_holds", json={"thing": "member", "thing_id": str(member.id), "cause": "案号 17"})
    await truth.execute("SELECT pg_advisory_unlock(7)")
    await under_way

    assert hold.status_code == 201
    assert await truth.fetchval(f"SELECT count(phone) FROM {things}") == 1


async def test_a_hold_is_the_officers_and_on_a_thing_that_there_is(database: Database, officer: httpx2.AsyncClient) -> None:
    member = await left(database)
    hold = {"thing": "member", "thing_id": str(member.id), "cause": "行政复议 2026-17"}

    async with toolshed.served(database) as clerk:
        by_clerk = await clerk.post("/legal_holds", json=hold)
    unknown = await officer.post("/legal_holds", json={**hold, "thing": "friend"})
    nowhere = await officer.post("/legal_holds", json={**hold, "thing_id": str(new_id())})
    await officer.post("/legal_holds", json=hold)

    assert [(a.status_code, a.json()["code"]) for a in (by_clerk, unknown, nowhere)] == [
        (403, "insufficient_scope"),
        (422, "no_such_thing"),
        (404, "not_found"),
    ]
    assert [line["cause"] for line in (await officer.get("/legal_holds")).json()["items"]] == ["行政复议 2026-17"]


async def test_a_command_under_way_does_not_bring_back_what_went(database: Database, truth: Truth) -> None:
    member = await left(database)
    db, runs = work(database), 0

    async def greet() -> None:
        nonlocal runs
        runs += 1
        async with db.command(CLERK, members, member.id) as tx:
            if runs == 1:
                await purge(database, metadata, LEFT + 181 * DAY)
            tx.update(tx.row, nickname="老张", phone=tx.row.phone)

    await done(db, greet)

    assert runs == 2
    assert tuple(await truth.fetchrow("SELECT nickname, phone FROM member WHERE id = $1", member.id) or ()) == ("老张", None)


async def test_what_is_in_use_is_not_deleted(database: Database, truth: Truth) -> None:
    tool_id = await a_tool(database)

    await purge(database, metadata, dt.datetime(2199, 1, 1, tzinfo=dt.UTC))

    assert await truth.fetchval("SELECT count(*) FROM tool WHERE id = $1", tool_id) == 1


async def lived(truth: Truth, now: dt.datetime, *ago: int) -> None:
    """Let the service have run so many days ago, and on no others."""
    await truth.execute("TRUNCATE lived_day")
    days = [now.date() - days * DAY for days in ago]
    await truth.executemany("INSERT INTO lived_day (lived_on) VALUES ($1)", [(day,) for day in days])


@pytest.mark.parametrize(
    ("ago", "is_believed", "said"),
    [
        pytest.param(range(1, 400), True, None, id="day after day"),
        pytest.param(range(2, 400, 7), True, None, id="once a week"),
        pytest.param([], False, logging.INFO, id="new"),
        pytest.param(range(1, 7), False, logging.INFO, id="six days old"),
        pytest.param(range(1, 8), True, None, id="a week old"),
        pytest.param(range(5 * 365, 6 * 365), False, logging.CRITICAL, id="the clock is five years ahead"),
        pytest.param([0, 1, *range(5 * 365, 6 * 365)], False, logging.CRITICAL, id="and still on the third day"),
        pytest.param(range(30, 400), False, logging.CRITICAL, id="stopped for a month"),
        pytest.param([*range(1, 8), *range(38, 400)], True, None, id="a month ago, and it runs for a week again"),
        pytest.param([-3650, *range(1, 400)], True, None, id="the clock was put back"),
    ],
)
async def test_a_date_is_believed_by_who_lived_through_the_week_before(
    database: Database,
    truth: Truth,
    caplog: pytest.LogCaptureFixture,
    ago: Sequence[int],
    said: int | None,
    *,
    is_believed: bool,
) -> None:
    now = dt.datetime(2026, 7, 6, 8, tzinfo=dt.UTC)
    await lived(truth, now, *ago)
    caplog.set_level(logging.INFO, "gridwhistle.common.lived")

    answers = [await believed(database, "toolshed", now) for _ in "12"]

    assert answers == [is_believed] * 2
    assert [record.levelno for record in caplog.records] == [said] * 2 * (said is not None)
    assert await truth.fetchval("SELECT count(*) FROM lived_day WHERE lived_on = $1", now.date()) == 1


@pytest.mark.parametrize(
    ("ago", "kept"), [pytest.param(range(400, 800), 1, id="in doubt"), pytest.param(range(20), 0, id="believed")]
)
async def test_a_round_takes_nothing_by_its_age_while_the_clock_is_in_doubt(
    database: Database, truth: Truth, ago: Sequence[int], kept: int
) -> None:
    now = await database.now()
    member = await left(database, now - 181 * DAY)
    await lived(truth, now, *ago)

    await make_a_round(database, "toolshed", metadata)

    assert await truth.fetchval("SELECT count(phone) FROM member WHERE id = $1", member.id) == kept
    assert await truth.fetchval(DOUBTED) == kept
