"""Agreements: by word or in writing, in effect with the last signature, performed or broken, confirmed in time by both."""

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

import asyncpg
import orjson
import pytest

from gridwhistle.mediation.agreements import agreeing
from gridwhistle.mediation.agreements.rules import must_be_written
from tests.conftest import Loop, RunningSuite
from tests.mediation.office import Office, code_of, made, pays

Wait = Callable[[Callable[[], bool]], None]

Committee = tuple[dict[str, Any], list[dict[str, Any]]]
COURT = {"court": "示例县人民法院", "court_by": "party_home"}


@pytest.fixture(scope="module")
def office(suite: RunningSuite) -> Office:
    return Office(suite)


@pytest.fixture(scope="module")
def committee(office: Office) -> Committee:
    return office.filed()


@pytest.mark.parametrize(
    ("due_on", "asked", "major", "expected"),
    [
        pytest.param([None], False, False, False, id="done at once"),
        pytest.param([None, dt.date(2026, 8, 1)], False, False, True, id="something is still to come"),
        pytest.param([None], True, False, True, id="a party asks"),
        pytest.param([None], False, True, True, id="it is major"),
    ],
)
def test_when_an_agreement_has_to_be_in_writing(
    due_on: list[dt.date | None], *, asked: bool, major: bool, expected: bool
) -> None:
    assert must_be_written(due_on, is_asked=asked, is_major=major) is expected


def test_a_written_agreement_takes_effect_with_the_last_of_signatures_and_seal(office: Office, committee: Committee) -> None:
    first = committee[1][0]
    path, parties = office.in_mediation(committee[0], first)
    mediator = office.mediator(first)
    agreement = office.draft(path, mediator, parties)
    at = f"{path}/agreements/{agreement['id']}"
    signatures = [{"party_id": parties[0], "how": "signature"}, {"party_id": parties[1], "how": "seal"}, {"how": "signature"}]

    states = [made(mediator.post(f"{at}/sign", signature))["state"] for signature in signatures]
    sealed = made(office.chair.post(f"{at}/seal"))

    case = made(office.chair.get(path))
    assert states == ["draft", "draft", "draft"]
    assert (sealed["state"], case["state"], case["follow_ups_left"]) == ("effective", "agreed_written", 3)
    assert sealed["effective_at"] == case["agreed_at"]
    assert "五千" not in str(sealed)


def test_there_is_one_seal_on_an_agreement(office: Office, committee: Committee) -> None:
    first = committee[1][0]
    path, parties = office.in_mediation(committee[0], first)
    at = f"{path}/agreements/{office.draft(path, office.mediator(first), parties)['id']}"

    made(office.chair.post(f"{at}/seal"))

    assert code_of(office.chair.post(f"{at}/seal")) == "sealed_already"


def test_nobody_signs_twice_or_for_another_and_who_presides_signs(office: Office, committee: Committee) -> None:
    first, second = committee[1][:2]
    path, parties = office.in_mediation(committee[0], first, second)
    mediator = office.mediator(first)
    at = f"{path}/agreements/{office.draft(path, mediator, parties)['id']}"
    made(mediator.post(f"{at}/sign", {"party_id": parties[0], "how": "signature"}))

    assert code_of(mediator.post(f"{at}/sign", {"party_id": parties[0], "how": "signature"})) == "signed_twice"
    assert code_of(office.mediator(second).post(f"{at}/sign", {"how": "signature"})) == "not_presiding"
    assert code_of(mediator.post(f"{at}/sign", {"party_id": parties[1], "how": "declined"})) == "not_valid"
    assert code_of(mediator.post(f"{at}/seal")) == "wrong_role"


def test_what_a_mediator_signed_who_was_recused_since_is_signed_by_who_presides_now(
    office: Office, committee: Committee
) -> None:
    first, second = committee[1][:2]
    path, parties = office.in_mediation(committee[0], first)
    at = f"{path}/agreements/{office.draft(path, office.mediator(first), parties)['id']}"
    for signature in ({"how": "signature"}, *({"party_id": party, "how": "signature"} for party in parties)):
        made(office.mediator(first).post(f"{at}/sign", signature))
    made(office.chair.post(f"{path}/request_recusal", {"party_id": parties[0], "mediator_id": first["id"]}))
    made(office.chair.post(f"{path}/replace", {"mediator_id": second["id"], "chosen_by": "parties"}))

    sealed = made(office.chair.post(f"{at}/seal"))
    signed = made(office.mediator(second).post(f"{at}/sign", {"how": "signature"}))

    assert (sealed["state"], signed["state"]) == ("draft", "effective")


