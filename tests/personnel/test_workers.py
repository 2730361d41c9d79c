"""Workers: how they come, work, rest and leave."""

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import IllegalMove, WrongRole
from gridwhistle.personnel import workers
from gridwhistle.personnel.domain import WORKER, NotSigned
from tests.conftest import Person, RunningSuite

BASE = "/personnel/v1"
GRID = "990110001001001"
MAY = {
    (None, "apply"): "applied",
    (None, "nominate"): "applied",
    (None, "take_over"): "active",
    ("applied", "start_training"): "training",
    ("applied", "reject"): "rejected",
    ("training", "pass"): "ready",
    ("training", "reject"): "rejected",
    ("ready", "activate"): "active",
    ("active", "suspend"): "suspended",
    ("suspended", "resume"): "active",
    ("active", "renew"): "active",
    ("active", "exit"): "exited",
    ("suspended", "exit"): "exited",
}


class Thing:
    contract_signed_on = confidentiality_signed_on = "2026-01-01"

    def __init__(self, state: str) -> None:
        self.state = state


@pytest.mark.parametrize("role", ["town_admin", "county_admin", "community_admin", "grid_worker"])
@pytest.mark.parametrize("action", sorted({action for _, action in MAY}))
@pytest.mark.parametrize("state", [None, *WORKER.states])
def test_each_step_belongs_to_its_state_and_to_the_township(state: str | None, action: str, role: str) -> None:
    caller = Principal(id="somebody", roles=frozenset({role}), areas=("990110",))

    def step() -> str:
        return WORKER.step(Thing(state) if state else None, action, caller).target

    if (state, action) not in MAY:
        with pytest.raises(IllegalMove):
            step()
    elif role in {"town_admin", "county_admin"}:
        assert step() == MAY[state, action]
    else:
        with pytest.raises(WrongRole):
            step()


def test_nobody_begins_unsigned() -> None:
    ready = Thing("ready")
    ready.contract_signed_on = ""

    with pytest.raises(NotSigned):
        WORKER.step(ready, "activate", Principal(id="x", roles=frozenset({"town_admin"}), areas=("990110",)))


@pytest.fixture
def town(suite: RunningSuite) -> Person:
    county = suite.somebody("county_admin", "990110", subject="admin-990110")
    county.post(f"{BASE}/areas", {"area_code": GRID[:12], "level": "community", "name": "示例社区"})
    county.post(f"{BASE}/organisations", {"org": "990110-s", "area_code": GRID[:12], "name": "街道", "kind": "township"})
    ring = [[80, 20], [80.01, 20], [80.01, 20.01], [80, 20.01], [80, 20]]
    grid = {"grid_code": GRID, "name": "一", "households": 400, "boundary": {"type": "Polygon", "coordinates": [ring]}}
    county.post(f"{BASE}/grids", grid | {"filed_at": "2026-01-01T00:00:00Z"})
    return suite.somebody("town_admin", "990110001", subject="town-990110")


def did(answer: Any) -> dict[str, Any]:
    assert answer.status_code in {200, 201}, answer.text
    done: dict[str, Any] = answer.json()
    return done


def hired(town: Person, **more: str) -> str:
    worker = {"name": "丁", "area_code": GRID[:12], "employment": "full_time", "org": "990110-s"}
    return str(did(town.post(f"{BASE}/workers", worker | more))["id"])


def test_an_applicant_is_trained_signs_and_begins(town: Person) -> None:
    path = f"{BASE}/workers/{hired(town, entry='nominate')}"

    did(town.post(f"{path}/start_training"))
    ready = did(town.post(f"{path}/pass"))
    unsigned = town.post(f"{path}/activate")
    signed = {"contract_from": "2026-07-01", "contract_to": "2027-06-30", "contract_signed_on": "2026-06-20"}
    did(town.patch(path, signed | {"confidentiality_signed_on": "2026-06-20"}, If_Match='"3"'))
    active = did(town.post(f"{path}/activate"))

    assert (ready["state"], unsigned.status_code, active["state"]) == ("ready", 409, "active")
    assert "activate" not in ready["actions"]


def test_nothing_is_written_of_who_has_left(town: Person) -> None:
    path = f"{BASE}/workers/{hired(town)}"
    did(town.post(f"{path}/exit", {"reason_code": "asked"}))

    refused = town.patch(path, {"contract_signed_on": "2026-06-20"}, If_Match='"2"')

    assert (refused.status_code, refused.json()["code"]) == (409, "not_active")


@pytest.mark.anyio
async def test_who_was_rejected_is_kept_from_then_on_for_so_long_and_no_longer(suite: RunningSuite, town: Person) -> None:
    worker_id = hired(town, entry="apply")

    did(town.post(f"{BASE}/workers/{worker_id}/reject"))

    connection = await asyncpg.connect(suite.postgres.url("personnel"))
    since = await connection.fetchval("SELECT exited_at FROM worker WHERE id = $1", UUID(worker_id))
    await connection.close()
    assert since is not None


