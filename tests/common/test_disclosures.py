"""Personal values in full: for a reason, for the roles that the column names, a hundred times a day, and never unrecorded."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx2
import pytest

from gridwhistle.common.database import Database
from gridwhistle.common.ids import new_id
from gridwhistle.common.personal import PersonName, Phone
from gridwhistle.common.presets import LOOKS
from gridwhistle.common.principal import GRANTS, Principal
from gridwhistle.common.rulebook import SetRule, set_rule
from gridwhistle.common.sealed import sealed_columns
from gridwhistle.standalone.services import KINDS
from tests import toolshed
from tests.toolshed import a_friend, a_member, members, work

pytestmark = pytest.mark.anyio
WHY = {"purpose": "call_back", "note": "锯子逾期未还"}
LOOK = {"fields": ["phone"], **WHY}


@pytest.fixture
async def clerk(database: Database) -> AsyncIterator[httpx2.AsyncClient]:
    async with toolshed.served(database, subject=f"clerk-{new_id()}") as client:
        yield client


@pytest.fixture
async def officer(database: Database) -> AsyncIterator[httpx2.AsyncClient]:
    async with toolshed.served(database, "privacy_officer", subject="officer") as client:
        yield client


async def test_a_clerk_sees_what_was_asked_for_and_the_officer_sees_the_clerk(
    clerk: httpx2.AsyncClient, officer: httpx2.AsyncClient, database: Database
) -> None:
    member = await a_member(database)

    shown = await clerk.post(f"/members/{member.id}/reveal", json=LOOK)
    seen = (await officer.get("/disclosures", params={"thing_id": str(member.id)})).json()["items"]

    assert (shown.status_code, shown.json()["values"]) == (200, {"phone": "13800138000"})
    assert shown.json()["looks_left_today"] == 100 - 1
    assert [(look["thing"], look["fields"], look["purpose"], look["note"]) for look in seen] == [
        ("member", ["phone"], "call_back", "锯子逾期未还")
    ]
    assert (seen[0]["actor_role"], seen[0]["request_id"]) == ("town_acceptor", shown.headers["x-request-id"])


async def test_a_part_is_looked_at_through_its_thing(
    clerk: httpx2.AsyncClient, officer: httpx2.AsyncClient, database: Database
) -> None:
    member, other = await a_member(database), await a_member(database)
    friend = await a_friend(database, member.id)

    shown = await clerk.post(f"/members/{member.id}/friends/{friend.id}/reveal", json=LOOK)
    astray = await clerk.post(f"/members/{other.id}/friends/{friend.id}/reveal", json=LOOK)
    seen = (await officer.get("/disclosures", params={"thing_id": str(member.id)})).json()["items"]

    assert shown.json()["values"] == {"phone": "13600136000"}
    assert astray.status_code == 404
    assert [(look["thing"], look["part"], look["part_id"]) for look in seen] == [("member", "friend", str(friend.id))]


async def test_a_look_is_audited_without_what_was_seen(
    clerk: httpx2.AsyncClient, database: Database, truth: "asyncpg.Connection[Any]"
) -> None:
    member = await a_member(database)

    await clerk.post(f"/members/{member.id}/reveal", json=LOOK)

    row = await truth.fetchrow("SELECT object_type, reason FROM audit WHERE object_id = $1 AND action = 'reveal'", member.id)
    assert row is not None
    assert tuple(row) == ("member", "call_back: phone")


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        pytest.param({"fields": ["id_number"], **WHY}, 403, "not_yours_to_see", id="a field for other roles"),
        pytest.param({"fields": ["phone", "id_number"], **WHY}, 403, "not_yours_to_see", id="one of two for other roles"),
        pytest.param({"fields": ["nickname"], **WHY}, 422, "unknown_field", id="a field that is not sealed"),
        pytest.param({"fields": ["phone"], "purpose": "call_back"}, 422, "not_valid", id="no note"),
        pytest.param({"fields": ["phone"], "note": "锯子逾期未还"}, 422, "not_valid", id="no purpose"),
        pytest.param({"fields": ["phone"], "purpose": "curiosity", "note": "…"}, 422, "not_valid", id="no such purpose"),
        pytest.param({"fields": [], **WHY}, 422, "not_valid", id="nothing asked for"),
    ],
)
async def test_a_look_needs_a_right_and_a_reason(
    clerk: httpx2.AsyncClient,
    database: Database,
    truth: "asyncpg.Connection[Any]",
    content: dict[str, Any],
    status: int,
    code: str,
) -> None:
    member = await a_member(database)

    answer = await clerk.post(f"/members/{member.id}/reveal", json=content)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not await truth.fetchval("SELECT count(*) FROM disclosure WHERE thing_id = $1", member.id)


async def test_whom_one_may_not_see_one_cannot_look_at(database: Database) -> None:
    member = await a_member(database)

    async with toolshed.served(database, area="990202") as elsewhere, toolshed.served(database, "resident") as resident:
        answers = [await client.post(f"/members/{member.id}/reveal", json=LOOK) for client in (elsewhere, resident)]

    assert [answer.status_code for answer in answers] == [404, 403]


async def test_a_key_keeps_no_answer_and_each_repeat_is_a_look(
    clerk: httpx2.AsyncClient, database: Database, truth: "asyncpg.Connection[Any]"
) -> None:
    member = await a_member(database)

    answers = [
        await clerk.post(f"/members/{member.id}/reveal", json=LOOK, headers={"Idempotency-Key": "look"}) for _ in range(2)
    ]

    assert [answer.json()["values"] for answer in answers] == [{"phone": "13800138000"}] * 2
    assert await truth.fetchval("SELECT count(*) FROM disclosure WHERE thing_id = $1", member.id) == 2
    assert not await truth.fetchval("SELECT count(*) FROM command_key WHERE key = 'look'")


async def test_looks_at_once_are_all_counted_and_no_day_has_more_than_its_limit(
    database: Database, truth: "asyncpg.Connection[Any]"
) -> None:
    county = Principal(id="admin", roles=frozenset({"county_admin"}), areas=("990707",))
    await set_rule(SetRule(key=LOOKS, value="5", source_ref="notice 7", area_code="990707"), county, work(database))
    async with work(database).command(county) as tx:
        member = tx.create(members, None, area_code="990707001001", name=PersonName("张三"), phone=Phone("13800138000"))

    async with toolshed.served(database, subject=f"clerk-{new_id()}", area="990707") as clerk:
        answers = await asyncio.gather(*(clerk.post(f"/members/{member.id}/reveal", json=LOOK) for _ in range(8)))

    refused = [answer for answer in answers if answer.status_code == 429]
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [429] * 3
    assert {answer.json()["code"] for answer in refused} == {"enough_for_today"}
    looks = await truth.fetch("SELECT nth FROM disclosure WHERE thing_id = $1 ORDER BY nth", member.id)
    assert [look["nth"] for look in looks] == [1, 2, 3, 4, 5]


async def test_only_the_privacy_officer_lists_who_looked_and_only_in_the_own_county(
    clerk: httpx2.AsyncClient, database: Database
) -> None:
    member = await a_member(database)
    await clerk.post(f"/members/{member.id}/reveal", json=LOOK)

    async with toolshed.served(database, "privacy_officer", area="990202") as elsewhere:
        listed = await elsewhere.get("/disclosures")

    assert listed.json()["items"] == []
    assert (await clerk.get("/disclosures")).status_code == 403


def test_who_may_see_values_in_full_may_ask_and_applications_may_not() -> None:
    named = {
        role
        for tables in (toolshed.metadata, *(kind.tables for kind in KINDS))
        for table in tables.sorted_tables
        for field in sealed_columns(table).values()
        for role in field.to
    }

    assert named
    assert not named & {"integrator", "resident"}
    assert all("personal:reveal" in GRANTS[role] for role in named)
