"""Hearing: events take effect once and in their order; what cannot is parked, tried again, asked for, or left to people."""

import asyncio
import datetime as dt
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any
from uuid import UUID

import pytest
from pydantic import Field
from sqlalchemy import CheckConstraint, Column, Integer, MetaData, Table, Text, Uuid
from sqlalchemy.ext.asyncio import create_async_engine

from gridwhistle.common import migrations, parking
from gridwhistle.common.again import Away
from gridwhistle.common.consumers import Consumer
from gridwhistle.common.data_classes import P1
from gridwhistle.common.database import Database, Db
from gridwhistle.common.dead_letters import discard_dead_letter, replay_dead_letter
from gridwhistle.common.events import Envelope, Event
from gridwhistle.common.hearing import Hearing
from gridwhistle.common.ids import new_id
from gridwhistle.common.logs import DOING, Doing
from gridwhistle.common.metrics import Metrics
from gridwhistle.common.principal import Principal, system
from gridwhistle.common.problems import Conflict
from gridwhistle.common.reasons import Why
from gridwhistle.common.sealing import Seal
from gridwhistle.common.service import Service
from gridwhistle.common.tables import place, root
from gridwhistle.common.tracing import Tracing
from gridwhistle.standalone.postgres import Postgres
from tests.toolshed import work

pytestmark = pytest.mark.anyio
OPERATOR = Principal(id="operator", roles=frozenset({"sysadmin"}), areas=("990101",))
metadata = MetaData()
copies = Table(
    "copy",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("event_no", Integer, nullable=False),
    Column("colour", Text, nullable=False),
    CheckConstraint("colour <> 'rust'", name="no_rust"),
)
boxes = Table("box", metadata, *root(), *place(), Column("bells", Integer, nullable=False))


class BellPainted(Event, type="gw.bells.bell.painted.v1"):
    """A bell has a colour."""

    colour: Annotated[str, Field(pattern=r"^[a-z0-9]{1,10}$"), P1]


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
    metadata: Any = field(default_factory=lambda: SimpleNamespace(num_delivered=1))

    async def ack(self) -> None:
        self.acks += 1


def told(data: Event, bell: UUID | None = None, event_no: int = 1, times: int = 1, later_ms: int = 0) -> list[Message]:
    """Return deliveries of one event."""
    envelope = Envelope(
        UUID(int=new_id().int + (later_ms << 80)),
        data,
        bell or new_id(),
        event_no,
        "990101001001",
        dt.datetime.now(dt.UTC),
        "auto",
        "c",
        "c",
    )
    return [Message(envelope.to_json().encode(), envelope.subject) for _ in range(times)]


@dataclass
class House:
    """A database with two boxes, and a consumer that rings them."""

    database: Database
    boxes: list[UUID]

    async def bells(self) -> list[int]:
        rows = await self.database.run(self.database.requests, "SELECT bells FROM box ORDER BY id")
        return [row["bells"] for row in rows]

    async def parked(self) -> list[tuple[str, str, int]]:
        rows = await self.database.run(self.database.requests, "SELECT state, why, tries FROM parked ORDER BY state, why")
        return [tuple(row) for row in rows]  # type: ignore[misc]

    async def dead(self) -> UUID:
        rows = await self.database.run(self.database.requests, "SELECT id FROM parked WHERE state = 'dead'")
        return UUID(str(rows[0]["id"]))

    async def given_up(self) -> list[tuple[int, str, str, str]]:
        rows = await self.database.run(
            self.database.requests,
            "SELECT version, action, to_state, actor_id FROM history"
            " JOIN (SELECT id AS thing_id, version FROM parked) letter USING (thing_id, version)",
        )
        return [tuple(row) for row in rows]  # type: ignore[misc]

    async def later(self, from_no: int = 0) -> None:
        """Let the time pass that parked events wait for; those of smaller numbers wait for an hour."""
        await self.database.run(
            self.database.requests,
            "UPDATE parked SET next_at = CASE WHEN coalesce(event_no, 0) >= $1 THEN now() ELSE now() + interval '1 hour' END"
            " WHERE next_at > now()",
            from_no,
        )

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


def ringer(house: House, *, fails: int = 0, deaf: UUID | None = None) -> Hearing:
    """Return a process that copies colours and rings every box; it makes a mistake so many times."""
    consumer, failures = Consumer("ringer"), [fails]
    consumer.copies(BellPainted, into=copies, why="Know their colours.")

    async def every_box(_event: Envelope[Any], _db: Db) -> list[UUID]:
        return house.boxes

    @consumer.on(BellRung, each=every_box)
    async def ring(_event: Envelope[BellRung], box_id: UUID, db: Db) -> None:
        async with db.command(system("ringer"), boxes, box_id) as tx:
            if failures[0]:
                failures[0] -= 1
                raise RuntimeError("a bug")
            if box_id == deaf:
                raise Deaf
            tx.update(tx.row, bells=tx.row.bells + 1)

    return Hearing(consumer, house.database)


