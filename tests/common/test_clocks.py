"""Clocks: states start and stop them, pauses and extensions move them, and each of their stages fires once."""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock
from uuid import UUID, uuid4

import asyncpg
import pytest

from gridwhistle.common.clocks import Limit, NoClockRuns
from gridwhistle.common.commands import Command
from gridwhistle.common.database import Database
from gridwhistle.common.firing import Firing
from gridwhistle.common.overdue import clocks_of, list_overdue_clocks
from gridwhistle.common.principal import Principal
from gridwhistle.common.rows import Row
from gridwhistle.common.rulebook import CalendarDay, PutInDays, SetRule, put_in_calendar_days, set_rule
from gridwhistle.common.wire import PageQuery
from tests import toolshed
from tests.counties import a_county
from tests.toolshed import Bring, Turn, bring, done, lend, turn, work

pytestmark = pytest.mark.anyio
Truth = "asyncpg.Connection[Any]"
KEY = "toolshed.return"
CLERK = Principal(id="clerk", roles=toolshed.ROLES, areas=("99",))
LONG_AGO = dt.datetime(2026, 3, 9, 2, tzinfo=dt.UTC)  # a Monday, 10:00


@pytest.fixture
def firing(database: Database) -> Firing:
    """Return the loop of the toolshed's clocks, to be turned by hand."""
    return Firing("toolshed", database, toolshed.metadata, {})


async def a_tool(database: Database, **how: Any) -> UUID:
    return (await bring(Bring(**how), CLERK, work(database))).id


async def turned(database: Database, tool: UUID, **how: Any) -> None:
    db = work(database)
    await done(db, lambda: turn(tool, Turn(**how), CLERK, db))


async def lent(database: Database, *, as_of: dt.datetime | None = None, **how: Any) -> UUID:
    """Return a tool that was lent, at a moment or now."""
    tool = await a_tool(database, **how)
    await lend(tool, CLERK, work(database, as_of=as_of))
    return tool


async def clocks_in(truth: Truth, tool: UUID) -> list[asyncpg.Record]:
    return await truth.fetch("SELECT * FROM clock WHERE owner_id = $1 ORDER BY started_at", tool)


async def changed(database: Database, tool: UUID, block: Callable[[Command, Row], Awaitable[None]], **how: Any) -> None:
    db = work(database, **how)

    async def run() -> None:
        async with db.command(CLERK, toolshed.tools, tool) as tx:
            await block(tx, tx.row)

    await done(db, run)


async def fired(firing: Firing) -> None:
    while await firing.fire():
        pass


async def test_a_state_starts_its_clock_and_leaving_it_stops_it(database: Database, truth: Truth) -> None:
    tool = await lent(database)
    [running] = await clocks_in(truth, tool)

    await turned(database, tool)

    [stopped] = await clocks_in(truth, tool)
    assert (running["rule_key"], running["amount"], running["unit"]) == (KEY, 5, "work_day_legal")
    assert running["started_at"] < running["warn_at"] == running["next_at"] < running["due_at"]
    assert (running["stopped_at"], stopped["next_at"]) == (None, None)
    assert stopped["stopped_at"] is not None


async def test_a_clock_of_two_states_runs_on_from_one_to_the_other(database: Database, truth: Truth) -> None:
    tool = await lent(database)
    [before] = await clocks_in(truth, tool)

    await toolshed.service(tool, CLERK, work(database))

    assert await clocks_in(truth, tool) == [before]


async def set_again(tx: Command, tool: Row) -> None:
    await tx.clocks.set_again(tool, KEY, Limit(3, "urgent_hour"))


async def test_a_clock_counts_another_limit_from_now_on(database: Database, truth: Truth) -> None:
    tool = await lent(database)
    await truth.execute("UPDATE clock SET warned_at = now(), breached_at = now(), next_at = NULL WHERE owner_id = $1", tool)

    await changed(database, tool, set_again)

    [clock] = await clocks_in(truth, tool)
    assert (clock["amount"], clock["unit"], clock["warned_at"], clock["breached_at"]) == (3, "urgent_hour", None, None)
    assert clock["due_at"] - clock["started_at"] == dt.timedelta(hours=3)
    assert clock["next_at"] == clock["warn_at"]


async def test_a_clock_that_does_not_run_is_started_by_setting_it_again(database: Database, truth: Truth) -> None:
    tool = await a_tool(database)

    await changed(database, tool, set_again)

    [clock] = await clocks_in(truth, tool)
    assert (clock["amount"], clock["unit"], clock["stopped_at"]) == (3, "urgent_hour", None)


