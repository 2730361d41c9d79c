"""Events over HTTP: who listens goes on where they left off, whatever became of the stream meanwhile."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest

from gridwhistle.common import feed
from gridwhistle.common.data_classes import Count
from gridwhistle.common.database import Database
from gridwhistle.common.events import Envelope, Event
from gridwhistle.common.feed import EventList, EventQuery, EventsGone, hear_events
from gridwhistle.common.ids import new_id
from gridwhistle.common.principal import Principal
from gridwhistle.common.relay import _PUBLISH_AGAIN
from gridwhistle.common.sweep import archive_old_events
from gridwhistle.standalone.postgres import Postgres
from tests.common.test_relay import TELL, plumbed
from tests.toolshed import work

pytestmark = pytest.mark.anyio
HERE, BESIDE = "990101001001", "990101002001"
EVERYWHERE = Principal(id="app", roles=frozenset({"integrator"}), areas=("",))


class HornBlown(Event, type="gw.horns.horn.blown.v1"):
    """A horn was blown."""

    number: Count


class HornMade(Event, type="gw.horns.horn.made.v1"):
    """A horn was made."""

    number: Count


@pytest.fixture
async def database(postgres: Postgres, tmp_path: Path) -> AsyncIterator[Database]:
    async with plumbed(postgres, tmp_path) as connected:
        yield connected


async def tell(database: Database, *events: Event, area: str = HERE) -> None:
    """Write events as commands do."""
    for event in events:
        event_id, horn = new_id(), new_id()
        envelope = Envelope(event_id, event, horn, 1, area, await database.now(), "auto", "r-1", "r-1")
        await database.run(
            database.requests,
            TELL,
            event_id,
            horn,
            envelope.subject,
            envelope.to_json(),
        )


async def publish(database: Database, behind: int) -> None:
    """Mark what waits as the stream's next events, as the relay does."""
    await database.run(
        database.requests,
        "WITH gone AS (DELETE FROM waiting RETURNING id, event_id) INSERT INTO published (stream_seq, event_id)"
        " SELECT $1::bigint + row_number() OVER (ORDER BY id), event_id FROM gone",
        behind,
    )


async def blown(database: Database, first: int, last: int, behind: int, area: str = HERE) -> None:
    await tell(database, *(HornBlown(number=number) for number in range(first, last + 1)), area=area)
    await publish(database, behind)


async def heard(database: Database, after: str | None = None, caller: Principal = EVERYWHERE, **asked: object) -> EventList:
    return await hear_events(EventQuery.model_validate({"after": after, **asked}), caller, work(database))


def numbers(heard: EventList) -> list[int]:
    return [event.data["number"] for event in heard.events]


async def test_events_come_in_pages_and_then_from_where_one_left_off(database: Database) -> None:
    await blown(database, 1, 5, behind=0)

    first = await heard(database, limit=3)
    second = await heard(database, first.after, limit=3)
    nothing = await heard(database, second.after)
    await blown(database, 6, 6, behind=5)
    third = await heard(database, nothing.after)

    assert [numbers(one) for one in (first, second, nothing, third)] == [[1, 2, 3], [4, 5], [], [6]]
    assert [one.is_all for one in (first, second, nothing, third)] == [False, True, True, True]


async def test_before_the_first_event_there_is_no_place(database: Database) -> None:
    nothing = await heard(database)

    assert (nothing.events, nothing.after, nothing.is_all) == ([], None, True)


async def test_what_is_not_published_yet_is_not_heard_yet(database: Database) -> None:
    await tell(database, HornBlown(number=1))

    assert numbers(await heard(database)) == []


@pytest.mark.parametrize(
    ("areas", "theirs"),
    [(("990101",), [1, 2, 3]), ((HERE[:9],), [1, 3]), ((HERE,), [1, 3]), ((f"{HERE}001",), []), (("990102",), []), ((), [])],
)
async def test_everybody_hears_of_their_own_areas(database: Database, areas: tuple[str, ...], theirs: list[int]) -> None:
    for number, area in enumerate((HERE, BESIDE, HERE), 1):
        await blown(database, number, number, behind=number - 1, area=area)

    told = await heard(database, caller=Principal(id="app", roles=frozenset({"integrator"}), areas=areas))

    assert numbers(told) == theirs
    assert str(told.after).startswith("3.")


async def test_one_type_alone_can_be_asked_for(database: Database) -> None:
    await tell(database, HornBlown(number=1), HornMade(number=2), HornBlown(number=3))
    await publish(database, behind=0)

    told = await heard(database, type="gw.horns.horn.made.v1")

    assert (numbers(told), told.is_all) == ([2], True)


async def test_where_little_is_ones_own_the_place_moves_on_all_the_same(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "_EVENTS", feed._EVENTS.replace("LIMIT 1000", "LIMIT 2"))
    monkeypatch.setattr(feed, "_LOOKED_THROUGH_MAX", 2)
    await blown(database, 1, 3, behind=0, area=BESIDE)
    await blown(database, 4, 4, behind=3)
    caller = Principal(id="app", roles=frozenset({"integrator"}), areas=(HERE,))

    first = await heard(database, caller=caller)
    second = await heard(database, first.after, caller)
    third = await heard(database, second.after, caller)

    assert [(numbers(one), one.is_all) for one in (first, second, third)] == [([], False), ([4], False), ([], True)]


async def test_a_stream_that_is_lost_and_filled_again_loses_and_repeats_nothing(database: Database) -> None:
    await blown(database, 1, 6, behind=100)
    before = await heard(database, limit=4)

    await database.run(database.requests, _PUBLISH_AGAIN, 0)  # the new stream has nothing
    meanwhile = await heard(database, before.after)
    await blown(database, 7, 7, behind=0)
    after = await heard(database, meanwhile.after)

    assert (numbers(meanwhile), meanwhile.after) == ([], before.after)
    assert numbers(after) == [5, 6, 7]


async def archived(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as later:
        later.setattr("gridwhistle.common.sweep.EVENTS_IN_REACH_DAYS", -1)
        await archive_old_events(database)


async def test_who_had_the_last_event_before_it_was_archived_goes_on(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await blown(database, 1, 2, behind=0)
    had = await heard(database)
    await archived(database, monkeypatch)
    nothing = await heard(database, had.after)
    await blown(database, 3, 3, behind=2)

    assert (numbers(nothing), nothing.after) == ([], had.after)
    assert numbers(await heard(database, nothing.after)) == [3]


async def test_who_comes_back_too_late_is_told_so(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    await blown(database, 1, 3, behind=0)
    had = await heard(database, limit=2)
    await archived(database, monkeypatch)
    await blown(database, 4, 4, behind=3)

    with pytest.raises(EventsGone):
        await heard(database, had.after)


async def test_a_place_of_another_database_is_none_of_this_one(database: Database) -> None:
    await blown(database, 1, 3, behind=0)

    with pytest.raises(EventsGone):
        await heard(database, f"2.{UUID(int=7)}")
