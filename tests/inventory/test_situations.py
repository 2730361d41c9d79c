"""Reports of a disaster: townships and the county owe them at once, each day and at the end, and zero is one."""

import datetime as dt

import pytest

from gridwhistle.common.calendars import LOCAL
from tests.conftest import Loop, RunningSuite
from tests.inventory.a_response import (
    AREA,
    COUNTY,
    DAY,
    DUTY,
    HOUR,
    OFFICE,
    RUNNING_CLOCKS,
    People,
    Wait,
    a_decision,
    code_of,
    due_of,
    made,
    proposed,
    rows,
    told_of,
)
from tests.inventory.a_warning import BASE, said

TOWNS = (f"{COUNTY}001000", f"{COUNTY}002000")


@pytest.fixture(scope="module")
def towns(suite: RunningSuite) -> None:
    """Let personnel tell of two townships."""
    admin = suite.somebody("county_admin", COUNTY)
    for code, level in ((AREA, "county"), *((town, "township") for town in TOWNS)):
        answer = admin.post("/personnel/v1/areas", {"area_code": code, "level": level, "name": "示例"})
        assert answer.status_code in {201, 409}, answer.text


# --- reports -----------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("towns")
def test_townships_and_the_county_report_at_once_each_day_and_at_the_end(
    people: People, suite: RunningSuite, background: Loop, eventually: Wait
) -> None:
    eventually(lambda: len(rows(suite, background, "SELECT 1 FROM known_area WHERE area_code LIKE $1", f"{COUNTY}%")) == 3)
    path = f"{BASE}/responses/{proposed(people, level='iv')}"
    response = made(people(OFFICE).post(f"{path}/decide", a_decision()))
    listed = made(people(DUTY).get(f"{BASE}/situations?response_id={response['id']}"))["items"]
    by_area = {line["area_code"]: line for line in listed}

    assert by_area.keys() == {AREA, *TOWNS}
    began = dt.datetime.fromisoformat(response["decided_at"])
    assert [due_of(by_area[code]) - began for code in (TOWNS[0], AREA)] == [HOUR, 2 * HOUR]
    officer, situation = people("disaster_info_officer", TOWNS[0][:9]), f"{BASE}/situations/{by_area[TOWNS[0]]['id']}"
    other = f"{BASE}/situations/{by_area[TOWNS[1]]['id']}"
    assert officer.post(f"{other}/report", {}).status_code == 404

    first = made(officer.post(f"{situation}/report", {"relocated": 120, "houses_damaged": 7, "crop_hectares": "12.50"}))
    assert (first["state"], first["relocated"], first["crop_hectares"], first["skips_level"]) == ("daily", 120, "12.500", False)
    local = due_of(first).astimezone(LOCAL)
    assert (local.hour, local.minute) == (8, 0)
    assert dt.timedelta(0) < local - dt.datetime.now(LOCAL) <= DAY

    # Before eight in the morning the next report is today's; what has data of today counts for it.
    to_midnight = local.replace(hour=0) - dt.timedelta(seconds=1)
    data_to = min(dt.datetime.now(LOCAL) - dt.timedelta(seconds=1), to_midnight).isoformat()
    extra = made(officer.post(f"{situation}/report", {"dead": 6, "missing": 4, "relocated": 200, "data_to": data_to}))
    assert (extra["skips_level"], extra["due_at"]) == (True, first["due_at"])
    totals = made(people(DUTY).get(f"{path}/totals"))
    assert (totals["relocated"], totals["dead"], totals["townships"], totals["reported"]) == (200, 6, 2, 1)

    county = f"{BASE}/situations/{by_area[AREA]['id']}"
    zero = made(people(DUTY).post(f"{county}/report", {}))
    assert (zero["state"], zero["relocated"], due_of(zero).astimezone(LOCAL).hour) == ("daily", 0, 9)
    made(people(OFFICE).post(f"{path}/lift", {"reason": "险情解除"}))
    [clock] = rows(suite, background, RUNNING_CLOCKS, by_area[TOWNS[0]]["id"])
    assert due_of(made(officer.get(situation))) == clock["due_at"]
    final = made(officer.post(f"{situation}/report", {"missing": 0}))
    assert (final["state"], final["actions"], final["due_at"]) == ("done", [], None)
    assert (final["dead"], final["missing"], final["relocated"], final["skips_level"]) == (6, 0, 200, False)
    reports = made(officer.get(f"{situation}/past_reports"))["items"]
    assert [line["kind"] for line in reports] == ["first", "continued", "final"]
    assert (due_of(reports[-1]), reports[-1]["is_late"]) == (clock["due_at"], False)
    clocks = {row["rule_key"] for row in rows(suite, background, RUNNING_CLOCKS, by_area[TOWNS[1]]["id"])}
    assert clocks == {"inventory.report_final"}


def test_a_report_of_tomorrow_or_of_long_ago_is_none(people: People) -> None:
    response = made(people(OFFICE).post(f"{BASE}/responses/{proposed(people, level='iv')}/decide", a_decision()))
    [county] = [
        line
        for line in made(people(DUTY).get(f"{BASE}/situations?response_id={response['id']}"))["items"]
        if line["level"] == "county"
    ]

    for when in (HOUR, -2 * DAY):
        body = {"data_to": said(when)}
        assert code_of(people(DUTY).post(f"{BASE}/situations/{county['id']}/report", body)) == "data_ahead"


def test_a_day_without_a_report_is_counted_and_the_next_becomes_due(
    people: People, suite: RunningSuite, background: Loop, eventually: Wait
) -> None:
    response = made(people(OFFICE).post(f"{BASE}/responses/{proposed(people, level='iv')}/decide", a_decision()))
    lines = made(people(DUTY).get(f"{BASE}/situations?response_id={response['id']}"))["items"]
    id_ = next(line["id"] for line in lines if line["level"] == "county")
    path = f"{BASE}/situations/{id_}"
    due = due_of(made(people(DUTY).post(f"{path}/report", {})))

    past = "UPDATE clock SET warned_at = now(), next_at = now() WHERE owner_id = $1 AND stopped_at IS NULL RETURNING 1"
    rows(suite, background, past, id_)

    eventually(lambda: made(people(DUTY).get(path))["missed_times"] == 1)
    assert due_of(made(people(DUTY).get(path))) == due + DAY
    told = [event for event in told_of(suite, background, id_) if event["type"].endswith("report_due.v1")]
    assert [event["data"]["is_overdue"] for event in told] == [False, True]
    assert {event["correlationid"] for event in told[1:]} == {response["correlation_id"]}
    for _ in range(2):
        assert due_of(made(people(DUTY).post(f"{path}/report", {}))) == due + DAY
    _, late, early = made(people(DUTY).get(f"{path}/past_reports"))["items"]
    assert [(due_of(line), line["is_late"]) for line in (late, early)] == [(due, True), (due + DAY, False)]
