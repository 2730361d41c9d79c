"""Sessions: what has to be so before anybody meets, the record, more time, and when it becomes dangerous or false."""

import datetime as dt
from typing import Any

import pytest
import vobject
from icalendar import Calendar

from gridwhistle.mediation.sessions import inviting
from tests.conftest import RunningSuite
from tests.mediation.office import BASE, Office, code_of, made

Committee = tuple[dict[str, Any], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def office(suite: RunningSuite) -> Office:
    return Office(suite)


@pytest.fixture(scope="module")
def committee(office: Office) -> Committee:
    return office.filed()


def test_parties_meet_when_everything_is_ready(office: Office, committee: Committee) -> None:
    first = committee[1][0]
    path, parties = office.assigned(committee[0], first)
    mediator = office.mediator(first)
    session = office.session(path, mediator, parties[:1])
    lacking = mediator.post(f"{session}/open", {"present": parties}).json()["detail"]

    made(office.chair.post(f"{path}/tell_rights", {}))
    made(mediator.post(f"{path}/disclose", {"relation": "none"}))
    made(mediator.post(f"{session}/notify", {"party_id": parties[1], "manner": "in_writing"}))
    opened = made(mediator.post(f"{session}/open", {"present": parties}))

    for what in ("what each mediator discloses", "telling the parties their rights", "a notice to every party"):
        assert what in lacking
    assert (opened["state"], opened["present"]) == ("open", parties)
    assert made(office.chair.get(path))["state"] == "in_mediation"


def test_no_session_after_a_refusal(office: Office, committee: Committee) -> None:
    path, (_, qian) = office.asked()
    made(office.chair.post(f"{path}/refuse", {"party_id": qian, "answered_by": "by_word"}))
    content = {"starts_at": "2190-01-01T00:00:00Z", "ends_at": "2190-01-01T02:00:00Z", "venue": "示例社区调解室"}

    refused = office.mediator(committee[1][0]).post(f"{path}/plan_session", content)

    assert code_of(refused) == "illegal_move"
    assert made(office.chair.get(path))["state"] == "refused"
    assert made(office.chair.get(f"{path}/sessions"))["items"] == []


def test_who_does_not_mediate_the_case_plans_nothing(office: Office, committee: Committee) -> None:
    first, second = committee[1][:2]
    path, parties = office.assigned(committee[0], first)
    session = office.session(path, office.mediator(first), parties)
    content = {"starts_at": "2190-01-01T00:00:00Z", "ends_at": "2190-01-01T02:00:00Z", "venue": "示例社区调解室"}

    other = office.mediator(second)

    assert code_of(other.post(f"{path}/plan_session", content)) == "not_on_this_panel"
    assert code_of(other.post(f"{session}/open", {"present": parties})) == "not_on_this_panel"
    assert made(other.get(f"{path}/sessions"))["items"][0]["actions"] == []


def test_who_was_invited_comes_when_every_party_wants_it(office: Office, committee: Committee) -> None:
    first = committee[1][0]
    path, parties = office.assigned(committee[0], first)
    mediator = office.mediator(first)
    made(office.chair.post(f"{path}/tell_rights", {}))
    made(mediator.post(f"{path}/disclose", {"relation": "none"}))
    session = office.session(path, mediator, parties)
    invited = made(mediator.post(f"{path}/invitees", {"kind": "neighbour", "name": "孙三"}))
    made(mediator.post(f"{path}/invitees/{invited['id']}/agree", {"party_id": parties[0]}))
    opening = {"present": parties, "invitees": [invited["id"]]}

    too_early = mediator.post(f"{session}/open", opening)
    agreed = made(mediator.post(f"{path}/invitees/{invited['id']}/agree", {"party_id": parties[1]}))
    opened = made(mediator.post(f"{session}/open", opening))

    assert "consent to who was invited" in too_early.json()["detail"]
    assert (agreed["name"], sorted(agreed["agreed_by"])) == ("孙**", sorted(parties))
    assert opened["invitees"] == [invited["id"]]


def test_no_more_are_invited_than_can_be_shown(office: Office, committee: Committee, monkeypatch: pytest.MonkeyPatch) -> None:
    first = committee[1][0]
    path, _ = office.assigned(committee[0], first)
    monkeypatch.setattr(inviting, "INVITEES_MAX", 0)

    refused = office.mediator(first).post(f"{path}/invitees", {"kind": "neighbour", "name": "孙三"})

    assert (code_of(refused), refused.json()["detail"]) == ("enough_invitees", "0 people are invited to a case at most.")


def test_the_record_is_sealed_and_signed_by_who_was_there(office: Office, committee: Committee) -> None:
    first = committee[1][0]
    path, parties = office.in_mediation(committee[0], first)
    mediator = office.mediator(first)
    session = made(mediator.get(f"{path}/sessions"))["items"][0]
    at = f"{path}/sessions/{session['id']}"

    made(mediator.post(f"{at}/sign", {"party_id": parties[0], "how": "fingerprint"}))
    made(mediator.post(f"{at}/sign", {"party_id": parties[1], "how": "declined"}))
    twice = mediator.post(f"{at}/sign", {"party_id": parties[1], "how": "signature"})
    signed = made(mediator.post(f"{at}/sign", {"how": "signature"}))

    look = {"fields": ["record", "undisputed"], "purpose": "handling", "note": "阅卷"}
    assert code_of(twice) == "signed_already"
    assert [(one["id"], one["how"]) for one in signed["signed"]] == [
        (parties[0], "fingerprint"),
        (parties[1], "declined"),
        (first["id"], "signature"),
    ]
    assert signed["has_record"]
    assert "双方" not in str(signed)
    assert made(mediator.post(f"{at}/reveal", look))["values"] == {"record": "双方各退一步", "undisputed": "漏水属实"}


def test_who_was_not_there_does_not_sign(office: Office, committee: Committee) -> None:
    first = committee[1][0]
    path, parties = office.assigned(committee[0], first)
    mediator = office.mediator(first)
    made(office.chair.post(f"{path}/tell_rights", {}))
    made(mediator.post(f"{path}/disclose", {"relation": "none"}))
    session = office.session(path, mediator, parties)
    made(mediator.post(f"{session}/open", {"present": parties[:1]}))
    made(mediator.post(f"{session}/end", {"record": "背对背调解"}))

    assert code_of(mediator.post(f"{session}/sign", {"party_id": parties[1], "how": "signature"})) == "not_present"


@pytest.mark.parametrize(
    ("starts", "ends"),
    [
        pytest.param("2190-01-01T02:00:00Z", "2190-01-01T00:00:00Z", id="ends before it begins"),
        pytest.param("2020-01-01T00:00:00Z", "2020-01-01T02:00:00Z", id="in the past"),
    ],
)
def test_a_session_begins_in_the_future_and_ends_later(office: Office, committee: Committee, starts: str, ends: str) -> None:
    first = committee[1][0]
    path, _ = office.assigned(committee[0], first)
    content = {"starts_at": starts, "ends_at": ends, "venue": "示例社区调解室"}

    assert code_of(office.mediator(first).post(f"{path}/plan_session", content)) == "times_unclear"


# --- more time, and how it ends ----------------------------------------------------------------------------------------------


def test_more_time_asks_for_every_partys_consent(office: Office, committee: Committee) -> None:
    first = committee[1][0]
    path, parties = office.in_mediation(committee[0], first)
    mediator = office.mediator(first)

    one_alone = mediator.post(f"{path}/extend", {"party_ids": [parties[0], parties[0]]})
    extended = made(mediator.post(f"{path}/extend", {"party_ids": parties}))

    assert code_of(one_alone) == "not_everybody"
    assert extended["state"] == "in_mediation"


def test_when_no_agreement_is_to_be_had_the_ways_are_told(office: Office, committee: Committee) -> None:
    first = committee[1][0]
    path, _ = office.in_mediation(committee[0], first)
    by_another = office.mediator(committee[1][1]).post(f"{path}/fail", {})

    failed = made(office.mediator(first).post(f"{path}/fail", {"reason": "分歧过大"}))

    assert code_of(by_another) == "not_on_this_panel"
    assert (failed["state"], failed["outcome"]) == ("failed", "failed")
    assert failed["other_ways"] == ["arbitration", "authority", "court"]


def test_false_mediation_is_stopped_and_reported(office: Office, committee: Committee) -> None:
    first = committee[1][0]
    path, _ = office.in_mediation(committee[0], first)
    mediator, content = office.mediator(first), {"reason_code": "false_mediation", "reason": "虚构债务"}

    unreported = mediator.post(f"{path}/terminate", content)
    stopped = made(mediator.post(f"{path}/terminate", {**content, "reported_to": "court", "receipt_no": "示法收〔2026〕9号"}))

    reports = made(office.chair.get(f"{path}/escalations"))["items"]
    assert code_of(unreported) == "report_needed"
    assert (stopped["state"], stopped["reason_code"]) == ("terminated", "false_mediation")
    assert [(one["reported_to"], one["reason_code"]) for one in reports] == [("court", "misuse")]


def test_what_becomes_dangerous_is_reported_and_stands_still(office: Office, committee: Committee) -> None:
    first = committee[1][0]
    path, _ = office.in_mediation(committee[0], first)
    mediator = office.mediator(first)
    content = {"reason_code": "violence", "reported_to": "police", "reason": "一方扬言动手"}

    escalated = made(mediator.post(f"{path}/escalate", content))
    held = mediator.post(f"{path}/fail", {})
    report = made(office.chair.get(f"{path}/escalations"))["items"][0]
    too_early = office.chair.post(f"{path}/resume", {"reason": "已平息"})
    made(office.chair.post(f"{path}/escalations/{report['id']}/enter_receipt", {"receipt_no": "示公接〔2026〕118号"}))
    resumed = made(office.chair.post(f"{path}/resume", {"reason": "已平息"}))

    assert escalated["state"] == "escalated"
    assert code_of(held) == "illegal_move"
    assert code_of(too_early) == "receipt_missing"
    assert resumed["state"] == "in_mediation"


@pytest.mark.parametrize("stage", ["applied", "consent_pending", "accepted", "assigned"])
def test_what_was_dangerous_goes_on_where_it_was(office: Office, committee: Committee, stage: str) -> None:
    path = {
        "applied": lambda: f"{BASE}/cases/{office.register_case()['id']}",
        "consent_pending": lambda: office.asked()[0],
        "accepted": lambda: office.accepted(committee[0])[0],
        "assigned": lambda: office.assigned(committee[0], committee[1][0])[0],
    }[stage]()
    made(office.chair.post(f"{path}/escalate", {"reason_code": "danger", "reported_to": "town", "reason": "激化"}))

    assert made(office.chair.post(f"{path}/resume", {"reason": "已平息"}))["state"] == stage


def test_harm_is_reported_by_whoever_sees_it_and_two_roles_see_the_report(
    suite: RunningSuite, office: Office, committee: Committee
) -> None:
    path, _ = office.assigned(committee[0], committee[1][0])
    lawyer = suite.somebody("lawyer", office.area, subject="lawyer")
    content = {"kind": "minor_harm", "reported_to": "police", "receipt_no": "示公接〔2026〕119号"}

    reported = made(lawyer.post(f"{path}/mandatory_reports", content))

    assert reported["by_role"] == "lawyer"
    assert made(office.judicial.get(f"{path}/mandatory_reports"))["items"] == [reported]
    assert code_of(office.mediator(committee[1][0]).get(f"{path}/mandatory_reports")) == "insufficient_scope"


# --- the calendar ------------------------------------------------------------------------------------------------------------


def test_two_parsers_read_the_same_sessions_in_the_calendar_of_who_mediates(office: Office, committee: Committee) -> None:
    mediator_row = office.register(kind="invited")
    path, parties = office.assigned(committee[0], mediator_row)
    mediator = office.mediator(mediator_row)
    office.session(path, mediator, parties)
    online = office.session(path, mediator, parties, is_online=True, venue="示例县在线调解平台")
    made(mediator.post(f"{online}/cancel", {}))

    answer = mediator.get(f"{BASE}/session_calendar")
    again = mediator.get(f"{BASE}/session_calendar", If_None_Match=answer.headers["etag"])

    one = [
        (str(event["uid"]), event["dtstart"].dt, event["dtend"].dt, str(event["location"]), str(event["status"]))
        for event in Calendar.from_ical(answer.content).walk("VEVENT")
    ]
    other = [
        (event.uid.value, event.dtstart.value, event.dtend.value, event.location.value, event.status.value)
        for event in vobject.readOne(answer.content.decode()).vevent_list
    ]
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert one == other
    assert [event[3:] for event in one] == [("示例社区调解室", "CONFIRMED"), ("示例县在线调解平台(在线)", "CANCELLED")]
    assert {event[2] - event[1] for event in one} == {dt.timedelta(hours=2)}
    assert "赵" not in answer.text
    assert again.status_code == 304


def test_a_session_of_a_case_that_ended_does_not_take_place(office: Office, committee: Committee) -> None:
    mediator_row = office.register(kind="invited")
    path, parties = office.assigned(committee[0], mediator_row)
    mediator = office.mediator(mediator_row)
    office.session(path, mediator, parties)
    before = made(mediator.get(f"{path}/sessions"))["items"]
    made(office.chair.post(f"{path}/withdraw", {"party_id": parties[0]}))

    [event] = Calendar.from_ical(mediator.get(f"{BASE}/session_calendar").content).walk("VEVENT")
    [session] = made(mediator.get(f"{path}/sessions"))["items"]

    assert "open" in before[0]["actions"]
    assert str(event["status"]) == "CANCELLED"
    assert "open" not in session["actions"]


def test_the_calendar_of_who_mediates_nothing_is_empty(office: Office) -> None:
    stranger = office.suite.somebody("mediator", office.area, subject="0190c8f2-5d1e-7c3a-9d55-0c5b3f1f7a99")

    answer = stranger.get(f"{BASE}/session_calendar")

    assert list(Calendar.from_ical(answer.content).walk("VEVENT")) == []
    assert answer.text.startswith("BEGIN:VCALENDAR")
