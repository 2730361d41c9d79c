"""Residents without an account: they report, follow it by number and token, and withdraw how to reach them."""

import re
import uuid
from collections.abc import Callable
from typing import Any

import asyncpg
import httpx2
import pytest

from gridwhistle.incidents.domain import INCIDENT
from gridwhistle.incidents.tracking import _MOMENTS, _NEXT, _WORDS, hash_of, new_token
from tests.conftest import Loop, RunningSuite

BASE = "/incidents/v1"
Eventually = Callable[[Callable[[], bool]], None]
AREA = "990101001001"
REPORT = {"title": "井盖缺失", "area_code": AREA, "contact": {"phone": "13911113333", "channel": "text_message"}}


def key() -> str:
    return str(uuid.uuid4())


def said(suite: RunningSuite, report: dict[str, Any] | None = None, name: str | None = None) -> httpx2.Response:
    """Return the answer to what somebody without an account reports."""
    return suite.client.post(f"{BASE}/reports", json=report or REPORT, headers={"Idempotency-Key": name or key()})


@pytest.fixture
def receipt(suite: RunningSuite) -> dict[str, Any]:
    answer = said(suite)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def follow(suite: RunningSuite, incident_no: str, token: str, language: str = "zh") -> httpx2.Response:
    headers = {"Tracking-Token": token, "Accept-Language": language}
    return suite.client.get(f"{BASE}/tracking/{incident_no}", headers=headers)


def withdraw(suite: RunningSuite, incident_no: str, token: str) -> httpx2.Response:
    headers = {"Tracking-Token": token, "Idempotency-Key": key()}
    return suite.client.post(f"{BASE}/tracking/{incident_no}/withdraw_contact", headers=headers)


async def value_of(suite: RunningSuite, sql: str, *args: Any) -> Any:
    connection = await asyncpg.connect(suite.postgres.url("incidents"))
    try:
        return await connection.fetchval(sql, *args)
    finally:
        await connection.close()


def test_a_report_without_an_account_becomes_an_incident_like_any_other(suite: RunningSuite, receipt: dict[str, Any]) -> None:
    listed = suite.person("town_acceptor").get(f"{BASE}/incidents?limit=50").json()["items"]

    found = next(item for item in listed if item["incident_no"] == receipt["incident_no"])
    assert (found["state"], found["source"], found["area_code"]) == ("reported", "resident", AREA)


def test_a_repeat_under_the_key_gets_the_same_token_and_another_key_another(suite: RunningSuite) -> None:
    name = key()

    first, again, other = said(suite, name=name), said(suite, name=name), said(suite)

    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert other.json()["tracking_token"] != first.json()["tracking_token"]


def test_of_the_token_a_hash_alone_is_kept(suite: RunningSuite, background: Loop, receipt: dict[str, Any]) -> None:
    row = "SELECT (i::text, i.tracking_hash) FROM incident i WHERE incident_no = $1"

    text, kept = background.run(value_of(suite, row, receipt["incident_no"]))

    assert kept == hash_of(receipt["tracking_token"])
    assert receipt["tracking_token"] not in text


@pytest.mark.parametrize("sent", [None, "1", "018f2d5e-0000-7000-8000-000000000001"], ids=["none", "guessable", "of a time"])
def test_a_report_without_an_account_needs_a_key_that_nobody_guesses(suite: RunningSuite, sent: str | None) -> None:
    answer = suite.client.post(f"{BASE}/reports", json=REPORT, headers={"Idempotency-Key": sent} if sent else {})

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_header")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param({"area_code": "880101001001"}, "area_not_served", id="a county that is not served"),
        pytest.param({"area_code": None}, "place_missing", id="nowhere"),
        pytest.param({"title": "长" * 81}, "not_valid", id="a long title"),
        pytest.param({"source": "hotline_12345"}, "not_valid", id="what is not theirs to say"),
    ],
)
def test_what_makes_no_sense_is_refused(suite: RunningSuite, change: dict[str, Any], code: str) -> None:
    answer = said(suite, {**REPORT, **change})

    assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.parametrize(
    ("language", "state"), [("zh", "已收到您的反映"), ("en", "We have your report")], ids=["in Chinese", "in English"]
)
def test_who_reported_follows_it_in_plain_words(
    suite: RunningSuite, receipt: dict[str, Any], language: str, state: str
) -> None:
    shown = follow(suite, receipt["incident_no"], receipt["tracking_token"], language).json()

    assert shown.keys() == {"incident_no", "state", "next", "reason", "turn_to", "steps", "has_contact"}
    assert (shown["state"], shown["has_contact"]) == (state, True)
    assert shown["steps"] == [{"what": state, "at": receipt["reported_at"]}]


