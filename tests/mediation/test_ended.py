"""Once a case has ended nobody comes into it any more, and who is in it stays as they were."""

from typing import Final

import pytest

from gridwhistle.common.edge import EdgeRoute
from gridwhistle.mediation.app import MEDIATION
from tests.conftest import RunningSuite
from tests.mediation.office import Office, made, pays
from tests.system.asked_of_mediation import NOBODY, sent

SENT: Final = sent("990101001001")
NAMES: Final = {
    *("name", "phone", "party_id", "party_ids", "mediator_id", "presiding_id", "present", "terms", "agreed_by", "applied_by"),
    "complained_org",
}
"""What a request names somebody by."""
OF_ITS_SESSION: Final = {"sign_record"}
"""The record of who met is signed by them when the case has ended as well."""
REFUSED: Final = {"case_ended", "facts_stand", "illegal_move"}
NOT_THEIRS: Final = {"not_on_this_panel", "wrong_role"}
WRITES: Final = {
    route.operation_id or "": route.path.partition("/{case_id}")[2]
    for router in MEDIATION.all_routers()
    for route in router.routes
    if isinstance(route, EdgeRoute) and "{case_id}" in route.path and route.operation_id in SENT
}
NAMING: Final = {operation: below for operation, below in WRITES.items() if NAMES & SENT[operation].keys()}


@pytest.fixture(scope="module")
def office(suite: RunningSuite) -> Office:
    return Office(suite)


def test_nothing_that_names_somebody_is_written_of_a_case_that_ended(office: Office) -> None:
    committee, (first, second, _) = office.filed()
    path, parties = office.in_mediation(committee, first)
    mediator = office.mediator(first)
    parts = {"parties": parties[0], "sessions": office.session(path, mediator, parties).rpartition("/")[2]}
    parts["invitees"] = made(mediator.post(f"{path}/invitees", {"kind": "neighbour", "name": "孙三"}))["id"]
    parts["agreements"] = office.draft(path, mediator, parties)["id"]
    known = {
        "party_id": parties[0],
        "mediator_id": second["id"],
        "presiding_id": second["id"],
        "terms": [pays(parties[1], None)],
    }
    known |= dict.fromkeys(("party_ids", "present", "agreed_by", "applied_by"), parties)
    made(mediator.post(f"{path}/fail", {}))
    before = made(office.chair.get(path))

    answers = {}
    for operation in NAMING.keys() - OF_ITS_SESSION:
        below = NAMING[operation]
        for noun, part in parts.items():
            below = below.replace(f"{noun}/{{part_id}}", f"{noun}/{part}")
        content = {name: known.get(name, value) for name, value in SENT[operation].items()}
        answers[operation] = [person.post(f"{path}{below}", content) for person in (mediator, office.chair)]

    codes = {operation: {one.json().get("code") for one in both} for operation, both in answers.items()}
    let_in = {operation: said for operation, said in codes.items() if not (said & REFUSED and said <= REFUSED | NOT_THEIRS)}
    assert let_in == {}
    assert made(office.chair.get(path)) == before
    assert {"invite_somebody", "agree_to_invitee", "name_party_agent", "change_party", "notify_party"} <= codes.keys()
    assert NOBODY not in str([SENT[operation] for operation in WRITES.keys() - NAMING.keys()])


def test_who_is_still_to_be_asked_how_it_went_is_reached_elsewhere(office: Office) -> None:
    committee, (first, *_) = office.filed()
    path, parties, agreement = office.agreed(committee, first)
    made(office.chair.post(f"{path}/start_performance"))
    done = {"done_on": "2026-11-20", "proof": "收据0017"}
    made(office.chair.post(f"{path}/agreement_terms/{agreement['terms'][0]['id']}/done", done))

    changed = made(office.chair.post(f"{path}/parties/{parties[0]}/change", {"phone": "13900139000"}))

    assert made(office.chair.get(path))["state"] == "performed"
    assert changed["phone"] == "139****9000"
