"""A thousand canaries (names, telephones, identity numbers, addresses) fly through the toolshed's API, and are hunted.

The toolshed runs as a service does, with its relay, on real PostgreSQL and NATS. Every value carries a mark that no mask keeps.
Then the dump of every table, the database's own files and write-ahead log, the JetStream folder, the logs at their loudest, the
problems and the ordinary answers are searched for the marks, as text and as the hexadecimal digits in which dumps show bytes.
"""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import pytest

from gridwhistle.common.issuer import Issuer
from gridwhistle.common.personal import IdNumber
from gridwhistle.standalone.nats import Nats
from gridwhistle.standalone.postgres import Postgres
from tests import toolshed

pytestmark = pytest.mark.anyio
PEOPLE = 250
MARKS = ("金丝雀", "1995550", "9901011990")
_HUNT = re.compile(b"|".join(needle for mark in MARKS for needle in (mark.encode(), mark.encode().hex().encode())))


def canaries(number: int) -> dict[str, str]:
    """Return four values of one person, each with a mark."""
    stem = f"99010119900101{number:03}"
    id_number = next(whole for digit in "0123456789X" if (whole := IdNumber.normalised(stem + digit)))
    return {
        "name": "张金丝雀" + "甲乙丙丁戊己庚辛壬癸"[number % 10],
        "phone": f"1995550{number:04}",
        "id_number": id_number,
        "address": f"示例县城关镇金丝雀里{number}号楼3单元",
    }


def caught(content: bytes) -> list[bytes]:
    return _HUNT.findall(content)


@dataclass
class Shed:
    """The toolshed as it runs, and where it leaves something."""

    client: httpx2.AsyncClient
    url: str
    database_files: Path
    jetstream: Path
    logs: list[Path]
    answers: list[httpx2.Response] = field(default_factory=list)

    async def post(self, path: str, content: Any, **headers: str) -> httpx2.Response:
        self.answers.append(await self.client.post(path, json=content, headers=headers))
        return self.answers[-1]


@pytest.fixture
async def shed(tmp_path: Path, url: str, postgres: Postgres, nats_server: Nats) -> AsyncIterator[Shed]:
    issuer = Issuer.fresh()
    app = toolshed.TOOLSHED.app(toolshed.settings(tmp_path, url, nats_server.url, issuer))
    headers = {"Authorization": f"Bearer {issuer.token('clerk', ['town_acceptor'], ['990101'])}"}
    base_url = "http://shed/toolshed/v1"
    logs = [child.log for child in (postgres.child, nats_server.child)]
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=base_url, headers=headers) as client,
    ):
        yield Shed(client, url, postgres.child.log.parent / "postgres", nats_server.child.log.parent / "nats", logs)


async def fly(shed: Shed) -> list[str]:
    """Let everybody join, move, be found and be seen; return the ids of those who joined."""
    ids = []
    for number in range(PEOPLE):
        joined = await shed.post(
            "/members", {**canaries(number), "nickname": f"nest-{number}"}, **{"Idempotency-Key": f"join-{number}"}
        )
        ids.append(joined.json()["id"])
    for number in range(0, PEOPLE, 10):
        await shed.post("/members", {**canaries(number), "nickname": "x"}, **{"Idempotency-Key": f"join-{number}"})
        await shed.post("/members/find", {"phone": canaries(number)["phone"]})
        shed.answers.append(await shed.client.get(f"/members/{ids[number]}"))
        seen = await shed.client.post(
            f"/members/{ids[number]}/reveal",
            json={"fields": ["phone"], "purpose": "call_back", "note": "锯子逾期未还"},
            headers={"Idempotency-Key": f"look-{number}"},
        )
        assert seen.json()["values"] == {"phone": canaries(number)["phone"]}
    return ids


async def go_wrong(shed: Shed, ids: list[str]) -> None:
    """Let what clients and we can do wrong go wrong, with canaries in it."""
    one = canaries(1)
    wrong: list[Any] = [
        {**one, "phone": one["id_number"]},
        {**one, "id_number": one["phone"]},
        {**one, "name": one["phone"]},
        {**one, one["phone"]: one["name"]},
        {**one, "nickname": 7, "address": one["address"] * 20},
        {**one, "nickname": "dust"},  # a broken constraint that nobody gave words: our mistake, and it is logged
        [one],
        one["phone"],
    ]
    for content in wrong:
        await shed.post("/members", content)
    await shed.post(f"/members/{one['phone']}/reveal", one)
    shed.answers.append(await shed.client.get("/members/find", params={"phone": one["phone"]}))
    shed.answers.append(await shed.client.get(f"/members/{ids[1]}", params={one["phone"]: one["name"]}))


async def dump(url: str) -> bytes:
    """Return every row of every table as text."""
    connection = await asyncpg.connect(url)
    rows: list[str] = []
    for table in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
        rows += [row[0] for row in await connection.fetch(f'SELECT t::text FROM "{table[0]}" t')]
    await connection.close()
    return "\n".join(rows).encode()


async def files_of(shed: Shed) -> Iterable[Path]:
    """Return the files of the toolshed's database and of the write-ahead log, all written out."""
    connection = await asyncpg.connect(shed.url)
    await connection.execute("CHECKPOINT")
    oid = await connection.fetchval("SELECT oid FROM pg_database WHERE datname = current_database()")
    await connection.close()
    return [*(shed.database_files / "base" / str(oid)).iterdir(), *(shed.database_files / "pg_wal").glob("[0-9A-F]*")]


async def test_no_canary_is_found_in_the_clear(shed: Shed, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, "httpx2")  # the client's own log, which is not ours to keep clean
    ids = await fly(shed)
    await go_wrong(shed, ids)
    await told_all(shed)

    rows = await dump(shed.url)
    places = {
        "dump": rows,
        "logs": caplog.text.encode() + b"".join(log.read_bytes() for log in shed.logs),
        "answers": b"".join(answer.content + str(answer.headers).encode() for answer in shed.answers),
        **{str(path): path.read_bytes() for path in await files_of(shed) if path.is_file()},
        **{str(path): path.read_bytes() for path in shed.jetstream.rglob("*") if path.is_file()},
    }

    assert {place: caught(content)[:3] for place, content in places.items() if caught(content)} == {}
    # The hunt sees what there is: what is public stands in the dump, who joined in the stream, and a mark would be found.
    assert rows.count(b"nest-") == PEOPLE
    assert all(any(id_.encode() in content for place, content in places.items() if "GW_TOOLSHED" in place) for id_ in ids[:5])
    assert {answer.status_code for answer in shed.answers} >= {200, 201, 400, 404, 405, 422, 500}
    assert caught(str(canaries(1)).encode())
    assert caught(canaries(1)["name"].encode().hex().encode())


async def told_all(shed: Shed) -> None:
    """Wait until every event is in the stream."""
    connection = await asyncpg.connect(shed.url)
    for _ in range(500):
        if not await connection.fetchval("SELECT count(*) FROM waiting"):
            break
        await asyncio.sleep(0.02)
    assert not await connection.fetchval("SELECT count(*) FROM waiting")
    await connection.close()