def test_each_step_shows_itself_and_nobody_who_took_it(suite: RunningSuite) -> None:
    acceptor = suite.person("town_acceptor")
    made = acceptor.post(f"{BASE}/incidents", {"title": "井盖缺失", "area_code": AREA, "track": True}).json()
    acceptor.post(f"{BASE}/incidents/{made['id']}/accept", {"reason": "属于本街道职责范围"})

    shown = follow(suite, made["incident_no"], made["tracking_token"])

    assert [step["what"] for step in shown.json()["steps"]] == ["已收到您的反映", "已受理"]
    assert "本街道" not in shown.text


def test_who_is_sent_elsewhere_hears_why_and_where_to(suite: RunningSuite) -> None:
    acceptor = suite.person("town_acceptor")
    made = acceptor.post(f"{BASE}/incidents", {"title": "劳动报酬", "area_code": AREA, "track": True}).json()
    sent = {"reason_code": "lawful_channel", "sent_to": "arbitration"}
    assert acceptor.post(f"{BASE}/incidents/{made['id']}/redirect", sent).status_code == 200

    shown = follow(suite, made["incident_no"], made["tracking_token"]).json()

    assert (shown["state"], shown["reason"], shown["turn_to"]) == ("不由本平台办理", "应走法定途径", "仲裁机构")
    assert [step["what"] for step in shown["steps"]] == ["已收到您的反映", "不由本平台办理"]


def test_who_reported_what_is_worked_on_already_hears_what_becomes_of_it_there(suite: RunningSuite) -> None:
    acceptor = suite.person("town_acceptor")
    report = {"title": "如何申请低保", "area_code": AREA, "request_type": "consult"}
    parent = acceptor.post(f"{BASE}/incidents", report | {"title": "低保材料"}).json()
    acceptor.post(f"{BASE}/incidents/{parent['id']}/accept", {"reason": "张某的申请"})
    child = acceptor.post(f"{BASE}/incidents", report | {"track": True, "contact": {"phone": "13911113333"}}).json()
    acceptor.post(f"{BASE}/incidents/{child['id']}/merge", {"parent_id": parent["id"]})

    def seen() -> dict[str, Any]:
        content: dict[str, Any] = follow(suite, child["incident_no"], child["tracking_token"], "en").json()
        return content

    before = seen()
    acceptor.post(f"{BASE}/incidents/{parent['id']}/answer", {"answer": "请张某到社区办理"})
    after = seen()

    assert (before["state"], [step["what"] for step in before["steps"]]) == (
        "It was accepted",
        ["We have your report", "The same thing is worked on already"],
    )
    assert (after["state"], after["incident_no"], after["has_contact"]) == ("It is closed", child["incident_no"], True)
    assert [step["what"] for step in after["steps"]][1:] == ["The same thing is worked on already", "It is closed"]
    assert "report it again" in after["next"], "the last word is that of who reported the other one"
    assert parent["incident_no"] not in str(after)
    assert "张某" not in str(after)


