"""What happens to cases by itself: silence lapses, time is over, what is late is told of; and which limit each channel has."""

import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import asyncpg
import pytest

from gridwhistle.common.database import Database
from gridwhistle.common.sealing import Seal
from gridwhistle.mediation.agreements.reminding import remind_once
from gridwhistle.mediation.app import MEDIATION
from tests.conftest import Loop, RunningSuite
from tests.mediation.office import BASE, TODAY, Office, code_of, made, pays

Committee = tuple[dict[str, Any], list[dict[str, Any]]]
Eventually = Callable[[Callable[[], bool]], None]
_CLOCKS = (
    "SELECT rule_key, amount, unit, started_at, due_at, extended_times FROM clock WHERE owner_id = $1 AND stopped_at IS NULL"
)


@pytest.fixture(scope="module")
def office(suite: RunningSuite) -> Office:
    return Office(suite)


@pytest.fixture(scope="module")
def committee(office: Office) -> Committee:
    return office.filed()


@pytest.fixture
def ask(suite: RunningSuite, background: Loop) -> Callable[..., list[Any]]:
    """Return a way to ask mediation's database."""

    async def asked(query: str, *args: Any) -> list[Any]:
        connection = await asyncpg.connect(suite.postgres.url("mediation"))
        try:
            return list(await connection.fetch(query, *args))
        finally:
            await connection.close()

    return lambda query, *args: background.run(asked(query, *args))  # type: ignore[no-any-return]


def id_of(path: str) -> uuid.UUID:
    return uuid.UUID(path.rpartition("/")[2])


def running(ask: Callable[..., list[Any]], path: str) -> dict[str, Any]:
    return {row["rule_key"].partition(".")[2]: row for row in ask(_CLOCKS, id_of(path))}


def let_be_due(ask: Callable[..., list[Any]], path: str, key: str) -> None:
    ask("UPDATE clock SET next_at = clock_timestamp() WHERE owner_id = $1 AND rule_key = $2", id_of(path), f"mediation.{key}")


def state_of(office: Office, path: str) -> str:
    state: str = made(office.chair.get(path))["state"]
    return state


def test_in_another_channel_who_was_asked_has_that_channels_time(office: Office, ask: Callable[..., list[Any]]) -> None:
    path, _ = office.asked()
    before = running(ask, path)

    version = made(office.chair.get(path))["version"]
    made(office.chair.patch(path, {"channel": "administrative", "is_complex": True}, If_Match=f'"{version}"'))

    after = running(ask, path)
    assert [(one["consent"]["amount"], one["accept"]["amount"]) for one in (before, after)] == [(3, 3), (10, 10)]


def test_silence_lapses(office: Office, ask: Callable[..., list[Any]], eventually: Eventually) -> None:
    path, (zhao, _) = office.asked()
    made(office.chair.post(f"{path}/consent", {"party_id": zhao, "answered_by": "by_word"}))

    let_be_due(ask, path, "consent")

    eventually(lambda: state_of(office, path) == "refused")
    assert made(office.chair.get(path))["reason_code"] == "no_answer"


def test_where_everybody_wants_it_the_committee_is_late_and_nobody_lapses(
    office: Office, ask: Callable[..., list[Any]], eventually: Eventually
) -> None:
    path, _ = office.willing()

    let_be_due(ask, path, "consent")

    eventually(lambda: running(ask, path).keys() == {"accept"})
    assert state_of(office, path) == "consent_pending"


@pytest.mark.parametrize("lapsed", [False, True], ids=["while the others have time", "after their time was over"])
def test_who_joins_later_has_the_channels_time_to_answer(
    office: Office, ask: Callable[..., list[Any]], eventually: Eventually, *, lapsed: bool
) -> None:
    path, _ = office.willing()
    before = running(ask, path)
    if lapsed:
        let_be_due(ask, path, "consent")
        eventually(lambda: running(ask, path).keys() == {"accept"})

    version = made(office.chair.get(path))["version"]
    made(office.chair.post(f"{path}/parties", {"side": "third", "name": "孙三"}, If_Match=f'"{version}"'))

    after = running(ask, path)
    assert after["consent"]["started_at"] > before["consent"]["started_at"]
    assert after["accept"]["started_at"] == before["accept"]["started_at"]
    let_be_due(ask, path, "consent")
    eventually(lambda: state_of(office, path) == "refused")


