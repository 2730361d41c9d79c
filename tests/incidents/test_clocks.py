"""The clocks of incidents over HTTP: each stage has one, it explains itself, and what is late is told to other services."""

from collections.abc import Callable
from typing import Any

import anyio
import asyncpg
import pytest

from tests.conftest import RunningSuite

INCIDENTS = "/incidents/v1/incidents"
MONDAY = "2026-03-09T10:00:00+08:00"
Wait = Callable[[Callable[[], bool]], None]


@pytest.fixture
def incident(suite: RunningSuite) -> str:
    """Return an incident that was reported on a Monday long ago."""
    report = {"title": "井盖缺失", "location": {"lon": 120.152, "lat": 30.272}}
    made: str = suite.person("town_acceptor").post(INCIDENTS, report, As_Of=MONDAY).json()["id"]
    return made


def clocks(suite: RunningSuite, incident: str, **headers: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = suite.person("town_acceptor").get(f"{INCIDENTS}/{incident}/clocks", **headers).json()["items"]
    return items


def test_each_stage_has_its_clock(suite: RunningSuite, incident: str) -> None:
    acceptor, dispatcher = suite.person("town_acceptor"), suite.person("town_dispatcher")
    acceptor.post(f"{INCIDENTS}/{incident}/accept", {}, As_Of="2026-03-09T10:05:00+08:00")
    acceptor.post(f"{INCIDENTS}/{incident}/file", {"category": "C-0101"}, As_Of="2026-03-09T10:10:00+08:00")
    dispatcher.post(f"{INCIDENTS}/{incident}/dispatch", {"lead_org": "990101-water"}, As_Of="2026-03-09T10:20:00+08:00")
    suite.person("dept_desk").post(
        f"{INCIDENTS}/{incident}/sign", {"handler_id": "demo-dept_handler"}, As_Of="2026-03-09T11:00:00+08:00"
    )

    by_stage = {clock["stage"]: clock for clock in clocks(suite, incident)}

    assert list(by_stage) == ["accept", "file", "dispatch", "handle", "sign"]
    assert [stage for stage, clock in by_stage.items() if clock["stopped_at"] is None] == ["handle"]
    assert by_stage["sign"]["used_minutes"] == 40
    assert by_stage["handle"]["due_at"] == "2026-03-16T10:00:00Z"


def test_a_clock_explains_itself_in_the_language_that_is_asked_for(suite: RunningSuite, incident: str) -> None:
    [english] = clocks(suite, incident)
    [chinese] = clocks(suite, incident, Accept_Language="zh")

    assert english["explanation"] == [
        "Starts Mon 2026-03-09 10:00; the limit: 15 minutes, day and night.",
        "Counts day and night, 15 minutes, to Mon 2026-03-09 10:15.",
        "Due Mon 2026-03-09 10:15.",
    ]
    assert chinese["explanation"][2] == "到期:2026-03-09(周一) 10:15。"


def test_another_county_sees_no_clocks(suite: RunningSuite, incident: str) -> None:
    stranger = suite.somebody("town_acceptor", "990202")

    assert stranger.get(f"{INCIDENTS}/{incident}/clocks").status_code == 404


def test_what_is_late_is_told_by_itself(suite: RunningSuite, incident: str, eventually: Wait) -> None:
    eventually(lambda: clocks(suite, incident)[0]["listed_at"] is not None)

    async def told() -> list[Any]:
        connection = await asyncpg.connect(suite.postgres.url("incidents"))
        try:
            return await connection.fetch(
                "SELECT envelope->>'type' AS type FROM outbox WHERE aggregate_id = $1 ORDER BY event_no", incident
            )
        finally:
            await connection.close()

    assert [row["type"].removeprefix("gw.incidents.incident.") for row in anyio.run(told)] == [
        "reported.v1",
        "clock_warned.v1",
        "clock_breached.v1",
        "clock_escalated.v1",
        "clock_escalated.v1",
    ]
