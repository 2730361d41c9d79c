"""A response is over: what is personal and was kept for it goes, everywhere, with certificates; counts remain."""

import datetime as dt
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg
import orjson
import pytest

from gridwhistle.common.database import Database
from gridwhistle.common.events import Envelope
from gridwhistle.common.events.inventory import SessionPurgeDue
from gridwhistle.common.hearing import Hearing
from gridwhistle.common.ids import new_id
from gridwhistle.common.retention import purge_late
from tests import toolshed
from tests.toolshed import CLERK, TOOLSHED, a_friend, a_member, metadata, work

pytestmark = pytest.mark.anyio
Truth: TypeAlias = "asyncpg.Connection[Any]"
LIFTED = dt.datetime(2026, 7, 1, 8, tzinfo=dt.UTC)
JOIN = {"name": "张三丰", "phone": "13800138000", "id_number": "11010519491231002X"}


@dataclass
class Delivery:
    """A delivery, and how often it was acknowledged."""

    data: bytes
    subject: str
    acks: int = 0
    metadata: Any = field(default_factory=lambda: SimpleNamespace(num_delivered=1))

    async def ack(self) -> None:
        self.acks += 1


def purge_due(session_id: UUID, event_no: int = 1) -> Delivery:
    """Return what inventory tells thirty days after the response was lifted."""
    data, at = SessionPurgeDue(lifted_at=LIFTED), LIFTED + dt.timedelta(days=30)
    event = Envelope(new_id(), data, session_id, event_no, "990101000000", at, "auto", "c", "c")
    return Delivery(event.to_json().encode(), event.subject)


async def hear(database: Database, *deliveries: Delivery) -> None:
    await Hearing(TOOLSHED.consumer, database).apply(list(deliveries))  # type: ignore[arg-type]
    assert all(delivery.acks for delivery in deliveries)


async def personal(truth: Truth, session_id: UUID) -> int:
    """Return how many personal values of a session are still there."""
    return int(
        await truth.fetchval(
            "SELECT coalesce(sum(num_nonnulls(m.name, m.phone, m.phone_mark, m.address, m.id_number, f.phone)), 0)"
            " FROM member m LEFT JOIN friend f ON f.member_id = m.id WHERE m.emergency_session_id = $1",
            session_id,
        )
    )


async def told(truth: Truth, session_id: UUID) -> list[dict[str, Any]]:
    sql = (
        "SELECT envelope FROM outbox WHERE envelope->>'emergencysession' = $1 AND subject LIKE '%.purged.v1' ORDER BY event_no"
    )
    rows = await truth.fetch(sql, str(session_id))
    return [orjson.loads(row["envelope"]) for row in rows]


async def in_session(database: Database, session_id: UUID) -> UUID:
    """Return a member who joined for a response, with a friend, through HTTP."""
    async with toolshed.served(database) as clerk:
        answer = await clerk.post("/members", json=JOIN, headers={"Emergency-Session": str(session_id)})
    member_id = UUID(answer.json()["id"])
    await a_friend(database, member_id)
    return member_id


async def test_thirty_days_after_a_response_was_lifted_its_personal_values_are_gone_and_counts_remain(
    database: Database, truth: Truth
) -> None:
    session_id, another = new_id(), new_id()
    members = [await in_session(database, session_id) for _ in range(3)]
    await in_session(database, another)
    await a_member(database)

    await hear(database, purge_due(session_id))

    certificates = await truth.fetch(
        "SELECT things, rows, reason FROM deletion_certificate WHERE emergency_session_id = $1 ORDER BY things", session_id
    )
    assert (await personal(truth, session_id), await personal(truth, another)) == (0, 5)
    assert [tuple(row) for row in certificates] == [("friend", 3, "emergency_end"), ("member", 3, "emergency_end")]
    assert await truth.fetchval("SELECT count(*) FROM member WHERE id = ANY($1)", members) == 3
    assert [(event["type"], event["data"]) for event in await told(truth, session_id)] == [
        ("gw.toolshed.session.purged.v1", {"rows": 6, "certificates": 2})
    ]


async def test_the_end_is_heard_once_and_a_later_end_counts_anew(database: Database, truth: Truth) -> None:
    session_id = new_id()
    await in_session(database, session_id)
    first = purge_due(session_id)
    await hear(database, first, first)
    await in_session(database, session_id)

    await hear(database, purge_due(session_id, 2))

    assert [event["data"]["rows"] for event in await told(truth, session_id)] == [2, 4]
    assert await personal(truth, session_id) == 0


async def test_what_a_service_tells_of_a_session_is_told_apart_from_what_others_tell(database: Database, truth: Truth) -> None:
    session_id = new_id()

    await hear(database, purge_due(session_id))

    [event] = await told(truth, session_id)
    assert (event["aggregateid"] != str(session_id), event["eventno"]) == (True, 1)


async def test_what_comes_in_after_the_end_goes_with_the_daily_round(database: Database, truth: Truth) -> None:
    session_id = new_id()
    await hear(database, purge_due(session_id))
    await in_session(database, session_id)

    await purge_late(database, metadata, LIFTED + dt.timedelta(days=31))

    assert await personal(truth, session_id) == 0
    assert [event["data"]["rows"] for event in await told(truth, session_id)] == [0]


async def test_what_is_held_stays_beyond_the_end(database: Database, truth: Truth) -> None:
    session_id = new_id()
    member_id = await in_session(database, session_id)
    async with toolshed.served(database, "privacy_officer") as officer:
        await officer.post("/legal_holds", json={"thing": "member", "thing_id": str(member_id), "cause": "行政复议 2026-17"})

    await hear(database, purge_due(session_id))

    assert await personal(truth, session_id) == 5


async def test_events_carry_the_session_on(database: Database, truth: Truth) -> None:
    session_id = new_id()
    db = work(database, emergency_session_id=session_id)

    tool = await toolshed.bring(toolshed.Bring(), CLERK, db)

    envelope = await truth.fetchval("SELECT envelope FROM outbox WHERE aggregate_id = $1", tool.id)
    assert Envelope.parse(envelope.encode()).emergency_session_id == session_id


async def test_a_session_that_is_no_id_is_refused(database: Database) -> None:
    async with toolshed.served(database) as clerk:
        answer = await clerk.post("/members", json=JOIN, headers={"Emergency-Session": "typhoon"})

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_header")