def test_nobody_is_told_to_hurry_to_a_court_once_all_is_performed(
    office: Office, committee: Committee, ask: Callable[..., list[Any]]
) -> None:
    path, _, agreement = office.agreed(committee[0], committee[1][0])
    before = running(ask, path)
    made(office.chair.post(f"{path}/start_performance"))

    done = {"done_on": TODAY.isoformat(), "proof": "收据0017"}
    made(office.chair.post(f"{path}/agreement_terms/{agreement['terms'][0]['id']}/done", done))

    assert "confirm_apply" in before
    assert running(ask, path).keys() == {"close"}


def test_mediation_whose_time_is_over_has_failed(
    office: Office, committee: Committee, ask: Callable[..., list[Any]], eventually: Eventually
) -> None:
    path, parties = office.in_mediation(committee[0], committee[1][0])

    let_be_due(ask, path, "mediate")

    eventually(lambda: state_of(office, path) == "failed")
    draft = {"content": "和解", "terms": [pays(parties[1])]}
    assert code_of(office.mediator(committee[1][0]).post(f"{path}/draft_agreement", draft)) == "illegal_move"


def test_time_runs_on_while_it_is_dangerous_if_it_had_begun(
    office: Office, committee: Committee, ask: Callable[..., list[Any]]
) -> None:
    begun, _ = office.in_mediation(committee[0], committee[1][0])
    not_begun, _ = office.accepted(committee[0])
    before = running(ask, begun)["mediate"]["due_at"]
    for path in (begun, not_begun):
        made(office.chair.post(f"{path}/escalate", {"reason_code": "danger", "reported_to": "town", "reason": "激化"}))

    assert running(ask, begun)["mediate"]["due_at"] == before
    assert running(ask, not_begun) == {}


def test_after_a_danger_each_stage_has_its_own_limit_again(office: Office, ask: Callable[..., list[Any]]) -> None:
    facts = {"channel": "administrative", "is_complex": True}
    asked, pressing = office.asked(facts=facts)[0], f"{BASE}/cases/{office.register_case()['id']}"
    for path in (asked, pressing):
        made(office.chair.post(f"{path}/escalate", {"reason_code": "danger", "reported_to": "town", "reason": "激化"}))
    made(office.chair.post(f"{pressing}/grade", {"grade": "red", "reason": "现场核实"}))
    in_danger = running(ask, pressing)

    for path in (asked, pressing):
        made(office.chair.post(f"{path}/resume", {"reason": "已平息"}))

    assert in_danger == {}
    assert {key: (clock["amount"], clock["unit"]) for key, clock in running(ask, asked).items()} == dict.fromkeys(
        ("accept", "consent"), (10, "work_day_legal")
    )
    contact = running(ask, pressing)["contact"]
    assert (contact["amount"], contact["unit"]) == (1, "urgent_hour")


def test_nobody_need_preside_any_more_once_something_is_agreed(
    office: Office, committee: Committee, ask: Callable[..., list[Any]]
) -> None:
    first, second = committee[1][:2]
    path, parties = office.in_mediation(committee[0], first, second)
    made(office.mediator(first).post(f"{path}/step_aside", {}))
    before = running(ask, path)

    by_word = {"content": "当场道歉", "terms": [pays(parties[1], due_on=None)], "agreed_by": parties}
    made(office.mediator(second).post(f"{path}/agree_oral", by_word))

    assert "replace" in before
    assert "replace" not in running(ask, path)


def test_more_time_is_the_limit_once_more_from_the_first_session(
    office: Office, committee: Committee, ask: Callable[..., list[Any]]
) -> None:
    path, parties = office.in_mediation(committee[0], committee[1][0])
    before = running(ask, path)["mediate"]

    made(office.mediator(committee[1][0]).post(f"{path}/extend", {"party_ids": parties}))

    after = running(ask, path)["mediate"]
    assert (before["extended_times"], after["extended_times"]) == (0, 1)
    assert 25 <= (after["due_at"] - before["due_at"]).days <= 38