def test_how_it_ended_is_told_when_it_is_archived_as_well(suite: RunningSuite, eventually: Eventually) -> None:
    acceptor = suite.person("town_acceptor")
    made = acceptor.post(f"{BASE}/incidents", {"title": "井盖缺失", "area_code": AREA, "track": True}).json()
    rejected = {"reason_code": "not_ours"}
    acceptor.post(f"{BASE}/incidents/{made['id']}/reject", rejected, As_Of="2026-03-09T10:00:00+08:00")

    def seen() -> dict[str, Any]:
        content: dict[str, Any] = follow(suite, made["incident_no"], made["tracking_token"]).json()
        return content

    eventually(lambda: seen()["state"] == "已归档")

    assert [step["what"] for step in seen()["steps"]] == ["已收到您的反映", "不予受理"]


def test_with_an_account_a_token_comes_when_it_is_asked_for(suite: RunningSuite) -> None:
    reports = [{"title": "井盖缺失", "area_code": AREA, "track": asked} for asked in (True, False)]
    acceptor = suite.person("town_acceptor")

    single = [acceptor.post(f"{BASE}/incidents", report).json()["tracking_token"] for report in reports]
    batch = acceptor.post(f"{BASE}/incidents/batch", {"reports": reports}).json()["results"]

    assert [token is not None for token in single] == [True, False]
    assert [result["tracking_token"] is not None for result in batch] == [True, False]


def test_a_wrong_number_and_a_wrong_token_are_answered_alike(suite: RunningSuite, receipt: dict[str, Any]) -> None:
    untracked = suite.person("town_acceptor").post(f"{BASE}/incidents", {"title": "井盖", "area_code": AREA}).json()
    wrong = [
        (receipt["incident_no"], new_token()),
        (untracked["incident_no"], receipt["tracking_token"]),
        ("I99010120200101999999", receipt["tracking_token"]),
    ]

    answers = [ask(suite, *pair) for pair in wrong for ask in (follow, withdraw)]

    bodies = [{name: value for name, value in answer.json().items() if name != "request_id"} for answer in answers]
    assert {answer.status_code for answer in answers} == {404}
    assert all(body == bodies[0] for body in bodies)
    assert bodies[0]["code"] == "not_tracked"


