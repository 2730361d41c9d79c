"""What a service does besides serving, where it runs: `python -m gridwhistle.personnel migrate | reseal | verify`."""

import asyncio
import sys
from pathlib import Path

import asyncpg
import httpx2
import pytest

from gridwhistle.common.sealing import add_key
from tests.system.test_alone import Alone, Town, town

pytestmark = pytest.mark.anyio
__all__ = ["town"]


async def told(alone: Alone, *words: str) -> tuple[int, str]:
    """Run the service with a word; return how it ended and what it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gridwhistle.personnel", *words,
        env=alone.environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


async def work(town: Town, alone: Alone) -> None:
    """Hire somebody, whose name is sealed, under a key, so that the answer is sealed too."""
    token = town.issuer.token("demo", ["county_admin"], ["990101"])
    area = {"area_code": "990101000000", "level": "county", "name": "示例县"}
    async with httpx2.AsyncClient(base_url=alone.base_url, headers={"Authorization": f"Bearer {token}"}) as client:
        answer = await client.post("/personnel/v1/areas", json=area, headers={"Idempotency-Key": "area"})
    assert answer.status_code in {201, 409}


async def test_values_are_sealed_again_under_a_new_key(town: Town) -> None:
    async with town.service("personnel") as alone:
        await work(town, alone)
    number = add_key(town.folder / "keys")

    ended, said = await told(alone, "reseal")

    assert (ended, said) == (0, f"personnel: everything is sealed under key {number}\n")


async def test_the_audit_is_proved_against_the_anchors_until_somebody_changes_it(town: Town, tmp_path: Path) -> None:
    async with town.service("personnel", GW_ANCHORS_FILE=str(tmp_path / "anchors")) as alone:
        await work(town, alone)
    whole = await told(alone, "verify")
    connection = await asyncpg.connect(alone.environment["GW_DATABASE_URL"])
    await connection.execute("SET session_replication_role = replica")  # triggers are off
    await connection.execute("UPDATE audit SET request_id = gen_random_uuid() WHERE id = (SELECT min(id) FROM audit)")
    await connection.close()

    changed = await told(alone, "verify")

    assert whole[0] == 0
    assert whole[1].endswith("nothing was changed\n")
    assert changed[0] == 1
    assert "the audit was changed" in changed[1]


async def test_a_migration_needs_nothing_but_the_database(town: Town) -> None:
    async with town.service("personnel") as alone:
        pass
    alone.environment = {"GW_DATABASE_URL": alone.environment["GW_DATABASE_URL"]}

    ended, _ = await told(alone, "migrate")

    assert ended == 0


async def test_another_word_is_refused_with_those_that_there_are(town: Town) -> None:
    async with town.service("personnel") as alone:
        pass

    ended, said = await told(alone, "dance")

    assert (ended, said) == (1, "usage: python -m gridwhistle.personnel [migrate | reseal | verify]\n")
