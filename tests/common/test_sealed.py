"""Sealed columns: written and read like any other, and not readable without the key, elsewhere, or in the clear."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx2
import pytest
from sqlalchemy import select

from gridwhistle.common.database import Database
from gridwhistle.common.personal import AddressDetail, Phone
from gridwhistle.common.reading import one
from gridwhistle.common.sealed import found_by
from gridwhistle.common.sealing import CannotOpen, Seal
from tests import toolshed
from tests.toolshed import CLERK, a_member, members, work

pytestmark = pytest.mark.anyio
JOIN = {"name": "张三丰", "phone": "13800138000", "address": "示例县城关镇幸福里3栋502室"}
PHONE, ADDRESS = Phone("13800138000"), AddressDetail("示例县城关镇幸福里3栋502室")


@pytest.fixture
async def client(database: Database) -> AsyncIterator[httpx2.AsyncClient]:
    async with toolshed.served(database) as client:
        yield client


async def test_a_member_goes_in_whole_and_comes_out_masked(client: httpx2.AsyncClient) -> None:
    made = (await client.post("/members", json=JOIN)).json()
    read = (await client.get(f"/members/{made['id']}")).json()

    assert made == read
    assert (read["name"], read["phone"], read["address"]) == ("张**", "138****8000", "示例县城关镇****")


async def test_the_database_has_nothing_to_read(database: Database, truth: "asyncpg.Connection[Any]") -> None:
    member = await a_member(database)

    row = await truth.fetchrow("SELECT name, phone, phone_mark, address FROM member WHERE id = $1", member.id)

    assert row is not None
    assert all(isinstance(value, bytes) for value in row)
    assert not any(part in b"".join(row) for part in (b"13800138000", "张三丰".encode(), "幸福里".encode()))


async def test_queries_and_commands_read_the_values_themselves(database: Database) -> None:
    member = await a_member(database)
    db = work(database)

    queried = await one(db, CLERK, members, member.id)
    alias = members.alias("borrower")
    aliased = await db.first(select(alias.c.phone).where(alias.c.id == member.id))
    async with db.command(CLERK, members, member.id) as tx:
        held = tx.row

    assert aliased is not None
    assert (queried.phone, held.phone, aliased.phone) == (PHONE, PHONE, PHONE)
    assert (queried.address, held.address, held.id_number) == (ADDRESS, ADDRESS, None)


async def test_a_change_seals_anew_and_moves_the_blind_index(client: httpx2.AsyncClient) -> None:
    made = (await client.post("/members", json=JOIN)).json()

    moved = await client.patch(f"/members/{made['id']}", json={**JOIN, "phone": "13900139000"}, headers={"If-Match": '"1"'})
    found, gone = [(await client.post("/members/find", json={"phone": p})).json() for p in ("+86 139 0013 9000", "13800138000")]

    assert moved.json()["phone"] == "139****9000"
    assert made["id"] in [item["id"] for item in found["items"]]
    assert made["id"] not in [item["id"] for item in gone["items"]]


async def test_what_is_sealed_opens_in_no_other_row(database: Database, truth: "asyncpg.Connection[Any]") -> None:
    first, second = await a_member(database), await a_member(database, phone=Phone("13900139000"))
    await truth.execute("UPDATE member SET phone = (SELECT phone FROM member WHERE id = $1) WHERE id = $2", first.id, second.id)

    with pytest.raises(CannotOpen):
        await one(work(database), CLERK, members, second.id)


async def test_a_row_is_found_under_the_old_key_and_the_new(url: str, database: Database) -> None:
    old = await a_member(database, phone=Phone("13700137000"))
    ring = Seal({1: bytes(32), 2: b"n" * 32})
    async with Database(url, ring, toolshed.CONSTRAINTS).connected() as rotated:
        new = await a_member(rotated, phone=Phone("13700137000"))
        rows = await work(rotated).fetch(
            select(members.c.id, members.c.phone).where(found_by(members.c.phone, Phone("13700137000"), work(rotated)))
        )

    assert {row.id for row in rows} == {old.id, new.id}
    assert {row.phone for row in rows} == {Phone("13700137000")}


async def test_a_value_of_another_kind_is_not_written(database: Database) -> None:
    with pytest.raises(AssertionError, match=r"member.phone takes a Phone"):
        await a_member(database, phone="13800138000")
