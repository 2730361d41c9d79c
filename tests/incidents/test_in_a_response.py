"""During a response (应急响应) what is reported in its areas is part of it, and its clocks run day and night."""

import datetime as dt
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import anyio
import asyncpg
import pytest

from gridwhistle.common.clocks import Limit
from gridwhistle.incidents.limits import PRESETS, in_a_response
from gridwhistle.incidents.urgent import Running, covering
from tests.conftest import Person, RunningSuite
from tests.inventory.a_warning import BASE, said

COUNTY, OTHER = "990408", "990409"
TOWN = f"{COUNTY}001"
INCIDENTS = "/incidents/v1/incidents"
Wait = Callable[[Callable[[], bool]], None]
WORKING_DAYS, TWO_HOURS = Limit(5, "work_day_legal"), Limit(2, "urgent_hour")
BY_KEY = {preset.key: SimpleNamespace(amount=preset.value, unit=preset.unit) for preset in PRESETS}


@pytest.mark.parametrize(
    ("key", "urgency", "limit", "runs"),
    [
        ("incidents.accept", "normal", None, Limit(15, "urgent_minute")),
        ("incidents.dispatch", "normal", None, Limit(15, "urgent_minute")),
        ("incidents.sign", "normal", None, Limit(15, "urgent_minute")),
        ("incidents.verify", "normal", None, Limit(30, "urgent_minute")),
        ("incidents.check", "normal", None, Limit(30, "urgent_minute")),
        ("incidents.handle", "normal", WORKING_DAYS, Limit(24, "urgent_hour")),
        ("incidents.handle", "urgent", None, Limit(24, "urgent_hour")),
        ("incidents.handle", "emergency", WORKING_DAYS, TWO_HOURS),
        ("incidents.handle", "normal", TWO_HOURS, TWO_HOURS),  # as its case standard says
        ("incidents.handle", "normal", Limit(5, "work_day_legal", 120), Limit(5, "work_day_legal", 120)),  # a rework's
        ("incidents.feedback", "normal", None, None),
        ("incidents.archive", "normal", None, None),
        ("incidents.suspension", "normal", Limit(9, "natural_day"), Limit(9, "natural_day")),
    ],
)
def test_stages_run_day_and_night_during_a_response(key: str, urgency: str, limit: Limit | None, runs: Limit | None) -> None:
    reported: Any = SimpleNamespace(response_id="r", urgency=urgency)
    ordinary: Any = SimpleNamespace(response_id=None, urgency=urgency)

    assert in_a_response(reported, key, limit, BY_KEY.__getitem__) == runs  # type: ignore[arg-type]
    assert in_a_response(ordinary, key, limit, BY_KEY.__getitem__) == limit  # type: ignore[arg-type]


def test_a_response_covers_what_lies_in_its_areas() -> None:
    one, other = (Running(name, None, prefixes) for name, prefixes in (("one", ("990408001",)), ("other", ("990408",))))  # type: ignore[arg-type]

    assert covering([one, other], "990408001001001") is one
    assert covering([one, other], "990408002001") is other
    assert covering([one], "990408002001") is None
    assert covering([], "990408001001") is None


@pytest.fixture
def response(suite: RunningSuite) -> dict[str, Any]:
    """Let a response begin in a township."""
    duty, head = suite.somebody("county_duty", COUNTY, subject="d"), suite.somebody("emergency_commander", COUNTY, subject="h")
    proposed = {"event_class": "natural_disaster", "level": "iv", "areas": [f"{TOWN}000"], "reason": "河水上涨"}
    made = duty.post(f"{BASE}/responses", proposed).json()
    decided = {"expected_until": said(dt.timedelta(days=1)), "measures": []}
    begun: dict[str, Any] = head.post(f"{BASE}/responses/{made['id']}/decide", decided).json()
    assert begun["state"] == "active", begun
    return begun


def report(acceptor: Person, area_code: str = f"{TOWN}001") -> dict[str, Any]:
    answer = acceptor.post(INCIDENTS, {"title": "堤坝渗水", "area_code": area_code})
    assert answer.status_code == 201, answer.text
    content: dict[str, Any] = answer.json()
    return content


def test_what_is_reported_while_it_runs_is_part_of_it_and_nothing_afterwards(
    suite: RunningSuite, response: dict[str, Any], eventually: Wait
) -> None:
    acceptor = suite.somebody("town_acceptor", COUNTY)
    rule = {"key": "incidents.accept", "area_code": COUNTY, "value": "600", "source_ref": "示例县规定"}
    assert suite.somebody("county_admin", COUNTY).post("/incidents/v1/rules", rule).status_code in {200, 201}
    eventually(lambda: report(acceptor)["response_id"] == response["id"])

    [clock] = acceptor.get(f"{INCIDENTS}/{report(acceptor)['id']}/clocks").json()["items"]
    assert (clock["amount"], clock["unit"]) == (15, "urgent_minute")
    assert report(acceptor, f"{COUNTY}002001")["response_id"] is None
    past = acceptor.post(INCIDENTS, {"title": "堤坝渗水", "area_code": f"{TOWN}001"}, As_Of="2026-03-09T10:00:00+08:00").json()
    assert past["response_id"] is None

    head = suite.somebody("emergency_commander", COUNTY, subject="h")
    assert head.post(f"{BASE}/responses/{response['id']}/lift", {"reason": "险情解除"}).status_code == 200
    eventually(lambda: report(acceptor)["response_id"] is None)
    [clock] = acceptor.get(f"{INCIDENTS}/{report(acceptor)['id']}/clocks").json()["items"]
    assert (clock["amount"], clock["unit"]) == (600, "urgent_minute")


def test_a_department_signs_within_minutes_and_the_end_says_how_much_was_reported(
    suite: RunningSuite, response: dict[str, Any], eventually: Wait
) -> None:
    acceptor = suite.somebody("town_acceptor", COUNTY)
    eventually(lambda: report(acceptor)["response_id"] == response["id"])
    head = suite.somebody("emergency_commander", COUNTY, subject="h")
    path = f"{BASE}/responses/{response['id']}"

    head.post(f"{path}/lift", {"reason": "险情解除"})

    def thread() -> set[str]:
        return {f"{line['service']} {line['event']}" for line in head.get(f"{path}/timeline").json()["items"]}

    eventually(
        lambda: {"incidents response.urgent_clocks_began", "incidents response.urgent_clocks_ended",
                 "personnel response.roster_counted"} <= thread()
    )  # fmt: skip


def test_what_was_personal_in_it_goes_with_its_session(suite: RunningSuite, response: dict[str, Any], eventually: Wait) -> None:
    acceptor = suite.somebody("town_acceptor", COUNTY)
    eventually(lambda: report(acceptor)["response_id"] == response["id"])
    contact = {"name": "张三丰", "phone": "13800138000"}
    answer = acceptor.post(INCIDENTS, {"title": "被困", "area_code": f"{TOWN}001", "contact": contact})
    assert answer.status_code == 201, answer.text

    async def session() -> str:
        connection = await asyncpg.connect(suite.postgres.url("incidents"))
        try:
            sql = "SELECT emergency_session_id FROM incident WHERE id = $1"
            return str(await connection.fetchval(sql, answer.json()["id"]))
        finally:
            await connection.close()

    assert anyio.run(session) == response["session_id"]
