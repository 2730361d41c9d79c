"""Accounts of the time bank: who opens them, what each kind has, and what may happen to one."""

import uuid
from typing import Any

import asyncpg
import pytest

from gridwhistle.common.principal import ROLES, Principal
from gridwhistle.timebank.domain import ACCOUNT, KINDS, OWNED
from tests.conftest import Loop, Person, RunningSuite
from tests.timebank.bank import Bank

ACCOUNTS = "/timebank/v1/accounts"
COUNTY, AREA = "990301", "990301001001"
ADMIN = frozenset({"timebank_admin"})
MAY: dict[tuple[str | None, str], frozenset[str]] = {
    (None, "open"): ADMIN | {"auto"},
    ("open", "freeze"): ADMIN | {"auto"},
    ("frozen", "unfreeze"): ADMIN | {"auto"},
    ("open", "close"): ADMIN | {"auto"},
}
"""Who may do what in which state; everything else nobody may."""


class Thing:
    def __init__(self, state: str) -> None:
        self.state, self.owner_id = state, uuid.UUID(int=1)


@pytest.mark.parametrize("state", [None, *ACCOUNT.states])
@pytest.mark.parametrize("action", ["open", "freeze", "unfreeze", "close"])
def test_each_step_belongs_to_its_roles(state: str | None, action: str) -> None:
    def allowed(role: str) -> bool:
        try:
            ACCOUNT.step(state and Thing(state), action, Principal("me", frozenset({role}), ("99",)))
        except Exception:  # noqa: BLE001  any refusal
            return False
        return True

    assert {role for role in ROLES if allowed(role)} == MAY.get((state, action), frozenset())


@pytest.fixture
def admin(suite: RunningSuite) -> Person:
    return suite.somebody("timebank_admin", COUNTY)


def area() -> str:
    """Return the code of a community that no other test uses."""
    return f"{COUNTY}{uuid.uuid4().int % 10**6:06}"


def opened(admin: Person, **content: Any) -> dict[str, Any]:
    answer = admin.post(ACCOUNTS, {"kind": "personal_available", "area_code": AREA, "owner_id": str(uuid.uuid4())} | content)
    assert answer.status_code == 201, answer.text
    account: dict[str, Any] = answer.json()
    return account


@pytest.mark.parametrize("kind", KINDS)
def test_persons_and_groups_own_accounts_and_areas_have_the_others(admin: Person, kind: str) -> None:
    place = area()
    bare = admin.post(ACCOUNTS, {"kind": kind, "area_code": place})
    owned = admin.post(ACCOUNTS, {"kind": kind, "area_code": place, "owner_id": str(uuid.uuid4())})

    right, wrong = (owned, bare) if kind in OWNED else (bare, owned)
    assert right.status_code == 201, right.text
    assert (right.json()["balance_minutes"], right.json()["state"]) == (0, "open")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "owner_needed")


def test_an_owner_and_an_area_have_one_account_of_a_kind(admin: Person) -> None:
    mine, pool = {"owner_id": str(uuid.uuid4())}, {"kind": "pool", "area_code": area(), "owner_id": None}
    for content in (mine, pool):
        opened(admin, **content)

    again = [admin.post(ACCOUNTS, {"kind": "personal_available", "area_code": AREA, **content}) for content in (mine, pool)]

    assert [(answer.status_code, answer.json()["code"]) for answer in again] == [(409, "account_there")] * 2
    assert opened(admin, kind="personal_hold", **mine)["id"]


def test_an_account_is_read_where_it_lies_and_by_its_owner(suite: RunningSuite, admin: Person) -> None:
    account = opened(admin)
    path = f"{ACCOUNTS}/{account['id']}"

    seen = [
        suite.somebody("station_clerk", *areas, subject=subject).get(path).status_code
        for areas, subject in [((AREA,), "clerk"), (("990302",), "clerk"), ((), account["owner_id"])]
    ]

    assert seen == [200, 404, 200]
    assert account["actions"] == ["freeze", "close"]


def test_a_frozen_account_is_opened_again_by_a_person(admin: Person) -> None:
    path = f"{ACCOUNTS}/{opened(admin)['id']}"

    states = [
        admin.post(f"{path}/{action}", content).json()["state"]
        for action, content in [("freeze", {"reason": "核查"}), ("unfreeze", None), ("close", None)]
    ]

    assert states == ["frozen", "open", "closed"]
    assert admin.post(f"{path}/unfreeze").json()["code"] == "illegal_move"


def test_nobody_closes_the_countys_own_accounts_nor_those_of_who_takes_part(suite: RunningSuite) -> None:
    bank = Bank(suite, "990301")
    own = opened(bank.admin, kind="pool", area_code="990301007007", owner_id=None)["id"]
    volunteer = bank.register()
    lines = bank.admin.get(f"{ACCOUNTS}?owner_id={volunteer.id}").json()["items"]

    answers = [bank.admin.post(f"{ACCOUNTS}/{id_}/close") for id_ in (own, lines[0]["id"])]

    assert [answer.json()["code"] for answer in answers] == ["countys_own_account", "owner_stays"]


@pytest.mark.parametrize(
    ("change", "claim"),
    [
        ("balance_minutes = -1", "account_not_overdrawn"),
        ("locked_minutes = 1", "account_not_overdrawn"),
        ("locked_minutes = -1", "account_locks_not_negative"),
        ("balance_minutes = 1, state = 'closed'", "account_closed_when_empty"),
    ],
)
def test_the_database_itself_keeps_the_rules(
    suite: RunningSuite, admin: Person, background: Loop, change: str, claim: str
) -> None:
    account_id = opened(admin)["id"]

    async def tamper() -> str:
        connection = await asyncpg.connect(suite.postgres.url("timebank"))
        try:
            await connection.execute(f"UPDATE account SET {change} WHERE id = $1", uuid.UUID(account_id))
        except asyncpg.CheckViolationError as error:
            return str(error.constraint_name)
        finally:
            await connection.close()
        return "it went through"

    assert background.run(tamper()) == claim
