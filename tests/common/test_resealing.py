"""A new key: everything is sealed again under it, and then the old one can go."""

import asyncio
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import select

from gridwhistle.common.again import Replay
from gridwhistle.common.database import Database
from gridwhistle.common.files import Files
from gridwhistle.common.personal import Phone
from gridwhistle.common.resealing import Left, count_old, reseal
from gridwhistle.common.sealed import found_by
from gridwhistle.common.sealing import Seal
from tests import toolshed
from tests.toolshed import AREA, CLERK, members, metadata, work

pytestmark = pytest.mark.anyio
OLD, NEW = bytes(32), b"n" * 32
PHONE = Phone("13800138000")


async def join(database: Database, rows: int, key: str | None = None) -> list[Any]:
    async with work(database, key=key).command(CLERK) as tx:
        made = [tx.create(members, None, area_code=AREA, phone=PHONE) for _ in range(rows)]
        if key:
            tx.db.answered = f"answer to {key}".encode()
    return made


def ring(url: str, *numbers: int) -> Database:
    return Database(url, Seal({n: key for n, key in {1: OLD, 2: NEW}.items() if n in numbers}), toolshed.CONSTRAINTS)


async def test_after_sealing_again_the_new_key_alone_opens_everything(url: str, database: Database) -> None:
    made = await join(database, 1_200, key="k-1")
    batches: list[int] = []

    async with ring(url, 1, 2).connected() as both:
        old = await count_old(both, metadata)
        left = await reseal(both, metadata, batches.append)

    assert (left, sum(batches)) == (Left(0, 0), old)
    assert max(batches) == 500
    async with ring(url, 2).connected() as new:
        db = work(new, key="k-1")
        rows = await db.fetch(select(members.c.id, members.c.phone).where(found_by(members.c.phone, PHONE, db)))
        with pytest.raises(Replay) as stored:
            await db.replay()
    assert {row.id for row in rows} >= {member.id for member in made}
    assert stored.value.body == b"answer to k-1"


async def test_a_round_that_was_cut_short_goes_on(url: str, database: Database) -> None:
    await join(database, 1_200)

    async with ring(url, 1, 2).connected() as both:
        before = await count_old(both, metadata)
        cut_short: asyncio.Task[Any] = asyncio.ensure_future(reseal(both, metadata, lambda _: cut_short.cancel()))
        with pytest.raises(asyncio.CancelledError):
            await cut_short
        between = await count_old(both, metadata)
        left = await reseal(both, metadata, lambda _: None)

    assert 0 < between < before
    assert left == Left(0, 0)


async def test_what_is_written_meanwhile_is_left_as_it_is_written(url: str, database: Database) -> None:
    member = (await join(database, 1))[0]
    async with ring(url, 1, 2).connected() as both:
        run = both.run

        async def run_late(pool: Any, sql: str, *args: Any) -> Any:
            if sql.startswith("UPDATE member"):
                async with work(database).command(CLERK, members, member.id) as tx:
                    tx.update(tx.row, phone=Phone("13900139000"))
            return await run(pool, sql, *args)

        both.run = run_late  # type: ignore[method-assign]
        left = await reseal(both, metadata, lambda _: None)
        both.run = run  # type: ignore[method-assign]
        row = await work(both).first(select(members).where(members.c.id == member.id))

    assert left == Left(1, 0)
    assert row is not None
    assert (row.phone, row.version) == (Phone("13900139000"), 2)


async def test_what_nobody_can_open_is_counted_and_left(url: str, database: Database, truth: "asyncpg.Connection[Any]") -> None:
    member = (await join(database, 1))[0]
    await truth.execute("UPDATE member SET phone = set_byte(phone, 20, get_byte(phone, 20) # 1) WHERE id = $1", member.id)

    async with ring(url, 1, 2).connected() as both:
        left = await reseal(both, metadata, lambda _: None)

    assert left == Left(0, 1)


async def test_files_are_sealed_again_as_well(tmp_path: Path) -> None:
    name = await Files(tmp_path, Seal({1: OLD})).keep(b"a picture")

    again = [Files(tmp_path, Seal({1: OLD, 2: NEW})).reseal() for _ in "12"]

    assert again == [(1, 0), (0, 0)]
    assert await Files(tmp_path, Seal({2: NEW})).read(name) == b"a picture"