@pytest.mark.parametrize("sent", [None, "", "k7m2q9x4t8c3v6b5n2h7j4w9rE"], ids=["none", "empty", "of another form"])
def test_the_token_comes_in_its_header(suite: RunningSuite, receipt: dict[str, Any], sent: str | None) -> None:
    headers = {} if sent is None else {"Tracking-Token": sent}

    answer = suite.client.get(f"{BASE}/tracking/{receipt['incident_no']}", headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_header")
    assert "Tracking-Token" in answer.json()["detail"]


def test_a_contact_that_is_withdrawn_is_gone_at_once(suite: RunningSuite, background: Loop, receipt: dict[str, Any]) -> None:
    number, token = receipt["incident_no"], receipt["tracking_token"]

    answers = [withdraw(suite, number, token) for _ in range(2)]

    assert [(answer.status_code, answer.json()["has_contact"]) for answer in answers] == [(200, False), (200, False)]
    assert follow(suite, number, token).json()["has_contact"] is False
    joined = "FROM contact c JOIN incident i ON i.id = c.incident_id WHERE i.incident_no = $1"
    assert background.run(value_of(suite, f"SELECT c.name IS NULL AND c.phone IS NULL {joined}", number))
    hashed = background.run(value_of(suite, f"SELECT encode(sha256(c.id::text::bytea), 'hex') {joined}", number))
    certified = suite.somebody("privacy_officer", "990101").get(f"{BASE}/deletion_certificates?reason=withdrawn").json()
    assert [line["hash"] for line in certified["items"]].count(hashed) == 1


def test_a_contact_on_legal_hold_stays_until_the_hold_is_lifted(suite: RunningSuite) -> None:
    report = {"title": "井盖缺失", "area_code": AREA, "track": True, "contact": {"phone": "13911114444"}}
    made = suite.person("town_acceptor").post(f"{BASE}/incidents", report).json()
    officer = suite.somebody("privacy_officer", "990101")
    hold = {"thing": "incident", "thing_id": made["id"], "cause": "行政复议 2026-17"}
    held = officer.post(f"{BASE}/legal_holds", hold).json()

    refused = withdraw(suite, made["incident_no"], made["tracking_token"])
    officer.post(f"{BASE}/legal_holds/{held['id']}/lift")
    done = withdraw(suite, made["incident_no"], made["tracking_token"])

    assert (refused.status_code, refused.json()["code"]) == (409, "on_legal_hold")
    assert (done.status_code, done.json()["has_contact"]) == (200, False)


def test_words_are_said_of_every_state_and_moment() -> None:
    assert _WORDS.keys() == _NEXT.keys() == set(INCIDENT.states)
    assert _WORDS.keys() >= set(_MOMENTS)


def test_tokens_are_long_random_and_easily_read() -> None:
    tokens = {new_token() for _ in range(100)}

    assert len(tokens) == 100
    assert all(re.fullmatch("[2-9a-hjkmnp-z]{26}", token) for token in tokens)


def test_who_reported_has_the_last_word_once(suite: RunningSuite) -> None:
    acceptor = suite.person("town_acceptor")
    receipt = said(suite, {"title": "如何申请低保", "area_code": AREA, "request_type": "consult"}).json()
    listed = acceptor.get(f"{BASE}/incidents?limit=50").json()["items"]
    path = next(f"{BASE}/incidents/{one['id']}" for one in listed if one["incident_no"] == receipt["incident_no"])

    def veto(token: str) -> httpx2.Response:
        headers = {"Tracking-Token": token, "Idempotency-Key": key(), "Accept-Language": "en"}
        at = f"{BASE}/tracking/{receipt['incident_no']}/reopen"
        return suite.client.post(at, json={"reason": "没有说明所需材料"}, headers=headers)

    early = veto(receipt["tracking_token"])
    answers = []
    for answer in ("请咨询社区", "请带身份证到社区办理"):
        acceptor.post(f"{path}/accept", {})
        assert acceptor.post(f"{path}/answer", {"answer": answer}).json()["state"] == "closed"
        answers.append(veto(receipt["tracking_token"]))

    assert (early.status_code, early.json()["code"]) == (409, "illegal_move")
    assert veto(new_token()).json()["code"] == "not_tracked"
    assert (answers[0].status_code, answers[0].json()["state"]) == (200, "It was accepted")
    assert (answers[1].status_code, answers[1].json()["code"]) == (409, "reopened_before")
    assert acceptor.get(path).json()["state"] == "closed"


def test_who_reported_may_object_to_a_rejection_once(suite: RunningSuite) -> None:
    acceptor, leader = suite.person("town_acceptor"), suite.somebody("town_leader", AREA[:9], subject="leader")
    made = acceptor.post(f"{BASE}/incidents", {"title": "路灯不亮", "area_code": AREA, "track": True}).json()
    path, number, token = f"{BASE}/incidents/{made['id']}", made["incident_no"], made["tracking_token"]

    def contest(own: str = token) -> httpx2.Response:
        headers = {"Tracking-Token": own, "Idempotency-Key": key(), "Accept-Language": "en"}
        reason = {"reason": "路灯归街道管,电话 13911113333"}
        return suite.client.post(f"{BASE}/tracking/{number}/contest", json=reason, headers=headers)

    early = contest()
    acceptor.post(f"{path}/reject", {"reason_code": "not_ours"})
    told = follow(suite, number, token, "en").json()["next"]
    answers = [contest(new_token()), contest()]
    leader.post(f"{path}/objection_denied", {})
    again, at_last = contest(), follow(suite, number, token, "en").json()

    assert (early.status_code, early.json()["code"]) == (409, "illegal_move")
    assert [answer.status_code for answer in answers] == [404, 200]
    assert "once" in told
    assert answers[1].json()["state"] == "Your objection is being looked at"
    assert (again.status_code, again.json()["code"]) == (409, "contested_before")
    assert (at_last["state"], at_last["next"]) == ("It was not accepted", "If you object, call 12345.")
    reasons = [step["reason"] for step in acceptor.get(f"{path}/history").json()["steps"]]
    assert "路灯归街道管,电话 139****3333" in reasons