def test_nobody_signs_once_mediation_has_ended(office: Office, committee: Committee) -> None:
    path, parties = office.in_mediation(committee[0], committee[1][0])
    mediator = office.mediator(committee[1][0])
    at = f"{path}/agreements/{office.draft(path, mediator, parties)['id']}"
    made(office.chair.post(f"{path}/withdraw", {"party_id": parties[0]}))

    signed = mediator.post(f"{at}/sign", {"party_id": parties[1], "how": "fingerprint"})
    sealed = office.chair.post(f"{at}/seal")

    assert [code_of(one) for one in (signed, sealed)] == ["illegal_move"] * 2


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"due_on": "2199-01-01"}, id="a term due later"),
        pytest.param({"is_asked_in_writing": True}, id="a party asks"),
        pytest.param({"is_major": True}, id="it is major"),
    ],
)
def test_no_oral_agreement_where_it_must_be_written(office: Office, committee: Committee, more: dict[str, Any]) -> None:
    first = committee[1][0]
    path, parties = office.in_mediation(committee[0], first)
    term = pays(parties[1], due_on=more.pop("due_on", None))

    refused = office.mediator(first).post(
        f"{path}/agree_oral", {"content": "当场付清", "terms": [term], "agreed_by": parties, **more}
    )

    assert code_of(refused) == "must_be_written"
    assert made(office.chair.get(path))["state"] == "in_mediation"


def test_what_is_done_at_once_is_agreed_by_word_of_all(office: Office, committee: Committee) -> None:
    first = committee[1][0]
    path, parties = office.in_mediation(committee[0], first)
    mediator, content = office.mediator(first), {"content": "当场付清", "terms": [pays(parties[1], due_on=None)]}

    by_one = mediator.post(f"{path}/agree_oral", {**content, "agreed_by": [parties[0], parties[0]]})
    agreed = made(mediator.post(f"{path}/agree_oral", {**content, "agreed_by": parties}))
    done = made(mediator.post(f"{path}/perform_at_once", {"proof": "收据0017"}))

    assert code_of(by_one) == "not_by_all"
    assert (agreed["state"], agreed["form"], done["state"], done["outcome"]) == ("effective", "oral", "performed", "agreed")
    assert code_of(mediator.post(f"{path}/apply_confirmation", {"applied_by": parties, **COURT})) == "illegal_move"


def test_of_what_is_agreed_in_part_the_ways_for_the_rest_are_told_before_it_goes_on(
    office: Office, committee: Committee
) -> None:
    first = committee[1][0]
    path, _, agreement = office.agreed(committee[0], first, extent="part")
    mediator, case = office.mediator(first), made(office.chair.get(path))
    untold = mediator.post(f"{path}/start_performance")

    told = made(mediator.post(f"{path}/tell_ways", {"reason": "书面告知"}))
    begun = made(mediator.post(f"{path}/start_performance"))

    assert (agreement["extent"], case["state"]) == ("part", "partial")
    assert case["other_ways"] == ["arbitration", "authority", "court"]
    assert code_of(untold) == "ways_not_told"
    assert ("start_performance" in case["actions"], "start_performance" in told["actions"]) == (False, True)
    assert (begun["state"], begun["ways_told_at"]) == ("performing", told["ways_told_at"])


def test_of_what_was_agreed_in_part_and_is_broken_the_ways_are_told_again(office: Office, committee: Committee) -> None:
    path, _, _ = office.agreed(committee[0], committee[1][0], extent="part")
    made(office.chair.post(f"{path}/tell_ways", {}))
    made(office.chair.post(f"{path}/start_performance"))
    later = {"As_Of": "2199-01-05T02:00:00Z"}
    breached = made(office.chair.post(f"{path}/breach_final", {"reason": "拒不履行"}, **later))
    made(office.chair.post(f"{path}/documents", {"kind": "identity", "pages": 2}, **later))

    untold = office.chair.post(f"{path}/ask_close", {}, **later)
    made(office.chair.post(f"{path}/tell_ways", {}, **later))

    assert (breached["outcome"], breached["other_ways"]) == ("partial", ["court", "payment_order", "notarised_deed"])
    assert code_of(untold) == "ways_not_told"
    assert made(office.chair.post(f"{path}/ask_close", {}, **later))["state"] == "breached"


