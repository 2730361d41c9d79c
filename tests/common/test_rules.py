"""Rules as rows: what holds where, from when, and who said so."""

import datetime as dt
from uuid import uuid4

import asyncpg
import pytest

from gridwhistle.common.database import Database
from gridwhistle.common.presets import PRESETS, Preset
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import NotFound, OutsideYourArea
from gridwhistle.common.rulebook import (
    CalendarDay,
    CalendarQuery,
    ConfirmRule,
    InThePast,
    PutInDays,
    RuleQuery,
    SetRule,
    WrongUnit,
    confirm_rule,
    list_calendar_days,
    list_rules,
    put_in_calendar_days,
    set_rule,
)
from gridwhistle.common.rules import RULES, NoSuchValue, Rule, Rules
from tests.counties import a_county
from tests.toolshed import opened, work

pytestmark = pytest.mark.anyio
NOW = dt.datetime(2026, 7, 6, 10, tzinfo=dt.UTC)
OTHER_COUNTY = Principal(id="other", roles=frozenset({"county_admin"}), areas=("990202",))


@pytest.fixture
def county() -> Principal:
    """Return the administrator of a county that no other test knows."""
    return Principal(id="admin", roles=frozenset({"county_admin"}), areas=(a_county(),))


def a_rule(value: str, area_code: str = "", since: dt.datetime = NOW, until: dt.datetime | None = None) -> Rule:
    return Rule(uuid4(), area_code, "", "shed.limit", value, "work_hour", None, "R1", None, since, until, None)


def setting(county: Principal, **given: object) -> SetRule:
    fields = {"key": "toolshed.lend", "value": "8", "source_ref": "county notice 7", "area_code": county.areas[0], **given}
    return SetRule.model_validate(fields)


@pytest.mark.parametrize(
    ("rows", "value"),
    [
        pytest.param([a_rule("1")], "1", id="the nation's alone"),
        pytest.param([a_rule("1"), a_rule("2", "99")], "2", id="the province's over the nation's"),
        pytest.param([a_rule("4", "990101"), a_rule("3", "9901"), a_rule("2", "99")], "4", id="the county's over all"),
        pytest.param([a_rule("1"), a_rule("4", "990202")], "1", id="another county's does not count"),
        pytest.param([a_rule("1"), a_rule("4", "990101", NOW + dt.timedelta(days=1))], "1", id="not before it begins"),
        pytest.param(
            [a_rule("1"), a_rule("4", "990101", NOW - dt.timedelta(days=9), NOW)], "1", id="no longer when it has ended"
        ),
        pytest.param(
            [a_rule("3", since=NOW), a_rule("1", since=NOW - dt.timedelta(days=9))], "3", id="the latest of one place"
        ),
    ],
)
def test_the_most_specific_valid_rule_holds(rows: list[Rule], value: str) -> None:
    assert Rules(rows, []).of("shed.limit", "990101001001", NOW).value == value


async def test_presets_are_put_in_once_and_listed_with_their_source(
    database: Database, elsewhere: Database, county: Principal
) -> None:
    await list_rules(RuleQuery(), county, work(elsewhere))

    listed = await list_rules(RuleQuery(), county, work(database))

    rules = {rule.key: rule for rule in listed.items}
    assert list(rules) == sorted(rules)
    assert [key for key in rules if key not in {preset.key for preset in PRESETS}] == [
        "toolshed.lend",
        "toolshed.return",
        "toolshed.tools_max",
    ]
    assert rules.keys() >= {preset.key for preset in PRESETS}
    assert (rules["toolshed.lend"].value, rules["toolshed.lend"].unit, rules["toolshed.lend"].level) == (
        "4",
        "work_hour",
        "national",
    )


async def test_what_no_document_stands_behind_is_unconfirmed(database: Database, county: Principal) -> None:
    listed = await list_rules(RuleQuery(unconfirmed=True), county, work(database))

    keys = [rule.key for rule in listed.items]
    assert [key for key in keys if key.startswith("toolshed.")] == ["toolshed.lend", "toolshed.tools_max"]
    assert {"retention.r1", "personal.looks_a_day"} <= {*keys}


async def test_a_county_sets_its_own_value_and_no_other_countys(database: Database, county: Principal) -> None:
    await set_rule(setting(county), county, work(database))

    own = await list_rules(RuleQuery(key="toolshed.lend"), county, work(database))
    others = await list_rules(RuleQuery(key="toolshed.lend"), OTHER_COUNTY, work(database))

    assert [(rule.value, rule.level, rule.approved_by) for rule in own.items] == [
        ("8", "county", "admin"),
        ("4", "national", None),
    ]
    assert [rule.value for rule in others.items] == ["4"]