async def test_a_thing_may_say_itself_how_long_its_clocks_run(
    database: Database, truth: Truth, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(toolshed.tools.info, "limits", lambda _tool, _key, _limit, rule: Limit(rule(KEY).amount, "urgent_hour"))

    [clock] = await clocks_in(truth, await lent(database))

    assert (clock["amount"], clock["unit"]) == (5, "urgent_hour")


async def test_a_refused_command_starts_no_clock(database: Database, truth: Truth) -> None:
    tool = await a_tool(database)

    with pytest.raises(toolshed.Rusty):
        await turned(database, tool, title="rust")

    assert await clocks_in(truth, tool) == []


async def test_a_rule_that_changes_moves_no_clock_that_runs(database: Database, truth: Truth) -> None:
    county = Principal(id="admin", roles=frozenset({"county_admin"}), areas=("990303",))
    first = await lent(database, area_code="990303001001")
    body = SetRule(key=KEY, area_code="990303", value="9", source_ref="county notice 7")

    await set_rule(body, county, work(database))

    second = await lent(database, area_code="990303001001")
    assert [clock["amount"] for tool in (first, second) for clock in await clocks_in(truth, tool)] == [5, 9]


async def test_a_pause_gives_back_what_was_left(database: Database, truth: Truth) -> None:
    tool = await lent(database, as_of=LONG_AGO)
    wednesday, next_monday = LONG_AGO + dt.timedelta(days=2), LONG_AGO + dt.timedelta(days=7)
    await changed(database, tool, lambda tx, row: tx.clocks.pause(row, KEY), as_of=wednesday)
    [paused] = await clocks_in(truth, tool)

    await changed(database, tool, lambda tx, row: tx.clocks.resume(row, KEY), as_of=next_monday)

    [resumed] = await clocks_in(truth, tool)
    assert (paused["paused_at"], paused["next_at"]) == (wednesday, None)
    # Due on the next Monday at close; of forty hours from Tuesday on, ten were used when it was paused.
    assert paused["due_at"] == dt.datetime(2026, 3, 16, 10, tzinfo=dt.UTC)
    assert (resumed["paused_at"], resumed["due_at"]) == (None, dt.datetime(2026, 3, 19, 10, tzinfo=dt.UTC))


async def test_an_extension_gives_the_limit_once_more_and_warns_anew(database: Database, truth: Truth, firing: Firing) -> None:
    tool = await lent(database, as_of=LONG_AGO)
    await firing.fire()

    await changed(database, tool, lambda tx, row: tx.clocks.extend(row, KEY))

    [clock] = await clocks_in(truth, tool)
    assert clock["due_at"] == dt.datetime(2026, 3, 23, 10, tzinfo=dt.UTC)
    assert (clock["extended_times"], clock["warned_at"], clock["next_at"]) == (1, None, clock["warn_at"])


async def test_rework_gets_half_of_the_limit_at_least(database: Database, truth: Truth) -> None:
    tool = await lent(database, as_of=LONG_AGO)
    await changed(database, tool, _stop, as_of=dt.datetime(2026, 3, 16, 9, tzinfo=dt.UTC))

    await changed(database, tool, start_again, as_of=dt.datetime(2026, 3, 17, 0, tzinfo=dt.UTC))

    _, again = await clocks_in(truth, tool)
    assert (again["minutes"], again["due_at"]) == (1_200, dt.datetime(2026, 3, 19, 4, tzinfo=dt.UTC))


async def start_again(tx: Command, row: Row) -> None:
    tx.clocks.start(row, KEY, await tx.clocks.rework(row, KEY))


async def _stop(tx: Command, row: Row) -> None:
    tx.clocks.stop(row, KEY)


async def test_what_does_not_run_cannot_be_paused_or_resumed(database: Database) -> None:
    tool, resting = await lent(database), await a_tool(database)

    with pytest.raises(NoClockRuns):
        await changed(database, resting, lambda tx, row: tx.clocks.pause(row, KEY))
    with pytest.raises(NoClockRuns):
        await changed(database, tool, lambda tx, row: tx.clocks.resume(row, KEY))


async def test_a_clock_fires_each_stage_once_and_tells_of_it(database: Database, truth: Truth, firing: Firing) -> None:
    tool = await lent(database, as_of=LONG_AGO)

    await fired(firing)

    [clock] = await clocks_in(truth, tool)
    told = await truth.fetch(
        "SELECT envelope->>'type' AS type, envelope->'data'->>'percent' AS percent, envelope->'data'->>'stage' AS stage"
        " FROM outbox WHERE aggregate_id = $1 AND envelope->>'type' LIKE '%clock%' ORDER BY event_no",
        tool,
    )
    audited = await truth.fetch("SELECT action FROM audit WHERE object_id = $1 AND reason LIKE $2 ORDER BY id", tool, f"{KEY}%")
    assert None not in (clock["warned_at"], clock["breached_at"], clock["escalated_at"], clock["listed_at"])
    assert clock["next_at"] is None
    # The toolshed declares no event for escalations; they are in the audit all the same.
    assert [tuple(row) for row in told] == [
        ("gw.toolshed.tool.clock_warned.v1", "80", "return"),
        ("gw.toolshed.tool.clock_breached.v1", "100", "return"),
    ]
    assert [row["action"] for row in audited] == ["clock_warned", "clock_breached", "clock_escalated", "clock_escalated"]


async def test_two_processes_fire_a_clock_once(database: Database, elsewhere: Database, truth: Truth) -> None:
    tools = [await lent(database, as_of=LONG_AGO) for _ in range(8)]
    loops = [Firing("toolshed", process, toolshed.metadata, {}) for process in (database, elsewhere)]

    await asyncio.gather(*(fired(loop) for loop in loops))

    told = await truth.fetchval(
        "SELECT count(*) FROM outbox WHERE aggregate_id = ANY($1) AND envelope->>'type' LIKE '%clock%'", tools
    )
    assert told == 16


async def test_a_clock_that_is_stopped_fires_no_more(database: Database, truth: Truth, firing: Firing) -> None:
    tool = await lent(database, as_of=LONG_AGO)
    await turned(database, tool)

    await fired(firing)

    [clock] = await clocks_in(truth, tool)
    assert clock["warned_at"] is None


async def test_a_service_does_its_own_thing_when_a_clock_fires(database: Database, truth: Truth) -> None:
    async def fetch_it(tx: Command, tool: Row, _clock: Row, percent: int) -> None:
        if percent == 200:
            tx.move(tool, toolshed.TOOL.step(tool, "take_back", CLERK), reason="it was fetched")

    tool = await lent(database, as_of=LONG_AGO)

    await fired(Firing("toolshed", database, toolshed.metadata, {KEY: fetch_it}))

    assert await truth.fetchval("SELECT state FROM tool WHERE id = $1", tool) == "idle"
    [clock] = await clocks_in(truth, tool)
    assert clock["listed_at"] == clock["stopped_at"]


async def test_a_mistake_in_one_clock_does_not_stop_the_others(database: Database, truth: Truth) -> None:
    async def stumble(_tx: Command, tool: Row, _clock: Row, _percent: int) -> None:
        if tool.title == "broken":
            raise ZeroDivisionError

    bad, good = await lent(database, as_of=LONG_AGO, title="broken"), await lent(database, as_of=LONG_AGO)

    await fired(Firing("toolshed", database, toolshed.metadata, {KEY: stumble}))

    warned = {tool: (await clocks_in(truth, tool))[0]["warned_at"] is not None for tool in (bad, good)}
    assert warned == {bad: False, good: True}
    await turned(database, bad)  # so that other tests do not meet it


@pytest.mark.parametrize(
    ("looks", "held"),
    [
        pytest.param([(0, 0), (1, 0), (2, 60)], [False, False, True], id="an hour forward"),
        pytest.param([(0, 0), (1, 9)], [False, False], id="nine minutes forward"),
        pytest.param([(0, 0), (1, -60), (2, -60)], [False, False, False], id="an hour back"),
        pytest.param([(0, 0), (1, 60), (30, 60), (59, 60)], [False, True, True, True], id="it stays so for an hour"),
        pytest.param([(0, 0), (1, 60), (30, 60), (31, 0)], [False, True, True, False], id="until it is put back"),
        pytest.param([(0, 0), (1, 60), (62, 60), (63, 60)], [False, True, False, False], id="after an hour it is the time"),
        pytest.param([(0, 0), (1, 60), (62, 60), (63, 120)], [False, True, False, True], id="and may jump again"),
    ],
)
async def test_nothing_fires_after_the_databases_clock_has_jumped(
    firing: Firing, database: Database, monkeypatch: pytest.MonkeyPatch, looks: list[tuple[int, int]], held: list[bool]
) -> None:
    """A look is how many minutes passed, and by how many the database's clock is ahead then."""
    seen = []
    for minutes, ahead in looks:
        at = dt.datetime(2026, 7, 6, tzinfo=dt.UTC) + dt.timedelta(minutes=minutes + ahead)
        with monkeypatch.context() as clocks:
            clocks.setattr(database, "run", AsyncMock(return_value=[[at]]))
            clocks.setattr("gridwhistle.common.firing.time", SimpleNamespace(monotonic=lambda now=60 * minutes: now))
            seen.append(await firing.jumped())

    assert seen == held


async def test_a_calendar_day_that_is_put_in_moves_the_clocks_that_it_concerns(
    database: Database, truth: Truth, firing: Firing
) -> None:
    county = Principal(id="admin", roles=frozenset({"county_admin"}), areas=("990404",))
    far = dt.datetime(2040, 3, 5, 2, tzinfo=dt.UTC)  # nobody knows that year's notice yet; a Monday
    here = await lent(database, as_of=far, area_code="990404001001")
    elsewhere = await lent(database, as_of=far)
    days = [CalendarDay(date=dt.date(2040, 3, 7), is_workday=False, name="县庆")]
    await put_in_calendar_days(
        PutInDays(area_code="990404", source_ref="county notice 8", of_notice=True, days=days), county, work(database)
    )

    await firing.apply_calendar(settled_s=-1)

    [moved], [same] = await clocks_in(truth, here), await clocks_in(truth, elsewhere)
    assert (moved["due_at"], moved["is_provisional"]) == (dt.datetime(2040, 3, 13, 10, tzinfo=dt.UTC), False)
    assert (same["due_at"], same["is_provisional"]) == (dt.datetime(2040, 3, 12, 10, tzinfo=dt.UTC), True)
    assert moved["next_at"] == moved["warn_at"]
    audited = await truth.fetchval("SELECT reason FROM audit WHERE object_id = $1 AND action = 'recount_clock'", here)
    assert audited == f"{KEY}: 2040-03-12T10:00:00+00:00 → 2040-03-13T10:00:00+00:00"
    assert await truth.fetchval("SELECT count(*) FROM calendar_day WHERE applied_at IS NULL") == 0


async def test_days_that_change_places_move_the_warning_alone(database: Database, truth: Truth, firing: Firing) -> None:
    county = Principal(id="admin", roles=frozenset({"county_admin"}), areas=("990406",))
    monday = dt.datetime(2040, 3, 5, 2, tzinfo=dt.UTC)
    tool = await lent(database, as_of=monday, area_code="990406001001")
    [before] = await clocks_in(truth, tool)
    days = [
        CalendarDay(date=dt.date(2040, 3, 7), is_workday=False, name="县庆"),
        CalendarDay(date=dt.date(2040, 3, 10), is_workday=True, name="补班"),
    ]
    await put_in_calendar_days(
        PutInDays(area_code="990406", source_ref="county notice 9", of_notice=False, days=days), county, work(database)
    )

    await firing.apply_calendar(settled_s=-1)

    [after] = await clocks_in(truth, tool)
    assert (after["due_at"], after["is_provisional"]) == (before["due_at"], before["is_provisional"])
    assert before["warn_at"] < after["warn_at"] == after["next_at"]
    audited = await truth.fetchval("SELECT reason FROM audit WHERE object_id = $1 AND action = 'recount_clock'", tool)
    assert audited == f"{KEY}, warning: {before['warn_at'].isoformat()} → {after['warn_at'].isoformat()}"


async def test_a_breach_stays_whatever_the_calendar_says_later(database: Database, truth: Truth, firing: Firing) -> None:
    county = Principal(id="admin", roles=frozenset({"county_admin"}), areas=("990505",))
    tool = await lent(database, as_of=LONG_AGO, area_code="990505001001")
    await fired(firing)
    before = await clocks_in(truth, tool)
    days = [CalendarDay(date=dt.date(2026, 3, 11), is_workday=False, name="县庆")]
    await put_in_calendar_days(PutInDays(area_code="990505", source_ref="notice 9", days=days), county, work(database))

    await firing.apply_calendar(settled_s=-1)

    assert await clocks_in(truth, tool) == before


async def test_a_clock_explains_itself_in_the_callers_language(database: Database) -> None:
    tool = await lent(database, as_of=LONG_AGO)
    await changed(database, tool, lambda tx, row: tx.clocks.pause(row, KEY), as_of=LONG_AGO + dt.timedelta(days=2))

    [zh] = (await clocks_of(work(database), Row(toolshed.tools, {"id": tool}, None))).items
    [en] = (await clocks_of(work(database, language="en"), Row(toolshed.tools, {"id": tool}, None))).items

    assert zh.explanation == [
        "2026-03-09(周一) 10:00 开始计时;时限:5 工作日(法定)。",
        "暂停中:已用 600 分钟,恢复后尚余 1800 分钟。",
    ]
    assert en.explanation[1] == "It is paused: 600 minutes are used, 1800 are left."
    assert (en.stage, en.used_minutes) == ("return", 600)


async def test_what_ends_while_it_rests_has_used_no_more_than_before(database: Database, truth: Truth) -> None:
    tool, wednesday = await lent(database, as_of=LONG_AGO), LONG_AGO + dt.timedelta(days=2)
    await changed(database, tool, lambda tx, row: tx.clocks.pause(row, KEY), as_of=wednesday)
    await changed(database, tool, _stop, as_of=LONG_AGO + dt.timedelta(days=9))

    [en] = (await clocks_of(work(database, language="en"), Row(toolshed.tools, {"id": tool}, None))).items
    await changed(database, tool, start_again, as_of=LONG_AGO + dt.timedelta(days=10))

    assert en.used_minutes == 600
    assert en.explanation[1] == "It ended while it was paused: 600 minutes were used."
    assert [clock["minutes"] for clock in await clocks_in(truth, tool)] == [None, 1_800]


async def test_what_is_overdue_is_listed_whether_it_fired_or_not(database: Database, firing: Firing) -> None:
    area = a_county()
    operator = Principal(id="operator", roles=frozenset({"sysadmin"}), areas=(area,))
    first = await lent(database, as_of=LONG_AGO, area_code=f"{area}001001")
    await fired(firing)
    second = await lent(database, as_of=LONG_AGO, area_code=f"{area}001001")
    back = await lent(database, as_of=LONG_AGO, area_code=f"{area}001001")
    await turned(database, back)
    await lent(database, area_code=f"{area}001001")

    page = await list_overdue_clocks(PageQuery(), operator, work(database))

    assert {clock.owner_id: clock.breached_at is not None for clock in page.items} == {first: True, second: False}
    await turned(database, second)


async def test_a_thing_is_overdue_from_a_breach_until_its_clock_stops(database: Database, truth: Truth, firing: Firing) -> None:
    tool = await lent(database, as_of=LONG_AGO)
    before = await overdue_since(truth, tool)

    await fired(firing)
    [clock] = await clocks_in(truth, tool)
    late = await overdue_since(truth, tool)
    await turned(database, tool)

    assert [before, late, await overdue_since(truth, tool)] == [None, clock["breached_at"], None]


async def test_a_thing_stays_overdue_while_another_of_its_clocks_is_past_its_limit(
    database: Database, truth: Truth, firing: Firing
) -> None:
    tool = await lent(database, as_of=LONG_AGO)
    await truth.execute(
        "INSERT INTO clock"
        " SELECT (json_populate_record(clock, json_build_object('id', $2::uuid, 'rule_key', 'toolshed.other'))).*"
        " FROM clock WHERE owner_id = $1",
        *(tool, uuid4()),
    )
    await fired(firing)

    await turned(database, tool)

    [other] = [clock for clock in await clocks_in(truth, tool) if clock["stopped_at"] is None]
    assert await overdue_since(truth, tool) == other["breached_at"]


async def test_what_is_overdue_is_noted_anew_when_a_service_starts(database: Database, truth: Truth, firing: Firing) -> None:
    late, idle = await lent(database, as_of=LONG_AGO), await a_tool(database)
    await fired(firing)
    since = await overdue_since(truth, late)
    await truth.execute("UPDATE tool SET overdue_since = NULL WHERE id = $1", late)
    await truth.execute("UPDATE tool SET overdue_since = now() WHERE id = $1", idle)

    await firing.note_overdue()

    assert (await overdue_since(truth, late), await overdue_since(truth, idle)) == (since, None)


async def overdue_since(truth: Truth, tool: UUID) -> dt.datetime | None:
    since: dt.datetime | None = await truth.fetchval("SELECT overdue_since FROM tool WHERE id = $1", tool)
    return since


async def test_what_is_told_of_the_past_starts_no_clock(database: Database, truth: Truth) -> None:
    tool = await a_tool(database)

    await lend(tool, CLERK, work(database, as_of=LONG_AGO, starts_clocks=False))

    assert await clocks_in(truth, tool) == []
    at = await truth.fetch("SELECT at FROM history WHERE thing_id = $1 ORDER BY id", tool)
    audited = await truth.fetch("SELECT at FROM audit WHERE object_id = $1 ORDER BY id", tool)
    assert at[1]["at"] == LONG_AGO
    assert audited[1]["at"] > audited[0]["at"], "the audit says when it was told"