def test_an_agreement_that_somebody_will_not_sign_is_dropped_and_another_is_written(
    office: Office, committee: Committee
) -> None:
    first = committee[1][0]
    path, parties = office.in_mediation(committee[0], first)
    mediator = office.mediator(first)
    at = f"{path}/agreements/{office.draft(path, mediator, parties)['id']}"
    second = mediator.post(f"{path}/draft_agreement", {"content": "再议", "terms": [pays(parties[1])]})

    made(mediator.post(f"{at}/drop", {"reason": "一方反悔"}))

    assert code_of(second) == "agreement_there"
    assert office.draft(path, mediator, parties)["state"] == "draft"
    assert made(office.chair.get(path))["state"] == "in_mediation"


def test_of_more_agreements_than_are_shown_the_newest_are(
    office: Office, committee: Committee, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = committee[1][0]
    path, parties = office.in_mediation(committee[0], first)
    mediator = office.mediator(first)
    made(mediator.post(f"{path}/agreements/{office.draft(path, mediator, parties)['id']}/drop", {}))
    stands = office.draft(path, mediator, parties)
    monkeypatch.setattr(agreeing, "OF_ONE_MAX", 1)

    listed = made(office.chair.get(f"{path}/agreements"))["items"]

    assert [one["id"] for one in listed] == [stands["id"]]


def test_who_owes_is_a_party_and_what_is_paid_has_an_amount(office: Office, committee: Committee) -> None:
    first = committee[1][0]
    path, parties = office.in_mediation(committee[0], first)
    stranger = pays("0190c8f2-5d1e-7c3a-9d55-0c5b3f1f7a10")
    unpaid = {"kind": "pay", "party_id": parties[1], "content": "赔偿款"}

    refused = [
        office.mediator(first).post(f"{path}/draft_agreement", {"content": "和解", "terms": [term]})
        for term in (stranger, unpaid)
    ]

    assert {code_of(one) for one in refused} == {"term_of_agreement_unclear"}


# --- performance -------------------------------------------------------------------------------------------------------------


def test_a_case_is_performed_with_the_last_thing_that_was_owed(office: Office, committee: Committee) -> None:
    first = committee[1][0]
    path, parties = office.in_mediation(committee[0], first)
    mediator = office.mediator(first)
    terms = [pays(parties[1]), {"kind": "repair", "party_id": parties[0], "content": "修复管道", "due_on": "2199-02-01"}]
    agreement = office.sign(path, mediator, parties, office.draft(path, mediator, parties, terms=terms))
    made(mediator.post(f"{path}/start_performance"))
    states = []

    for term in agreement["terms"]:
        done = {"done_on": "2026-11-20", "proof": "收据0017"}
        made(mediator.post(f"{path}/agreement_terms/{term['id']}/done", done))
        states.append(made(office.chair.get(path))["state"])

    assert states == ["performing", "performed"]
    assert made(office.chair.get(path))["outcome"] == "agreed"


def test_nothing_is_done_on_a_day_to_come(office: Office, committee: Committee) -> None:
    path, _, agreement = office.agreed(committee[0], committee[1][0])
    made(office.chair.post(f"{path}/start_performance"))
    term = agreement["terms"][0]["id"]

    ahead = office.chair.post(f"{path}/agreement_terms/{term}/done", {"done_on": "2199-01-01", "proof": "收据0017"})

    assert code_of(ahead) == "not_done_yet"
    assert made(office.chair.get(path))["state"] == "performing"


def test_nothing_is_performed_at_once_that_is_still_to_come(office: Office, committee: Committee) -> None:
    path, _, _ = office.agreed(committee[0], committee[1][0])

    assert code_of(office.chair.post(f"{path}/perform_at_once", {"proof": "收据0017"})) == "not_done_yet"


def test_what_is_late_is_urged_and_in_the_end_the_ways_are_told(office: Office, committee: Committee) -> None:
    first = committee[1][0]
    path, _, _ = office.agreed(committee[0], first)
    mediator = office.mediator(first)
    made(mediator.post(f"{path}/start_performance"))
    later = {"As_Of": "2199-01-05T02:00:00Z"}

    not_late = mediator.post(f"{path}/urge", {})
    too_early = mediator.post(f"{path}/breach_final", {"reason": "拒不履行"})
    urged = made(mediator.post(f"{path}/urge", {}, **later))
    breached = made(mediator.post(f"{path}/breach_final", {"reason": "拒不履行"}, **later))

    assert (code_of(not_late), code_of(too_early)) == ("unknown_term", "unknown_term")
    assert (urged["state"], breached["state"], breached["outcome"]) == ("performing", "breached", "agreed")
    assert breached["other_ways"] == ["court", "payment_order", "notarised_deed"]


# --- confirmation by a court -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def in_september(suite: RunningSuite, committee: Committee) -> tuple[str, list[str], dict[str, Any]]:
    """Return a case whose agreement took effect on the 5th of September 2026."""
    return Office(suite, at="2026-09-05T10:00:00+08:00").agreed(committee[0], committee[1][0])


def test_thirty_days_by_law_end_after_the_holidays(in_september: tuple[str, list[str], dict[str, Any]]) -> None:
    # Day 30 is the 5th of October, within the national holidays; the first working day after them is the 8th.
    assert in_september[2]["confirm_by"] == "2026-10-08T10:00:00Z"


@pytest.mark.parametrize(
    ("when", "code"),
    [
        pytest.param("2026-10-09T10:00:00+08:00", "too_late_to_confirm", id="a day late"),
        pytest.param("2026-10-08T18:00:01+08:00", "too_late_to_confirm", id="a second late"),
    ],
)
def test_no_confirmation_after_the_last_day(
    suite: RunningSuite, in_september: tuple[str, list[str], dict[str, Any]], when: str, code: str
) -> None:
    path, parties, _ = in_september

    refused = Office(suite, at=when).chair.post(f"{path}/apply_confirmation", {"applied_by": parties, **COURT})

    assert code_of(refused) == code


def test_no_confirmation_by_one_party(suite: RunningSuite, in_september: tuple[str, list[str], dict[str, Any]]) -> None:
    path, parties, _ = in_september
    then = Office(suite, at="2026-09-20T10:00:00+08:00")

    refused = [
        then.chair.post(f"{path}/apply_confirmation", {"applied_by": by, **COURT})
        for by in ([parties[0], parties[0]], [parties[1], "0190c8f2-5d1e-7c3a-9d55-0c5b3f1f7a10"])
    ]

    assert {code_of(one) for one in refused} == {"not_by_all"}


@pytest.mark.parametrize(
    ("more", "code"),
    [
        pytest.param({"concerns_status": True}, "cannot_confirm", id="who is married"),
        pytest.param({"court_by": "inviting_court"}, "wrong_court", id="no court invited anybody"),
    ],
)
def test_what_a_court_does_not_confirm(office: Office, committee: Committee, more: dict[str, Any], code: str) -> None:
    path, parties, _ = office.agreed(committee[0], committee[1][0])

    assert code_of(office.chair.post(f"{path}/apply_confirmation", {"applied_by": parties, **COURT, **more})) == code


def test_both_ask_and_the_courts_platform_says_what_it_decides(
    suite: RunningSuite, office: Office, committee: Committee
) -> None:
    path, parties, agreement = office.agreed(committee[0], committee[1][0])
    court = suite.somebody("integrator", office.area[:6], subject="court", scope="cases:read confirmations:decide")
    asked = made(office.chair.post(f"{path}/apply_confirmation", {"applied_by": parties, **COURT}))
    twice = office.chair.post(f"{path}/apply_confirmation", {"applied_by": parties, **COURT})
    at = f"{path}/confirmations/{asked['id']}"

    too_early = court.post(f"{at}/court_confirms", {"ruling_no": "（2026）示01民特第9号"})
    accepted = made(court.post(f"{at}/court_accepts", {}))
    confirmed = made(court.post(f"{at}/court_confirms", {"ruling_no": "（2026）示01民特第9号"}))

    assert asked["agreement_id"] == agreement["id"]
    assert (code_of(twice), code_of(too_early)) == ("confirmation_there", "illegal_move")
    assert (accepted["state"], confirmed["state"]) == ("accepted", "confirmed")
    assert confirmed["ruling_no"] == "（2026）示01民特第9号"


def test_a_court_takes_ten_days_more_once(suite: RunningSuite, background: Loop, office: Office, committee: Committee) -> None:
    path, parties, _ = office.agreed(committee[0], committee[1][0])
    at = f"{path}/confirmations/{made(office.chair.post(f'{path}/apply_confirmation', {'applied_by': parties, **COURT}))['id']}"
    too_early = office.chair.post(f"{at}/court_extends", {})
    made(office.chair.post(f"{at}/court_accepts", {}))

    extended = made(office.chair.post(f"{at}/court_extends", {"reason": "案情复杂"}))
    twice = office.chair.post(f"{at}/court_extends", {})

    assert (code_of(too_early), code_of(twice)) == ("illegal_move", "extended_already")
    assert (extended["state"], extended["extended_at"] is not None) == ("accepted", True)
    assert "court_extends" not in extended["actions"]
    counted = "SELECT amount, unit FROM clock WHERE owner_id = $1 AND rule_key = 'mediation.confirm_decide'"
    assert [tuple(row) for row in _asked(suite, background, counted, path)] == [(25, "natural_day_legal")]


def test_the_last_days_to_ask_a_court_are_told_of_and_nobody_is_late_who_does_not_ask(
    suite: RunningSuite, background: Loop, office: Office, committee: Committee, eventually: Wait
) -> None:
    path, _, agreement = office.agreed(committee[0], committee[1][0])

    due = "UPDATE clock SET next_at = now() WHERE owner_id = $1 AND rule_key = 'mediation.confirm_apply' RETURNING 1"
    _asked(suite, background, due, path)

    said = "SELECT envelope FROM outbox WHERE aggregate_id = $1 AND subject LIKE '%confirmation_due_soon.v1'"
    eventually(lambda: bool(_asked(suite, background, said, path)))
    [row] = _asked(suite, background, said, path)
    told = orjson.loads(row["envelope"])["data"]
    assert told["due_at"] == agreement["confirm_by"]
    running = "SELECT 1 FROM clock WHERE owner_id = $1 AND rule_key = 'mediation.confirm_apply' AND stopped_at IS NULL"
    assert _asked(suite, background, running, path) == []


def _asked(suite: RunningSuite, background: Loop, query: str, path: str) -> list[Any]:
    """Ask mediation's database about a case."""

    async def fetch() -> list[Any]:
        connection = await asyncpg.connect(suite.postgres.url("mediation"))
        try:
            return list(await connection.fetch(query, uuid.UUID(path.rpartition("/")[2])))
        finally:
            await connection.close()

    return list(background.run(fetch()))


def test_what_a_court_refused_may_be_asked_again_in_time(office: Office, committee: Committee) -> None:
    path, parties, _ = office.agreed(committee[0], committee[1][0])
    first = made(office.chair.post(f"{path}/apply_confirmation", {"applied_by": parties, **COURT}))
    made(office.chair.post(f"{path}/confirmations/{first['id']}/court_rejects", {"reason": "材料不全"}))

    again = made(office.chair.post(f"{path}/apply_confirmation", {"applied_by": parties, **COURT}))

    assert [one["state"] for one in made(office.chair.get(f"{path}/confirmations"))["items"]] == ["rejected", "applied"]
    assert again["state"] == "applied"


# --- follow-up ---------------------------------------------------------------------------------------------------------------


def test_it_is_followed_up_after_seven_thirty_and_ninety_days(suite: RunningSuite, committee: Committee) -> None:
    path, _, _ = Office(suite, at="2026-08-01T10:00:00+08:00").agreed(committee[0], committee[1][1])
    heard = {"is_performed": True, "satisfied": "satisfied"}
    made(Office(suite, at="2026-08-01T11:00:00+08:00").chair.post(f"{path}/start_performance"))

    too_early = Office(suite, at="2026-08-07T10:00:00+08:00").chair.post(f"{path}/follow_up", heard)
    days = [
        made(Office(suite, at=f"{day}T10:00:00+08:00").chair.post(f"{path}/follow_up", heard))["next_on"]
        for day in ("2026-08-08", "2026-08-31", "2026-10-30")
    ]
    once_more = Office(suite, at="2026-11-20T10:00:00+08:00").chair.post(f"{path}/follow_up", heard)

    assert code_of(too_early) == "too_early_to_follow_up"
    assert days == ["2026-08-31", "2026-10-30", None]
    assert code_of(once_more) == "followed_up_already"
