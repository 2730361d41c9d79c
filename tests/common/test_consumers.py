"""Consumers: copies that never give way to older ones, handlers whose effect comes once."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text, Uuid
from sqlalchemy.ext.asyncio import create_async_engine

from gridwhistle.common import migrations
from gridwhistle.common.consumers import Consumer
from gridwhistle.common.database import Database, Db
from gridwhistle.common.events import Envelope, Event
from gridwhistle.common.ids import new_id
from gridwhistle.common.principal import system
from gridwhistle.common.problems import Conflict
from gridwhistle.common.sealing import Seal
from gridwhistle.common.service import Service
from gridwhistle.common.tables import place, root
from gridwhistle.standalone.postgres import Postgres

pytestmark = pytest.mark.anyio
metadata = MetaData()
copies = Table(
    "copy",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("event_no", Integer, nullable=False),
    Column("colour", Text, nullable=False),
)
boxes = Table("box", metadata, *root(), *place(), Column("bells", Integer, nullable=False))


class BellPainted(Event, type="gw.bells.bell.painted.v1"):
    """A bell has a colour."""

    colour: str


class BellRung(Event, type="gw.bells.bell.rung.v1"):
    """A bell rang."""


class Deaf(Conflict):
    code = "deaf"
    zh, en = "听不见。", "It does not hear."


@dataclass
class Message:
    """A delivery, and what became of it."""

    data: bytes
    subject: str = "gw.990101.bells.bell.rung.v1"
    acks: int = 0
    naks: list[float] = field(default_factory=list)
    metadata: Any = field(default_factory=lambda: SimpleNamespace(num_delivered=1))

    async def ack(self) -> None:
        self.acks += 1

    async def nak(self, delay: float) -> None:
        self.naks.append(delay)


def told(data: Event, bell: UUID | None = None, event_no: int = 1, times: int = 1) -> list[Message]:
    """Return deliveries of one event."""
    envelope = Envelope(
        new_id(),
        data,
        bell or new_id(),
        event_no,
        "990101001001",
        dt.datetime.now(dt.UTC),
        "auto",
        "c",
        "c",
    )
    return [Message(envelope.to_json().encode()) for _ in range(times)]


@dataclass
class House:
    """A database with two boxes, and a consumer that rings them."""

    database: Database
    boxes: list[UUID]

    async def bells(self) -> list[int]:
        rows = await self.database.run(self.database.requests, "SELECT bells FROM box ORDER BY id")
        return [row["bells"] for row in rows]

    async def colours(self) -> dict[UUID, str]:
        rows = await self.database.run(self.database.requests, "SELECT id, colour FROM copy")
        return {row["id"]: row["colour"] for row in rows}


@pytest.fixture
async def house(postgres: Postgres, tmp_path: Path) -> AsyncIterator[House]:
    name = f"bells_{new_id().hex}"
    await postgres.ensure_database(name)
    await migrations.upgrade(Service("bells", "Bells", [], Consumer("bells"), metadata, tmp_path), postgres.url(name))
    engine = create_async_engine(postgres.url(name).replace("postgresql", "postgresql+asyncpg"))
    ids = [new_id(), new_id()]
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
        row = {"version": 1, "event_no": 0, "area_code": "990101001001", "bells": 0}
        await connection.execute(boxes.insert(), [{"id": one, **row} for one in ids])
    await engine.dispose()
    async with Database(postgres.url(name), Seal({1: b"k" * 32}), {}).connected() as database:
        yield House(database, ids)


def ringer(ids: list[UUID], *, fails: int = 0, deaf: UUID | None = None) -> Consumer:
    """Return a consumer that copies colours and rings every box."""
    consumer, failures = Consumer("ringer"), [fails]

    @consumer.copies(BellPainted, into=copies)
    def colour(event: Envelope[BellPainted]) -> dict[str, Any]:
        return {"colour": event.data.colour}

    async def every_box(_event: Envelope[Any], _db: Db) -> list[UUID]:
        return ids

    @consumer.on(BellRung, each=every_box)
    async def ring(_event: Envelope[BellRung], box_id: UUID, db: Db) -> None:
        async with db.command(system("ringer"), boxes, box_id) as tx:
            if failures[0]:
                failures[0] -= 1
                raise RuntimeError("a bug")
            if box_id == deaf:
                raise Deaf
            tx.update(tx.row, bells=tx.row.bells + 1)

    return consumer


async def test_a_second_delivery_does_nothing(house: House) -> None:
    consumer = ringer(house.boxes)
    messages = told(BellRung(), times=3)

    await consumer.apply(messages[:2], house.database)  # type: ignore[arg-type]
    await consumer.apply(messages[2:], house.database)  # type: ignore[arg-type]

    assert await house.bells() == [1, 1]
    assert [message.acks for message in messages] == [1, 1, 1]


async def test_deliveries_to_two_processes_at_once_take_effect_once(house: House) -> None:
    messages = told(BellRung(), times=8)
    others = Database(house.database.url, Seal({1: b"k" * 32}), {})

    async with others.connected():
        await asyncio.gather(
            *(
                ringer(house.boxes).apply([message], database)  # type: ignore[list-item]
                for message, database in zip(messages, [house.database, others] * 4, strict=True)
            )
        )

    assert await house.bells() == [1, 1]


async def test_what_fails_is_delivered_again_and_what_was_done_is_not_done_twice(house: House) -> None:
    consumer = ringer(house.boxes, fails=1)
    message = told(BellRung())[0]

    await consumer.apply([message], house.database)  # type: ignore[list-item]
    assert (message.acks, message.naks) == (0, [2])
    await consumer.apply([message], house.database)  # type: ignore[list-item]

    assert await house.bells() == [1, 1]
    assert message.acks == 1


async def test_a_refusal_is_an_answer_and_stops_nothing_else(house: House) -> None:
    consumer = ringer(house.boxes, deaf=house.boxes[0])
    message = told(BellRung())[0]

    await consumer.apply([message], house.database)  # type: ignore[list-item]

    assert await house.bells() == [0, 1]
    assert message.acks == 1


async def test_a_copy_never_gives_way_to_an_older_one(house: House) -> None:
    bell, consumer = new_id(), ringer(house.boxes)
    first, second, third = (
        told(BellPainted(colour=colour), bell, number)[0] for number, colour in ((1, "red"), (2, "green"), (3, "blue"))
    )

    await consumer.apply([first, third], house.database)  # type: ignore[list-item]
    await consumer.apply([second, first], house.database)  # type: ignore[list-item]

    assert await house.colours() == {bell: "blue"}
    assert (first.acks, second.acks, third.acks) == (2, 1, 1)


async def test_many_copies_are_taken_at_once(house: House) -> None:
    messages = [told(BellPainted(colour=str(number)))[0] for number in range(256)]

    await ringer(house.boxes).apply(messages, house.database)  # type: ignore[arg-type]

    assert sorted((await house.colours()).values(), key=int) == [str(number) for number in range(256)]


async def test_a_kind_of_a_later_release_is_passed_over_and_rubbish_is_kept(house: House) -> None:
    later, rubbish, good = told(BellRung())[0], Message(b"rubbish"), told(BellRung())[0]
    later.data = later.data.replace(b"rung.v1", b"rung.v2")

    await ringer(house.boxes).apply([later, rubbish, good], house.database)  # type: ignore[list-item]

    assert (later.acks, rubbish.acks, good.acks) == (1, 0, 1)
    assert rubbish.naks == [60]
    assert await house.bells() == [1, 1]


def test_whole_things_are_listened_to_so_that_their_numbers_have_no_gaps() -> None:
    assert ringer([]).filters() == {"bells": ["gw.*.bells.bell.>"]}
