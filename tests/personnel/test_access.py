"""Revocations: what was let in is refused from now on, in every service, however well its token is remembered."""

import datetime as dt
import time
import uuid
from collections.abc import Callable

import pytest

from gridwhistle.common.database import Database, Db
from gridwhistle.common.principal import Principal
from gridwhistle.common.sealing import Seal
from gridwhistle.personnel.access import Revoke, revoke_tokens
from gridwhistle.personnel.app import PERSONNEL
from tests.conftest import Loop, Person, RunningSuite

REVOCATIONS = "/personnel/v1/revocations"
GRIDS = "/personnel/v1/grids"
INCIDENTS = "/incidents/v1/incidents"
Wait = Callable[[Callable[[], bool]], None]


@pytest.fixture
def subject() -> str:
    return f"acceptor-{uuid.uuid4()}"


@pytest.fixture
def security_admin(suite: RunningSuite) -> Person:
    return suite.somebody("security_admin", "990101")


def acceptor(suite: RunningSuite, subject: str, *areas: str) -> Person:
    return suite.somebody("town_acceptor", *(areas or ("990101001",)), subject=subject)


def revoke(by: Person, subject: str, **more: str) -> int:
    return by.post(REVOCATIONS, {"subject_id": subject, "reason_code": "account_frozen", **more}).status_code


def test_a_revoked_token_is_refused_here_at_once_and_soon_everywhere(
    suite: RunningSuite, security_admin: Person, subject: str, eventually: Wait
) -> None:
    person = acceptor(suite, subject)
    assert (person.get(GRIDS).status_code, person.get(INCIDENTS).status_code) == (200, 200)

    assert revoke(security_admin, subject) == 201

    refused = person.get(GRIDS)
    assert (refused.status_code, refused.json()["code"]) == (401, "token_revoked")
    assert "invalid_token" in refused.headers["www-authenticate"]
    eventually(lambda: person.get(INCIDENTS).status_code == 401)


def test_a_token_issued_later_is_good_again(
    suite: RunningSuite, security_admin: Person, subject: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    revoke(security_admin, subject)
    soon = time.time() + 2  # tokens tell whole seconds
    with monkeypatch.context() as patched:
        patched.setattr(time, "time", lambda: soon)
        later = acceptor(suite, subject)

    assert later.get(GRIDS).status_code == 200


def test_who_is_responsible_for_several_areas_says_which(suite: RunningSuite, subject: str) -> None:
    both = suite.somebody("security_admin", "990101", "990102")

    unsaid = both.post(REVOCATIONS, {"subject_id": subject, "reason_code": "device_lost"})

    assert (unsaid.status_code, unsaid.json()["code"]) == (422, "which_area")
    assert [revoke(both, subject, area_code=f"{county}000000") for county in ("990101", "990102")] == [201, 201]


def test_nobody_else_is_refused(suite: RunningSuite, security_admin: Person, subject: str) -> None:
    revoke(security_admin, subject)

    assert acceptor(suite, f"{subject}-2").get(GRIDS).status_code == 200


@pytest.mark.parametrize(
    ("areas", "status"),
    [
        pytest.param(("990101001001001",), 401, id="within it"),
        pytest.param(("990102", "990101001"), 401, id="within it and elsewhere"),
        pytest.param(("990101002",), 200, id="beside it"),
        pytest.param(("990101",), 200, id="above it"),
        pytest.param((), 401, id="nowhere"),
    ],
)
def test_a_revocation_speaks_for_the_area_of_who_made_it(
    suite: RunningSuite, subject: str, areas: tuple[str, ...], status: int
) -> None:
    person = suite.somebody("town_acceptor", *areas, subject=subject)

    assert revoke(suite.somebody("security_admin", "990101001"), subject) == 201

    assert person.get(GRIDS).status_code == status


def test_a_revocation_is_later_than_all_before_although_the_database_was_heard_late(
    suite: RunningSuite, background: Loop, subject: str
) -> None:
    async def revoked() -> tuple[dt.datetime, dt.datetime]:
        database = Database(
            suite.postgres.url("personnel"), Seal({1: bytes(32)}), PERSONNEL.constraints, presets=PERSONNEL.presets
        )
        async with database.connected():
            before: dt.datetime = (await database.run(database.requests, "SELECT clock_timestamp()"))[0][0]
            database.heard(before - dt.timedelta(seconds=0.9))
            work = Db(database, scope="revoke", key=None, request_id=subject)
            body = Revoke(subject_id=subject, reason_code="account_frozen")
            made = await revoke_tokens(body, Principal("admin", frozenset({"security_admin"}), ("990101",)), work)
            return before, made.revoked_at

    before, at = background.run(revoked())

    assert before <= at


def test_nobody_revokes_beyond_their_area(security_admin: Person, suite: RunningSuite, subject: str) -> None:
    assert revoke(security_admin, subject, area_code="990102000000") == 403
    assert revoke(suite.somebody("security_admin"), subject) == 403


def test_why_is_one_of_three(security_admin: Person, subject: str) -> None:
    answer = security_admin.post(REVOCATIONS, {"subject_id": subject, "reason_code": "we do not like them"})

    assert (answer.status_code, answer.json()["code"]) == (422, "not_valid")


def test_security_administrators_read_what_was_revoked(security_admin: Person, suite: RunningSuite, subject: str) -> None:
    revoke(security_admin, subject)
    elsewhere = suite.somebody("security_admin", "990102")

    newest = security_admin.get(f"{REVOCATIONS}?limit=1").json()["items"][0]

    assert (newest["subject_id"], newest["reason_code"], newest["area_code"]) == (subject, "account_frozen", "990101000000")
    assert subject not in elsewhere.get(REVOCATIONS).text