async def test_a_confirmed_rule_is_no_longer_unconfirmed(database: Database, county: Principal) -> None:
    confirmed = await confirm_rule(ConfirmRule(key="toolshed.lend", area_code=county.areas[0]), county, work(database))

    listed = await list_rules(RuleQuery(unconfirmed=True), county, work(database))

    assert (confirmed.value, confirmed.confirmed) == ("4", True)
    assert [rule.key for rule in listed.items if rule.key.startswith("toolshed.")] == ["toolshed.tools_max"]


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        pytest.param({"key": "toolshed.unheard_of"}, NotFound, id="a rule that nobody declares"),
        pytest.param({"value": "0"}, NoSuchValue, id="a limit of nothing"),
        pytest.param({"value": "4.5"}, NoSuchValue, id="half a unit"),
        pytest.param({"key": "time.windows", "value": "9 to 5"}, NoSuchValue, id="windows in words"),
        pytest.param({"key": "toolshed.tools_max", "value": "1.5"}, NoSuchValue, id="half a tool"),
        pytest.param({"key": "retention.r1", "value": "0"}, NoSuchValue, id="kept for no day at all"),
        pytest.param({"key": "retention.r2", "value": "0.5"}, NoSuchValue, id="kept for half a year"),
        pytest.param({"key": "retention.r1", "unit": "year"}, WrongUnit, id="kept for years instead of days"),
        pytest.param({"unit": "tool"}, WrongUnit, id="a limit in tools"),
        pytest.param({"key": "toolshed.tools_max", "unit": "work_hour"}, WrongUnit, id="tools in hours"),
        pytest.param({"effective_from": dt.datetime(2020, 1, 1, tzinfo=dt.UTC)}, InThePast, id="from a day that is over"),
        pytest.param({"area_code": "990202"}, OutsideYourArea, id="another county's"),
        pytest.param({"area_code": ""}, OutsideYourArea, id="the nation's"),
    ],
)
async def test_a_value_that_cannot_be_is_refused(
    given: dict[str, object], refusal: type[Exception], database: Database, county: Principal
) -> None:
    with pytest.raises(refusal):
        await set_rule(setting(county, **given), county, work(database))


async def test_a_release_changes_its_preset_and_leaves_what_a_county_set(
    url: str, database: Database, county: Principal, truth: "asyncpg.Connection[object]"
) -> None:
    await set_rule(setting(county, key="toolshed.return", value="7"), county, work(database))
    later = opened(url)
    later.presets = (Preset("toolshed.return", 6, "work_day_legal", "the shed's new house rules"),)

    async with later.connected():
        known = await RULES.of(work(later))

    rows = await truth.fetch(
        "SELECT value FROM rule WHERE key = 'toolshed.return' AND approved_by IS NULL ORDER BY effective_from"
    )
    assert [row["value"] for row in rows] == ["5", "6"]
    now = await later.now(database.background)
    assert known.of("toolshed.return", county.areas[0], now).value == "7"
    assert known.of("toolshed.return", "990202", now).value == "6"


async def test_a_county_works_on_a_day_that_it_put_in(database: Database, county: Principal) -> None:
    days = [CalendarDay(date=dt.date(2026, 7, 11), is_workday=True, name="防汛值守")]

    answer = await put_in_calendar_days(
        PutInDays(area_code=county.areas[0], source_ref="flood order 3", days=days), county, work(database)
    )

    year = await list_calendar_days(CalendarQuery(year=2026), county, work(database))
    others = await list_calendar_days(CalendarQuery(year=2026), OTHER_COUNTY, work(database))
    assert [(day.is_workday, day.source_ref) for day in year.items if day.date == dt.date(2026, 7, 11)] == [
        (True, "flood order 3")
    ]
    assert dt.date(2026, 7, 11) not in [day.date for day in others.items]
    assert year.is_published
    assert answer.is_published, "that year's notice is known, whatever a county adds to it"


async def test_a_year_is_published_when_its_notice_is_put_in(database: Database, county: Principal) -> None:
    days = [CalendarDay(date=dt.date(2031, 1, 1), is_workday=False, name="元旦")]
    before = await list_calendar_days(CalendarQuery(year=2031), county, work(database))

    await put_in_calendar_days(
        PutInDays(area_code=county.areas[0], source_ref="国办发明电", of_notice=True, days=days), county, work(database)
    )

    after = await list_calendar_days(CalendarQuery(year=2031), county, work(database))
    assert (before.is_published, after.is_published) == (False, True)
