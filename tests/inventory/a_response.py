"""Responses as tests need them: who takes part, what they send, and how the database is asked."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import asyncpg
import orjson

from tests.conftest import Loop, Person, RunningSuite
from tests.inventory.a_warning import BASE, said

COUNTY = "990405"
AREA = f"{COUNTY}000000"
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
Wait = Callable[[Callable[[], bool]], None]
People = Callable[..., Person]
DUTY, OFFICE, DEPUTY, HEAD = "county_duty", "office_director", "deputy_commander", "emergency_commander"
RUNNING_CLOCKS = "SELECT rule_key, due_at, next_at FROM clock WHERE owner_id = $1 AND stopped_at IS NULL"


def made(answer: Any) -> dict[str, Any]:
    assert answer.status_code in {200, 201}, answer.text
    content: dict[str, Any] = answer.json()
    return content


def code_of(answer: Any) -> str:
    assert answer.status_code >= 400, answer.text
    return str(answer.json()["code"])


def a_proposal(**more: Any) -> dict[str, Any]:
    return {"event_class": "natural_disaster", "areas": [AREA], "reason": "暴雨红色预警,低洼地带需转移群众", **more}


def a_decision(**more: Any) -> dict[str, Any]:
    return {"expected_until": said(2 * DAY), "measures": ["warn_public", "ready_shelters"], **more}


def some_volunteers(**more: Any) -> dict[str, Any]:
    return {"service_code": "sandbags", "people_needed": 30, "start_at": said(HOUR), "end_at": said(7 * HOUR), **more}


def proposed(people: People, **more: Any) -> str:
    id_: str = made(people(DUTY).post(f"{BASE}/responses", a_proposal(**more)))["id"]
    return id_


def due_of(line: dict[str, Any]) -> dt.datetime:
    return dt.datetime.fromisoformat(line["due_at"])


def rows(suite: RunningSuite, background: Loop, sql: str, value: str) -> list[Any]:
    async def fetch() -> list[Any]:
        connection = await asyncpg.connect(suite.postgres.url("inventory"))
        try:
            return list(await connection.fetch(sql, value))
        finally:
            await connection.close()

    return list(background.run(fetch()))


def told_of(suite: RunningSuite, background: Loop, id_: str) -> list[dict[str, Any]]:
    sql = "SELECT envelope FROM outbox WHERE aggregate_id = $1 ORDER BY event_no"
    return [orjson.loads(row["envelope"]) for row in rows(suite, background, sql, id_)]