async def test_a_second_delivery_does_nothing(house: House) -> None:
    messages = told(BellRung(), times=3)

    await ringer(house).apply(messages[:2])  # type: ignore[arg-type]
    await ringer(house).apply(messages[2:])  # type: ignore[arg-type]

    assert await house.bells() == [1, 1]
    assert [message.acks for message in messages] == [1, 1, 1]


async def test_deliveries_to_two_processes_at_once_take_effect_once(house: House) -> None:
    messages = told(BellRung(), times=8)
    elsewhere = House(Database(house.database.url, Seal({1: b"k" * 32}), {}), house.boxes)

    async with elsewhere.database.connected():
        hearings = [ringer(place) for place in [house, elsewhere] * 4]
        await asyncio.gather(*(hearing.apply([message]) for hearing, message in zip(hearings, messages, strict=True)))  # type: ignore[list-item]

    assert await house.bells() == [1, 1]


async def test_what_fails_is_tried_again_and_what_was_done_is_not_done_twice(house: House) -> None:
    hearing = ringer(house, fails=1)
    message = told(BellRung())[0]

    await hearing.apply([message])  # type: ignore[list-item]
    assert (message.acks, await house.parked()) == (1, [("waiting", "failed", 1)])
    await house.later()
    await hearing.retry()

    assert await house.bells() == [1, 1]
    assert await house.parked() == []


async def test_behind_an_event_that_fails_the_events_of_its_thing_wait_and_all_others_pass(house: House) -> None:
    bell, hearing = new_id(), ringer(house, fails=1)
    first, second = (told(BellRung(), bell, number)[0] for number in (1, 2))
    other = told(BellPainted(colour="red"))[0]

    await hearing.apply([first, second, other])  # type: ignore[list-item]
    assert list((await house.colours()).values()) == ["red"]
    assert await house.parked() == [("waiting", "early", 0), ("waiting", "failed", 1)]
    await house.later()
    await hearing.retry()

    assert await house.bells() == [2, 2]
    assert await house.parked() == []


async def test_after_eight_tries_an_event_is_a_dead_letter(house: House) -> None:
    hearing = ringer(house, fails=99)

    await hearing.apply(told(BellRung()))  # type: ignore[arg-type]
    for _ in range(20):
        await house.later()
        await hearing.retry()

    assert await house.parked() == [("dead", "failed", 8)]
    assert await house.given_up() == [(2, "give_up", "dead", "system:ringer")]