@pytest.mark.parametrize(
    ("facts", "accept", "mediate"),
    [
        pytest.param({}, (3, "work_day_legal"), (30, "natural_day_legal"), id="people's"),
        pytest.param({"channel": "administrative"}, (5, "work_day_legal"), (30, "natural_day_legal"), id="administrative"),
        pytest.param(
            {"channel": "administrative", "is_complex": True},
            (10, "work_day_legal"),
            (30, "natural_day_legal"),
            id="administrative and complex",
        ),
        pytest.param({"channel": "court_delegated"}, (3, "work_day_legal"), (30, "natural_day_legal"), id="before filing"),
        pytest.param({"channel": "court_entrusted"}, (3, "work_day_legal"), (15, "natural_day_legal"), id="after filing"),
        pytest.param({"channel": "court_summary"}, (3, "work_day_legal"), (7, "natural_day_legal"), id="summary procedure"),
        pytest.param(
            {"channel": "labour", "dispute_type": "D10"}, (3, "work_day_legal"), (15, "natural_day_legal"), id="labour"
        ),
    ],
)
def test_each_channel_has_its_limits(
    office: Office,
    committee: Committee,
    ask: Callable[..., list[Any]],
    facts: dict[str, Any],
    accept: tuple[int, str],
    mediate: tuple[int, str],
) -> None:
    asked, _ = office.asked(facts=facts)
    met, _ = office.in_mediation(committee[0], committee[1][0], facts=facts)

    first, second = running(ask, asked), running(ask, met)["mediate"]

    assert {(first[key]["amount"], first[key]["unit"]) for key in ("accept", "consent")} == {accept}
    assert (second["amount"], second["unit"]) == mediate


@pytest.mark.parametrize(
    ("channel", "limit"),
    [
        pytest.param("administrative", (3, "work_day_legal"), id="administrative"),
        pytest.param("people", (5, "work_day_legal"), id="people's"),
    ],
)
def test_what_is_handed_over_is_late_until_the_right_body_has_it(
    office: Office, ask: Callable[..., list[Any]], eventually: Eventually, channel: str, limit: tuple[int, str]
) -> None:
    path, _ = office.asked(facts={"channel": channel})
    made(office.chair.post(f"{path}/transfer", {"transferred_to": "authority", "reason": "另有主管部门"}))
    clock = running(ask, path)["transfer"]

    said = "SELECT subject FROM outbox WHERE aggregate_id = $1 AND subject LIKE '%clock%'"
    for word in ("clock_warned.v1", "clock_breached.v1"):
        let_be_due(ask, path, "transfer")
        eventually(lambda word=word: any(row["subject"].endswith(word) for row in ask(said, id_of(path))))  # type: ignore[misc]
    made(office.chair.post(f"{path}/confirm_receipt", {"receipt_no": "示人社收〔2026〕9号"}))

    assert (clock["amount"], clock["unit"]) == limit
    assert running(ask, path).keys() == {"archive"}


@pytest.mark.parametrize(
    ("grade", "limit"),
    [
        (None, (1, "work_day_legal")),
        ("red", (1, "urgent_hour")),
        ("orange", (1, "same_day")),
        ("yellow", (3, "work_day_legal")),
    ],
)
def test_a_pressing_dispute_is_looked_at_sooner(
    office: Office, ask: Callable[..., list[Any]], grade: str | None, limit: tuple[int, str]
) -> None:
    case = office.register_case(grade=grade)

    clock = running(ask, f"/{case['id']}")["contact"]

    assert (clock["amount"], clock["unit"]) == limit