def test_who_leaves_has_no_access_no_grids_and_no_shift(suite: RunningSuite, town: Person) -> None:
    worker_id = hired(town)
    path = f"{BASE}/workers/{worker_id}"
    did(town.post(f"{path}/assignments", {"grid_code": GRID}))
    worker = suite.somebody("grid_worker", GRID, subject=worker_id)
    shift = did(worker.post(f"{BASE}/shifts", {"grid_code": GRID}))

    left = did(town.post(f"{path}/exit", {"reason_code": "asked"}))
    refused = worker.get(f"{BASE}/grids")

    assert (left["state"], left["assignments"], left["actions"]) == ("exited", [], [])
    assert (refused.status_code, refused.json()["code"]) == (401, "token_revoked")
    assert did(town.get(f"{BASE}/shifts/{shift['id']}"))["state"] == "ended"


def test_who_is_suspended_works_again_only_when_told_so(suite: RunningSuite, town: Person) -> None:
    worker_id = hired(town)
    path = f"{BASE}/workers/{worker_id}"
    did(town.post(f"{path}/assignments", {"grid_code": GRID, "duty": "leader"}))
    worker = suite.somebody("grid_worker", GRID, subject=worker_id)
    shift = did(worker.post(f"{BASE}/shifts", {"grid_code": GRID}))

    did(town.post(f"{path}/suspend", {"reason_code": "health"}))
    refused = worker.post(f"{BASE}/shifts", {"grid_code": GRID})
    ended = did(town.get(f"{BASE}/shifts/{shift['id']}"))
    resumed = did(town.post(f"{path}/resume"))
    again = worker.post(f"{BASE}/shifts", {"grid_code": GRID})

    assert (refused.status_code, refused.json()["code"], ended["state"]) == (409, "not_active", "ended")
    assert [one["grid_code"] for one in resumed["assignments"]] == [GRID]
    assert again.status_code == 201


def test_nobody_is_made_responsible_for_a_grid_that_is_no_more(suite: RunningSuite, town: Person) -> None:
    county, code = suite.somebody("county_admin", "990110"), "990110001001077"
    ring = [[101.0, 20.0], [101.1, 20.0], [101.1, 20.1], [101.0, 20.1], [101.0, 20.0]]
    boundary = {"type": "Polygon", "coordinates": [ring]}
    content = {"grid_code": code, "name": "旧网格", "households": 300, "boundary": boundary, "filed_at": "2026-01-01T00:00:00Z"}
    grid = did(county.post(f"{BASE}/grids", content))
    did(county.post(f"{BASE}/grids/{grid['id']}/retire"))

    refused = town.post(f"{BASE}/workers/{hired(town)}/assignments", {"grid_code": code})

    assert (refused.status_code, refused.json()["code"]) == (409, "grid_retired")


def test_an_assignment_ends_and_may_begin_again(town: Person) -> None:
    path = f"{BASE}/workers/{hired(town)}"

    first = did(town.post(f"{path}/assignments", {"grid_code": GRID}))
    ended = did(town.post(f"{path}/unassign", {"grid_code": GRID}))
    twice = town.post(f"{path}/unassign", {"grid_code": GRID})
    again = did(town.post(f"{path}/assignments", {"grid_code": GRID}))

    assert [len(one["assignments"]) for one in (first, ended, again)] == [1, 0, 1]
    assert (twice.status_code, twice.json()["code"]) == (409, "not_assigned")


def test_nothing_ends_before_it_begins_whenever_it_is_told_of(suite: RunningSuite, town: Person) -> None:
    worker_id = hired(town)
    path, past = f"{BASE}/workers/{worker_id}", {"As_Of": "2026-01-05T09:00:00+08:00"}
    did(town.post(f"{path}/assignments", {"grid_code": GRID}))
    worker = suite.somebody("grid_worker", GRID, subject=worker_id)
    shift = did(worker.post(f"{BASE}/shifts", {"grid_code": GRID}))

    refused = [worker.post(f"{BASE}/shifts/{shift['id']}/end", **past)]
    did(worker.post(f"{BASE}/shifts/{shift['id']}/end"))
    refused.append(town.post(f"{path}/unassign", {"grid_code": GRID}, **past))

    assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [(422, "ends_before_it_begins")] * 2


def test_a_worker_has_no_more_grids_than_events_can_tell_of(town: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "GRIDS_MAX", 0)

    refused = town.post(f"{BASE}/workers/{hired(town)}/assignments", {"grid_code": GRID})

    assert (refused.status_code, refused.json()["code"]) == (409, "enough_grids")


@pytest.mark.parametrize(
    ("more", "code"), [({"org": "nobody"}, "unknown_org"), ({"area_code": "990110001009"}, "unknown_area")]
)
def test_a_worker_belongs_to_a_place_and_an_organisation_that_are_there(town: Person, more: dict[str, str], code: str) -> None:
    worker = {"name": "丁", "area_code": GRID[:12], "employment": "full_time", "org": "990110-s"}

    answer = town.post(f"{BASE}/workers", worker | more)

    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_workers_are_listed_by_state_and_organisation(town: Person) -> None:
    applicant, worker = hired(town, entry="apply"), hired(town)

    listed = did(town.get(f"{BASE}/workers?state=applied&org=990110-s&limit=200"))["items"]

    assert applicant in {one["id"] for one in listed}
    assert worker not in {one["id"] for one in listed}