async def test_an_event_that_takes_its_process_along_is_counted_too(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    hearing = ringer(house)
    message = told(BellRung())[0]
    message.metadata.num_delivered = 3

    async def end(*_: Any) -> None:
        raise SystemExit

    await hearing.apply([message])  # type: ignore[list-item]
    with monkeypatch.context() as broken:
        broken.setattr(hearing, "_take_effect", end)
        for _ in range(8):
            await house.later()
            with pytest.raises(SystemExit):
                await hearing.retry()
    await house.later()
    await hearing.retry()

    assert await house.parked() == [("dead", "failed", 9)]


async def test_a_refusal_is_an_answer_and_stops_nothing_else(house: House) -> None:
    message = told(BellRung())[0]

    await ringer(house, deaf=house.boxes[0]).apply([message])  # type: ignore[list-item]

    assert await house.bells() == [0, 1]
    assert message.acks == 1


async def test_shuffled_events_take_effect_in_their_order(house: House) -> None:
    bell, hearing = new_id(), ringer(house)
    messages = [told(BellPainted(colour=str(number)), bell, number)[0] for number in range(1, 41)] * 3
    random.Random(7).shuffle(messages)

    for start in range(0, len(messages), 10):
        await hearing.apply(messages[start : start + 10])  # type: ignore[arg-type]
        assert await hearing.retry() == {}

    assert await house.colours() == {bell: "40"}
    assert await house.parked() == []


async def test_what_never_came_is_asked_for_and_then_takes_effect_first(house: House) -> None:
    bell, hearing = new_id(), ringer(house)
    first, second, third = (told(BellRung(), bell, number)[0] for number in (1, 2, 3))

    await hearing.apply([third])  # type: ignore[list-item]
    assert await hearing.retry() == {}  # another process may have it in hand
    await house.later()
    assert await hearing.retry() == {"bells": [(bell, 1, 2)]}
    await hearing.apply([first, second])  # type: ignore[list-item]
    await hearing.retry()

    assert await house.bells() == [3, 3]


async def test_what_nobody_has_any_more_becomes_a_dead_letter_and_whoever_replays_it_goes_on(house: House) -> None:
    bell, hearing = new_id(), ringer(house)

    await hearing.apply([told(BellRung(), bell, 7)[0], told(BellRung(), bell, 8)[0]])  # type: ignore[list-item]
    for _ in range(parking.ASKS):
        await house.later()
        await hearing.retry()
    assert await house.parked() == [("dead", "early", parking.ASKS), ("waiting", "early", 0)]
    assert await house.given_up() == [(2, "give_up", "dead", "system:ringer")]
    await replay_dead_letter(await house.dead(), Why(reason="they are lost"), OPERATOR, work(house.database))
    await hearing.retry()

    assert await house.bells() == [2, 2]
    assert await house.parked() == []


async def test_later_events_of_a_thing_do_not_count_for_the_first_that_waits(house: House) -> None:
    bell, hearing = new_id(), ringer(house)

    await hearing.apply([told(BellRung(), bell, number)[0] for number in (2, 3, 4)])  # type: ignore[misc]
    for _ in range(2 * parking.ASKS):
        await house.later(from_no=3)
        assert await hearing.retry() == {}

    assert set(await house.parked()) == {("waiting", "early", 0)}


async def test_behind_a_discarded_letter_things_go_on(house: House) -> None:
    bell, hearing = new_id(), ringer(house, fails=8)

    await hearing.apply([told(BellRung(), bell, number)[0] for number in (1, 2)])  # type: ignore[misc]
    for _ in range(9):
        await house.later()
        await hearing.retry()
    await discard_dead_letter(await house.dead(), Why(reason="it was a test"), OPERATOR, work(house.database))
    await hearing.retry()

    assert await house.bells() == [1, 1]
    assert await house.parked() == [("discarded", "failed", 8)]


async def test_what_was_discarded_takes_no_effect_when_a_lost_stream_brings_it_again(house: House) -> None:
    hearing = ringer(house, fails=8)
    hearing.consumer.service = "bells"  # it hears itself
    message = told(BellRung())[0]
    await hearing.apply([message])  # type: ignore[list-item]
    for _ in range(9):
        await house.later()
        await hearing.retry()
    await discard_dead_letter(await house.dead(), Why(reason="it was a test"), OPERATOR, work(house.database))
    await hearing.retry()

    await hearing.apply([message])  # type: ignore[list-item]

    assert await house.bells() == [0, 0]
    assert await house.parked() == [("discarded", "failed", 8)]


async def test_a_number_told_twice_is_kept_for_somebody_to_look_at(house: House) -> None:
    bell, hearing = new_id(), ringer(house)

    await hearing.apply(told(BellRung(), bell, 1))  # type: ignore[arg-type]
    await hearing.apply(told(BellRung(), bell, 1))  # type: ignore[arg-type]

    assert await house.bells() == [1, 1]
    assert await house.parked() == [("dead", "forked", 0)]


async def test_an_event_of_another_history_is_kept_even_under_a_number_of_long_ago(house: House) -> None:
    bell, hearing = new_id(), ringer(house)
    await hearing.apply([told(BellRung(), bell, number)[0] for number in (1, 2, 3)])  # type: ignore[list-item]

    await hearing.apply(told(BellRung(), bell, 2, later_ms=3_600_000))  # type: ignore[arg-type]

    assert await house.parked() == [("dead", "forked", 0)]


async def test_a_copy_never_gives_way_to_an_older_one(house: House) -> None:
    bell, hearing = new_id(), ringer(house)
    first, second = (told(BellPainted(colour=colour), bell, number)[0] for number, colour in ((1, "red"), (2, "green")))

    await hearing.apply([first, second])  # type: ignore[list-item]
    await hearing.apply([second, first])  # type: ignore[list-item]

    assert await house.colours() == {bell: "green"}
    assert (first.acks, second.acks) == (2, 2)


async def test_a_copy_that_the_database_refuses_stops_no_other(house: House) -> None:
    good, bad = told(BellPainted(colour="red"))[0], told(BellPainted(colour="rust"))[0]

    await ringer(house).apply([bad, good])  # type: ignore[list-item]

    assert list((await house.colours()).values()) == ["red"]
    assert await house.parked() == [("waiting", "failed", 1)]


async def test_a_copy_that_is_refused_leaves_the_one_before_it(house: House) -> None:
    bell, hearing = new_id(), ringer(house)
    red, rust, green = (
        told(BellPainted(colour=colour), bell, number)[0] for number, colour in enumerate(("red", "rust", "green"), 1)
    )

    await hearing.apply([red, rust])  # type: ignore[list-item]
    assert await house.colours() == {bell: "red"}
    await hearing.apply([green])  # type: ignore[list-item]

    assert await house.colours() == {bell: "red"}
    assert await house.parked() == [("waiting", "early", 0), ("waiting", "failed", 1)]


async def test_what_can_take_effect_does_not_queue_behind_what_waits(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parking, "_AT_ONCE", 2)
    hearing, behind_gaps, ready = ringer(house), sorted(new_id() for _ in range(5)), new_id()
    await hearing.apply([told(BellRung(), bell, 2)[0] for bell in behind_gaps])  # type: ignore[misc]
    late = told(BellRung(), ready, 1)[0]
    late.metadata.num_delivered = 3
    await hearing.apply([late])  # type: ignore[list-item]
    await house.later()

    await hearing.retry()

    assert await house.bells() == [1, 1]


async def test_everybody_who_waits_gets_to_ask(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parking, "_AT_ONCE", 2)
    monkeypatch.setattr(parking, "ASK_EVERY_S", 0)
    hearing, bells = ringer(house), sorted(new_id() for _ in range(6))
    await hearing.apply([told(BellRung(), bell, 2)[0] for bell in bells])  # type: ignore[misc]
    await house.later()

    asked = [gap[0] for _ in range(3) for gap in (await hearing.retry())["bells"]]

    assert sorted(asked) == bells


async def test_while_nats_is_away_nobody_asks_and_nothing_is_given_up(house: House) -> None:
    hearing = ringer(house)
    await hearing.apply(told(BellRung(), event_no=2))  # type: ignore[arg-type]

    for _ in range(parking.ASKS):
        await house.later()
        assert await hearing.retry(may_ask=False) == {}

    assert await house.parked() == [("waiting", "early", 0)]


async def test_a_kind_of_a_later_release_counts_while_somebody_traces(house: House) -> None:
    later = told(BellRung())[0]
    later.data, later.subject = later.data.replace(b"rung.v1", b"rung.v2"), later.subject.replace("rung.v1", "rung.v2")
    tracing = Tracing("ringer", "1")
    doing = DOING.set(Doing("ringer", Metrics(), tracing=tracing))

    await ringer(house).apply([later])  # type: ignore[list-item]

    DOING.reset(doing)
    await tracing.close()
    assert later.acks == 1
    assert await house.parked() == []


async def test_one_kind_has_one_copy_and_handlers_of_different_names(house: House) -> None:
    consumer = ringer(house).consumer

    with pytest.raises(ValueError, match="copied twice"):
        consumer.copies(BellPainted, into=copies, why="Know them twice.")
    with pytest.raises(ValueError, match="two handlers called ring"):

        @consumer.on(BellRung)
        async def ring(_event: Envelope[BellRung], _box_id: UUID, _db: Db) -> None: ...


async def test_many_copies_are_taken_at_once(house: House) -> None:
    messages = [told(BellPainted(colour=str(number)))[0] for number in range(256)]

    await ringer(house).apply(messages)  # type: ignore[arg-type]

    assert sorted((await house.colours()).values(), key=int) == [str(number) for number in range(256)]


async def test_a_kind_of_a_later_release_counts_and_rubbish_is_a_dead_letter(house: House) -> None:
    bell = new_id()
    later, rubbish, good = told(BellRung(), bell, 1)[0], Message(b"rubbish"), told(BellRung(), bell, 2)[0]
    later.data, later.subject = later.data.replace(b"rung.v1", b"rung.v2"), later.subject.replace("rung.v1", "rung.v2")

    await ringer(house).apply([later, rubbish, good])  # type: ignore[list-item]

    assert (later.acks, rubbish.acks, good.acks) == (1, 1, 1)
    assert await house.parked() == [("dead", "unreadable", 0)]
    assert await house.bells() == [1, 1]


async def test_nothing_is_acknowledged_while_the_database_is_away(house: House) -> None:
    message = told(BellRung())[0]
    nowhere = Hearing(ringer(house).consumer, Database("postgresql://127.0.0.1:1/nowhere", Seal({1: b"k" * 32}), {}))

    with pytest.raises(Away):
        await nowhere.apply([message])  # type: ignore[list-item]

    assert message.acks == 0


async def test_whole_things_are_listened_to_so_that_their_numbers_have_no_gaps(house: House) -> None:
    assert ringer(house).consumer.filters() == {"bells": ["gw.*.bells.bell.>"]}


def test_a_copy_has_no_column_that_its_events_say_nothing_for() -> None:
    odd = Table("odd", MetaData(), Column("id", Uuid, primary_key=True), Column("weight", Integer, nullable=False))

    with pytest.raises(TypeError, match="BellPainted says nothing for odd: weight"):
        Consumer("ringer").copies(BellPainted, into=odd, why="Know their weights.")
