"""Committees and mediators: what the law asks of them before they are on file, and who may say so."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import RunningSuite
from tests.mediation.office import BASE, TODAY, Office, code_of, made, short_name

Wait = Callable[[Callable[[], bool]], None]

FILING = {"has_women": True, "mirrors_mixed_area": True}
COMPLETE = ("3 to 9 members", "a chair", "a seal", "women among its members")


@pytest.fixture(scope="module")
def office(suite: RunningSuite) -> Office:
    return Office(suite)


def at(committee: dict[str, Any], action: str) -> str:
    return f"{BASE}/committees/{committee['id']}/{action}"


def test_a_committee_with_three_members_a_chair_and_a_seal_is_put_on_file(office: Office) -> None:
    committee, members = office.filed()

    assert (committee["state"], committee["members"], committee["chair_id"]) == ("filed", 3, members[0]["id"])
    assert committee["filed_at"]
    assert "file" not in committee["actions"]


@pytest.mark.parametrize(
    ("members", "seal", "women", "lacks"),
    [
        pytest.param(2, True, True, "3 to 9 members", id="two members"),
        pytest.param(3, False, True, "a seal", id="no seal"),
        pytest.param(3, True, False, "women among its members", id="no women"),
        pytest.param(0, True, True, "a chair", id="nobody in the chair"),
    ],
)
def test_what_a_committee_lacks_is_said(office: Office, members: int, seal: bool, women: bool, lacks: str) -> None:
    committee = office.committee(**({} if seal else {"seal_no": None}))
    people = [office.register(committee) for _ in range(members)]
    if people:
        made(office.chair.post(at(committee, "name_chair"), {"mediator_id": people[0]["id"]}))

    refused = office.judicial.post(at(committee, "file"), {**FILING, "has_women": women})

    assert code_of(refused) == "committee_incomplete"
    assert lacks in refused.json()["detail"]


def test_a_tenth_member_is_one_too_many(office: Office) -> None:
    committee = office.committee()
    for _ in range(9):
        office.register(committee)
    content = {"name": "周十", "area_code": office.area, "kind": "elected", "committee_id": committee["id"], "is_member": True}

    refused = office.chair.post(f"{BASE}/mediators", content | {"appointed_on": "2026-01-01", "is_qualified": True})

    assert code_of(refused) == "committee_full"


def test_a_committee_does_not_put_itself_on_file(office: Office) -> None:
    committee, _ = office.filed()

    assert code_of(office.chair.post(at(committee, "file"), FILING)) == "insufficient_scope"


def test_a_committee_whose_term_is_over_is_elected_anew_before_it_is_on_file_again(office: Office) -> None:
    long_ago = (TODAY - dt.timedelta(days=3 * 366)).isoformat()
    committee = office.committee(elected_on=long_ago)
    for member in [office.register(committee) for _ in range(3)][:1]:
        made(office.chair.post(at(committee, "name_chair"), {"mediator_id": member["id"]}))
    refused = office.judicial.post(at(committee, "file"), FILING)

    elected = made(office.chair.post(at(committee, "elect"), {"elected_on": TODAY.isoformat()}))

    assert "a term that is not over" in refused.json()["detail"]
    assert not elected["term_is_over"]
    assert elected["term_end_on"] == TODAY.replace(year=TODAY.year + 3).isoformat()
    assert made(office.judicial.post(at(committee, "file"), FILING))["state"] == "filed"


def test_what_changes_is_put_on_file_anew_within_thirty_working_days(office: Office) -> None:
    committee, members = office.filed(members=4)

    altered = made(office.chair.post(at(committee, "alter"), {"seal_no": "9901010054321", "reason": "印章更换"}))
    made(office.judicial.post(at(committee, "file"), FILING))
    made(office.judicial.post(f"{BASE}/mediators/{members[0]['id']}/recall", {"reason_code": "leak", "reason": "泄露隐私"}))

    after = made(office.judicial.get(f"{BASE}/committees/{committee['id']}"))
    assert altered["state"] == "changed"
    assert (after["state"], after["members"], after["chair_id"]) == ("changed", 3, None)


def test_two_committees_of_a_county_do_not_number_their_files_alike(office: Office) -> None:
    committee = office.committee()
    content = {key: committee[key] for key in ("name", "short_name", "kind", "area_code", "elected_on")}

    assert code_of(office.chair.post(f"{BASE}/committees", content)) == "name_taken"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        pytest.param({"kind": "lawyer", "org": "990101-lawfirm"}, "credentials_missing", id="a lawyer without a licence"),
        pytest.param({"kind": "police"}, "credentials_missing", id="a liaison of no station"),
        pytest.param({"kind": "elected"}, "credentials_missing", id="elected by no committee"),
        pytest.param({"kind": "invited", "is_member": True}, "credentials_missing", id="a member who was not elected"),
        pytest.param({"kind": "invited", "is_qualified": False}, "not_qualified", id="not of age"),
        pytest.param(
            {"kind": "elected", "committee_id": "00000000-0000-7000-8000-000000000000"}, "not_found", id="of no committee"
        ),
    ],
)
def test_who_mediates_brings_what_the_law_asks(office: Office, more: dict[str, Any], code: str) -> None:
    content = {"name": "周一", "area_code": office.area, "appointed_on": "2026-01-01", "is_qualified": True, **more}

    assert code_of(office.chair.post(f"{BASE}/mediators", content)) == code


def test_the_rosters_of_lawyers_and_of_police_are_lists(office: Office) -> None:
    lawyer = office.register(kind="lawyer", org="990101-lawfirm", licence_no="19901201510000001", specialties=["D04", "D12"])
    liaison = office.register(kind="police", org="990101-police")

    lawyers = made(office.judicial.get(f"{BASE}/mediators?kind=lawyer&limit=200"))["items"]
    police = made(office.judicial.get(f"{BASE}/mediators?kind=police&limit=200"))["items"]

    assert lawyer["id"] in {one["id"] for one in lawyers} > {one["id"] for one in police} & {lawyer["id"]}
    assert liaison["id"] in {one["id"] for one in police}


def test_training_is_counted_in_hours(office: Office) -> None:
    mediator = office.register(kind="invited")
    path = f"{BASE}/mediators/{mediator['id']}/trainings"
    made(office.chair.post(path, {"course": "人民调解业务培训", "hours": 8, "held_on": "2026-03-01"}))

    after = made(office.chair.post(path, {"course": "民法典专题", "hours": 4, "held_on": "2026-04-01"}))

    assert after["training_hours"] == 12
    assert [one["hours"] for one in after["trainings"]] == [8, 4]


def test_nothing_is_entered_that_is_still_to_come(office: Office) -> None:
    committee, tomorrow = office.committee(), (TODAY + dt.timedelta(days=1)).isoformat()
    content = {"name": "示例人民调解委员会", "short_name": short_name(), "kind": "village", "area_code": office.area}
    course = {"course": "民法典专题", "hours": 4, "held_on": tomorrow}

    said = [
        office.chair.post(f"{BASE}/committees", content | {"elected_on": tomorrow}),
        office.chair.post(at(committee, "elect"), {"elected_on": tomorrow}),
        office.chair.post(f"{BASE}/mediators/{office.register(committee)['id']}/trainings", course),
    ]

    assert [code_of(answer) for answer in said] == ["still_to_come"] * 3


def test_whose_time_is_over_stands_as_expired(office: Office) -> None:
    over = office.register(kind="invited", appointed_on="2020-01-01", term_end_on="2023-01-01")
    path = f"{BASE}/mediators/{over['id']}"

    renewed = made(office.chair.patch(path, {"term_end_on": "2199-01-01"}, If_Match='"1"'))

    assert (over["standing"], renewed["standing"]) == ("expired", "active")


def test_nobody_decides_about_themselves(suite: RunningSuite, office: Office) -> None:
    mediator = office.register(kind="invited")
    oneself = suite.somebody("mediation_chair", office.area, subject=mediator["id"])
    path = f"{BASE}/mediators/{mediator['id']}"

    refused = [
        oneself.post(f"{path}/pause", {"reason": "休假"}),
        oneself.post(f"{path}/recall", {"reason_code": "asked", "reason": "本人申请"}),
        oneself.patch(path, {"grade": "first"}, If_Match='"1"'),
        oneself.post(f"{path}/trainings", {"course": "民法典专题", "hours": 4, "held_on": "2026-04-01"}),
    ]

    assert {code_of(one) for one in refused} == {"mediator_is_you"}


def test_who_was_recalled_does_not_come_back(office: Office) -> None:
    mediator = office.register(kind="invited")
    path = f"{BASE}/mediators/{mediator['id']}"
    made(office.chair.post(f"{path}/pause", {"reason": "休假"}))
    made(office.chair.post(f"{path}/resume", {"reason": "返岗"}))
    recalled = made(office.chair.post(f"{path}/recall", {"reason_code": "bias", "reason": "偏袒一方"}))

    again = office.chair.post(f"{path}/resume", {"reason": "再用"})

    assert (recalled["state"], recalled["recalled_for"], recalled["actions"]) == ("recalled", "bias", [])
    assert code_of(again) == "illegal_move"


def test_a_grid_worker_who_leaves_has_no_new_cases_until_the_committee_says_so(
    suite: RunningSuite, office: Office, eventually: Wait
) -> None:
    personnel, place = suite.somebody("county_admin", "990412"), {"area_code": "990412001001", "name": "示例"}
    for area_code, level in (("990412000000", "county"), ("990412001000", "township"), ("990412001001", "community")):
        made(personnel.post("/personnel/v1/areas", {**place, "area_code": area_code, "level": level}))
    made(personnel.post("/personnel/v1/organisations", {**place, "org": "990412-street", "kind": "township"}))
    town = suite.somebody("town_admin", "990412001")
    worker = {**place, "employment": "part_time", "org": "990412-street"}
    worker_id = made(town.post("/personnel/v1/workers", worker))["id"]
    mediator = office.register(kind="invited", worker_id=worker_id)
    other = office.register(kind="invited")
    path = f"{BASE}/mediators/{mediator['id']}"

    made(town.post(f"/personnel/v1/workers/{worker_id}/exit", {"reason_code": "asked"}))

    eventually(lambda: made(office.chair.get(path))["state"] == "paused")
    assert made(office.chair.get(f"{BASE}/mediators/{other['id']}"))["state"] == "active"
    assert made(office.chair.post(f"{path}/resume", {"reason": "仍受聘"}))["state"] == "active"


def test_the_kinds_of_dispute_have_names_in_both_languages(office: Office) -> None:
    kinds = {line["code"]: line for line in made(office.chair.get(f"{BASE}/dispute_types"))["items"]}

    assert len(kinds) == 17
    assert (kinds["D02"]["zh"], kinds["D02"]["en"]) == ("邻里", "between neighbours")