@pytest.mark.parametrize(
    ("before", "after", "limit"),
    [
        pytest.param(None, "red", (1, "urgent_hour"), id="nobody had said"),
        pytest.param("orange", "red", (1, "urgent_hour"), id="graver"),
        pytest.param("red", "orange", (1, "urgent_hour"), id="less grave"),
        pytest.param(None, "yellow", (1, "work_day_legal"), id="not pressing"),
    ],
)
def test_what_turns_out_to_be_pressing_is_looked_at_sooner(
    office: Office, ask: Callable[..., list[Any]], before: str | None, after: str, limit: tuple[int, str]
) -> None:
    path = f"{BASE}/cases/{office.register_case(grade=before)['id']}"

    made(office.chair.post(f"{path}/grade", {"grade": after, "reason": "现场核实"}))

    clock = running(ask, path)["contact"]
    assert (clock["amount"], clock["unit"]) == limit


def test_a_new_committee_has_thirty_working_days_to_be_put_on_file(office: Office, ask: Callable[..., list[Any]]) -> None:
    clock = running(ask, f"/{office.committee()['id']}")["file_committee"]

    assert (clock["amount"], clock["unit"]) == (30, "work_day_legal")


# --- reminders ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
async def database(suite: RunningSuite) -> AsyncIterator[Database]:
    """Return mediation's database as another process has it."""
    url, seal = suite.postgres.url("mediation"), Seal.kept_in(suite.folder / "keys")
    tables = list(MEDIATION.tables.tables.values())
    async with Database(url, seal, MEDIATION.constraints, presets=MEDIATION.presets, tables=tables).connected() as database:
        yield database


@pytest.mark.anyio
async def test_what_is_late_is_told_of_once_in_seven_days(office: Office, committee: Committee, database: Database) -> None:
    first = committee[1][0]
    path, parties = office.in_mediation(committee[0], first)
    mediator = office.mediator(first)
    terms = [pays(parties[1], due_on="2026-01-01"), pays(parties[1]), pays(parties[0], due_on=None)]
    office.sign(path, mediator, parties, office.draft(path, mediator, parties, terms=terms))
    made(mediator.post(f"{path}/start_performance"))

    await remind_once(database)
    await remind_once(database)

    told = await database.run(
        database.background,
        "SELECT envelope->'data'->>'terms' AS terms FROM outbox WHERE aggregate_id = $1 AND subject LIKE '%overdue%'",
        id_of(path),
    )
    shown = made(office.chair.get(f"{path}/agreements"))["items"][0]["terms"]
    assert [row["terms"] for row in told] == ["1"]
    assert [term["reminders"] for term in shown] == [1, 0, 0]


@pytest.mark.anyio
async def test_nobody_is_reminded_of_what_was_dropped(office: Office, committee: Committee, database: Database) -> None:
    first = committee[1][0]
    path, parties = office.in_mediation(committee[0], first)
    mediator = office.mediator(first)
    dropped = office.draft(path, mediator, parties, terms=[pays(parties[1], due_on="2026-01-01")])
    made(mediator.post(f"{path}/agreements/{dropped['id']}/drop", {}))
    office.sign(path, mediator, parties, office.draft(path, mediator, parties))
    made(mediator.post(f"{path}/start_performance"))

    await remind_once(database)

    shown = made(office.chair.get(f"{path}/agreements"))["items"]
    assert [term["reminders"] for agreement in shown for term in agreement["terms"]] == [0, 0]


@pytest.mark.anyio
async def test_who_was_told_some_days_ago_keeps_nobody_else_waiting(
    office: Office, committee: Committee, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = committee[1][0]
    waiting = []
    for _ in range(2):
        path, parties = office.in_mediation(committee[0], first)
        mediator = office.mediator(first)
        terms = [pays(parties[1], due_on="2026-01-01")]
        office.sign(path, mediator, parties, office.draft(path, mediator, parties, terms=terms))
        made(mediator.post(f"{path}/start_performance"))
        waiting.append(path)
    ago = "UPDATE agreement_term SET reminded_at = now() - interval '2 days' WHERE case_id = $1"
    await database.run(database.background, ago, id_of(waiting[0]))
    monkeypatch.setattr("gridwhistle.mediation.agreements.reminding._AT_ONCE", 1)

    await remind_once(database)

    shown = [made(office.chair.get(f"{path}/agreements"))["items"][0]["terms"][0]["reminders"] for path in waiting]
    assert shown == [0, 1]
