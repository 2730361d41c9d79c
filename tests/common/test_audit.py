"""The audit's chain: sealed behind the commands, in spite of ids that commit out of order, and proof against its own database.

Everything is done to it that somebody can do who owns the database, and every time the proof says where.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from nats.aio.client import Client

from gridwhistle.common import audit
from gridwhistle.common.audit import Fault, Head, prove, seal, seal_audit, write_down, written_down
from gridwhistle.common.database import Database
from gridwhistle.common.ids import new_id
from gridwhistle.common.running import Running
from gridwhistle.common.tokens import Tokens
from gridwhistle.standalone.postgres import Postgres
from tests import toolshed
from tests.toolshed import CLERK, a_tool, tools, turned, work

pytestmark = pytest.mark.anyio


@dataclass
class Shed:
    """A toolshed with a database of its own, and its owner, who can do anything there."""

    database: Database
    owner: "asyncpg.Connection[Any]"
    heads: list[Head] = field(default_factory=list)

    async def seal(self) -> Head:
        """Seal what is there, and keep the head elsewhere."""
        head = await seal(self.owner, "toolshed")
        assert head is not None
        self.heads.append(head)
        return head

    async def faults(self) -> list[Fault]:
        """Return what the proof finds, given the heads that were kept elsewhere."""
        return (await prove(self.database.url, "toolshed", self.heads)).faults

    async def note(self, reason: str | None, tool_id: UUID) -> None:
        """Let the clerk write something to the audit."""
        async with work(self.database).command(CLERK, tools, tool_id) as tx:
            tx.record(tx.row, "look", reason)


@pytest.fixture
async def shed(postgres: Postgres) -> AsyncIterator[Shed]:
    """Return a toolshed whose audit has seven rows."""
    name = f"shed_{new_id().hex}"
    await postgres.ensure_database(name)
    await toolshed.make_tables(postgres.url(name))
    async with toolshed.opened(postgres.url(name)).connected() as database:
        owner = await asyncpg.connect(postgres.url(name))
        tool_id = await a_tool(database)
        for _ in range(6):
            await turned(database, tool_id)
        yield Shed(database, owner)
        await owner.close()


@pytest.fixture
async def sealed(shed: Shed) -> Shed:
    """Return one whose audit has three seals: of seven rows, of two, of one."""
    await shed.seal()
    await a_tool(shed.database)
    await a_tool(shed.database)
    await shed.seal()
    await a_tool(shed.database)
    await shed.seal()
    return shed


# --- sealing -----------------------------------------------------------------------------------------------------------------


async def test_every_row_is_sealed_once_and_the_chain_is_whole(sealed: Shed) -> None:
    assert await seal(sealed.owner, "toolshed") is None

    proof = await prove(sealed.database.url, "toolshed", sealed.heads)

    assert (proof.seals, proof.rows, proof.unsealed, proof.faults) == (3, 10, 0, [])


async def test_what_commits_late_is_waited_for(shed: Shed, monkeypatch: pytest.MonkeyPatch) -> None:
    look, looked = audit._writers, asyncio.Event()

    async def looking(connection: Any) -> set[str]:
        writers = await look(connection)
        looked.set()
        return writers

    monkeypatch.setattr(audit, "_writers", looking)
    slow = await asyncpg.connect(shed.database.url)
    late = slow.transaction()
    await late.start()
    await slow.execute(
        "INSERT INTO audit (at, actor_id, actor_role, action, object_type, object_id, request_id)"
        " SELECT at, actor_id, actor_role, 'late', object_type, object_id, request_id FROM audit LIMIT 1"
    )
    await a_tool(shed.database)  # draws a higher id, and is there first
    sealing = asyncio.create_task(shed.seal())
    await looked.wait()

    assert not sealing.done()
    await late.commit()
    await sealing

    await slow.close()
    assert await shed.owner.fetchval("SELECT ids = (SELECT array_agg(id ORDER BY id) FROM audit) FROM audit_seal")
    assert await shed.faults() == []


async def test_ids_that_nobody_used_are_passed_over_for_ever(shed: Shed) -> None:
    await shed.owner.execute("SELECT setval('audit_id_seq', 1000)")
    await a_tool(shed.database)
    await shed.seal()

    await shed.owner.execute(ADDED.format(id=500))

    assert await shed.faults() == [Fault(1, "the row was added later", 500)]


@pytest.mark.parametrize(
    "reason",
    [
        pytest.param(None, id="nothing"),
        pytest.param("", id="an empty one"),
        pytest.param('say "no" \\ and /', id="quotes and strokes"),
        pytest.param("\b\f\n\r\t\x01\x1f\x7f", id="controls"),
        pytest.param("井盖缺失 \u2028 \ufeff é e\u0301", id="other scripts"),
        pytest.param("😀\U0010ffff", id="beyond the first plane"),
        pytest.param("x" * 10_000, id="a long one"),
    ],
)
async def test_whatever_a_reason_holds_its_digest_is_the_same_in_both_worlds(shed: Shed, reason: str | None) -> None:
    await shed.note(reason, await a_tool(shed.database))
    await shed.seal()

    assert await shed.faults() == []


async def test_a_large_backlog_is_sealed_in_parts(shed: Shed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "ROWS_MAX", 3)

    heads = [await shed.seal() for _ in range(3)]

    assert [head.number for head in heads] == [1, 2, 3]
    assert await seal(shed.owner, "toolshed") is None
    assert (await prove(shed.database.url, "toolshed")).rows == 7


# --- the service's loop ------------------------------------------------------------------------------------------------------


def running(shed: Shed, anchors: Path) -> Running:
    return Running(shed.database, Tokens("nobody"), Client(), "toolshed", anchors_file=anchors)


async def until(holds: Callable[[], Any]) -> None:
    async with asyncio.timeout(30):
        while not await holds():
            await asyncio.sleep(0.02)


async def test_a_service_seals_by_itself_and_once_more_when_it_stops(shed: Shed, tmp_path: Path) -> None:
    anchors = tmp_path / "anchors"
    sealing = asyncio.create_task(seal_audit(running(shed, anchors)))
    await until(lambda: shed.owner.fetchval("SELECT count(*) FROM audit_seal"))
    await a_tool(shed.database)

    sealing.cancel()
    await asyncio.wait([sealing])

    proof = await prove(shed.database.url, "toolshed", written_down(anchors))
    assert sealing.cancelled()
    assert (proof.rows, proof.unsealed, proof.faults) == (8, 0, [])
    assert [head.number for head in written_down(anchors)] == list(range(1, proof.seals + 1))


async def test_of_two_processes_one_seals(shed: Shed, tmp_path: Path) -> None:
    first = asyncio.create_task(seal_audit(running(shed, tmp_path / "anchors")))
    await until(lambda: shed.owner.fetchval("SELECT count(*) FROM audit_seal"))

    await seal_audit(running(shed, tmp_path / "elsewhere"))

    assert not first.done()
    first.cancel()
    await asyncio.wait([first])


async def test_an_event_tells_what_was_sealed_before_the_last_stop(sealed: Shed, tmp_path: Path) -> None:
    sealing = asyncio.create_task(seal_audit(running(sealed, tmp_path / "anchors")))
    await until(lambda: sealed.owner.fetchval("SELECT count(*) FROM audit_anchor"))
    sealing.cancel()
    await asyncio.wait([sealing])

    told = await sealed.owner.fetchrow(
        "SELECT subject, envelope #>> '{data,number}', envelope #>> '{data,hash}' FROM outbox WHERE subject LIKE '%audit%'"
    )

    assert tuple(told) == ("gw.000000.toolshed.audit.sealed.v1", "3", sealed.heads[-1].hash)


def test_a_line_that_was_cut_short_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "anchors"
    write_down(Head("toolshed", 1, "ab"), path)
    with path.open("ab") as file:
        file.write(b'{"service": "tool')

    write_down(Head("toolshed", 2, "cd"), path)

    assert written_down(path) == [Head("toolshed", 1, "ab"), Head("toolshed", 2, "cd")]


# --- what the owner of the database can do -----------------------------------------------------------------------------------


async def test_honest_hands_cannot_change_it(sealed: Shed) -> None:
    for statement in ("UPDATE audit SET reason = ''", "DELETE FROM audit", "TRUNCATE audit", "DELETE FROM audit_seal"):
        with pytest.raises(asyncpg.RaiseError, match="only ever appended"):
            await sealed.owner.execute(statement)


ADDED = (
    "INSERT INTO audit OVERRIDING SYSTEM VALUE SELECT {id}, at, actor_id, actor_role, org, action, object_type, object_id,"
    " request_id, reason FROM audit WHERE id = 3"
)
MISSING = [Fault(2, "the row is missing", 8), Fault(2, "the row is missing", 9)]


@pytest.mark.parametrize(
    ("attack", "faults"),
    [
        pytest.param("UPDATE audit SET actor_id = 'another' WHERE id = 3", [Fault(1, "the row was changed", 3)], id="edit"),
        pytest.param("DELETE FROM audit WHERE id = 9", [Fault(2, "the row is missing", 9)], id="delete"),
        pytest.param(ADDED.format(id=0), [Fault(1, "the row was added later", 0)], id="insert"),
        pytest.param(
            "UPDATE audit SET at = at - interval '1 microsecond' WHERE id = 10",
            [Fault(3, "the row was changed", 10)],
            id="re-time",
        ),
        pytest.param("DELETE FROM audit WHERE id IN (8, 9)", MISSING, id="delete all of a seal"),
        pytest.param(
            "DELETE FROM audit_seal WHERE number = 3", [Fault(3, "it was anchored, and is missing")], id="drop the newest seal"
        ),
        pytest.param(
            "DELETE FROM audit_seal WHERE number = 2",
            [
                Fault(2, "the seal is missing"),
                Fault(3, "the row was added later", 8),
                Fault(3, "the row was added later", 9),
                Fault(2, "it was anchored, and is missing"),
            ],
            id="drop a seal from the middle",
        ),
        pytest.param(
            "UPDATE audit_seal SET sealed_at = sealed_at - interval '1 day' WHERE number = 2",
            [Fault(2, "the seal was changed")],
            id="re-time a seal",
        ),
        pytest.param(
            "DELETE FROM audit_seal WHERE number = 3; DELETE FROM audit WHERE id = 10",
            [Fault(3, "it was anchored, and is missing")],
            id="cut off the end",
        ),
    ],
)
async def test_whatever_is_done_to_it_the_proof_says_where(sealed: Shed, attack: str, faults: list[Fault]) -> None:
    await sealed.owner.execute("SET session_replication_role = replica")  # triggers are off

    await sealed.owner.execute(attack)

    assert await sealed.faults() == faults


async def test_a_seal_that_was_dropped_and_made_again_is_another_one(sealed: Shed) -> None:
    await sealed.owner.execute("SET session_replication_role = replica")
    await sealed.owner.execute("DELETE FROM audit_seal WHERE number = 3")
    await sealed.seal()

    faults = await sealed.faults()

    assert [fault.seal for fault in faults] == [3]
    assert "made anew" in faults[0].what


async def test_when_all_of_it_is_gone_the_anchors_say_so(sealed: Shed) -> None:
    await sealed.owner.execute("SET session_replication_role = replica")

    await sealed.owner.execute("TRUNCATE audit, audit_seal")

    assert await sealed.faults() == [Fault(number, "it was anchored, and is missing") for number in (1, 2, 3)]


async def test_rows_that_are_gone_under_their_seals_are_each_named(sealed: Shed) -> None:
    await sealed.owner.execute("SET session_replication_role = replica")

    await sealed.owner.execute("TRUNCATE audit")

    assert [(fault.row, fault.what) for fault in await sealed.faults()] == [(id_, "the row is missing") for id_ in range(1, 11)]


async def test_a_chain_that_was_made_anew_is_not_the_one_that_was_anchored(sealed: Shed) -> None:
    await sealed.owner.execute("SET session_replication_role = replica")
    await sealed.owner.execute("DELETE FROM audit_seal; UPDATE audit SET actor_id = 'another' WHERE id = 3")
    await seal(sealed.owner, "toolshed")

    faults = await sealed.faults()

    assert [fault.seal for fault in faults] == [1, 2, 3]
    assert "made anew" in faults[0].what
    assert (await prove(sealed.database.url, "toolshed")).faults == [], "without anchors nobody could know"
