"""Two volunteers who race for the last place: one has it, whichever process answers; what happens by itself happens once."""

import asyncio
import datetime as dt
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from gridwhistle.common import migrations
from gridwhistle.common.clocks import clocks
from gridwhistle.common.database import Db
from gridwhistle.common.places import Point
from gridwhistle.common.principal import Principal, system
from gridwhistle.common.reasons import Remark
from gridwhistle.standalone.postgres import Postgres
from gridwhistle.timebank import claiming, disputing, freezing, participants, serving
from gridwhistle.timebank.app import TIMEBANK
from gridwhistle.timebank.limits import CONFIRM, DISPUTE, FREEZE, NO_SHOW, SETTLE, WINDOW
from gridwhistle.timebank.order_tables import claims, orders
from gridwhistle.timebank.tables import accounts
from tests.conftest import Loop
from tests.timebank.station import AUTO, CLERK, Station, a_station

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def database_url(background: Loop, postgres: Postgres) -> str:
    background.run(postgres.ensure_database("last_place"))
    background.run(migrations.upgrade(TIMEBANK, postgres.url("last_place")))
    return postgres.url("last_place")


@pytest.fixture
async def station(database_url: str) -> AsyncIterator[Station]:
    async with a_station(database_url) as station:
        yield station


@pytest.mark.parametrize("places", [1, 5])
async def test_of_many_who_race_for_the_last_places_exactly_so_many_have_them(station: Station, places: int) -> None:
    order_id = await station.open_order(places)
    people = [await station.register() for _ in range(16)]

    said = await asyncio.gather(*(station.claim(order_id, who, number % 2) for number, who in enumerate(people)))

    results = Counter(answer if isinstance(answer, str) else "claimed" for answer in said)
    assert results == {"claimed": places, "no_place_left": 16 - places}
    order = await station.row(orders, order_id)
    assert (order.state, order.people_taken, order.claims_open) == ("full", places, places)


async def test_one_volunteer_who_asks_twice_at_once_has_one_place(station: Station) -> None:
    order_id, who = await station.open_order(5), await station.register()

    said = await asyncio.gather(*(station.claim(order_id, who, number % 2) for number in range(6)))

    assert Counter(answer if isinstance(answer, str) else "claimed" for answer in said) == {"claimed": 1, "claimed_already": 5}
    assert (await station.row(orders, order_id)).people_taken == 1


async def test_a_place_that_nobody_answered_for_is_free_again(station: Station) -> None:
    order_id, who = await station.open_order(1), await station.register()
    claim = await station.claim(order_id, who)

    await asyncio.gather(*(station.fire(claims, claim.id, CONFIRM, process) for process in (0, 1)))

    assert (await station.row(claims, claim.id)).state == "lapsed"
    order = await station.row(orders, order_id)
    assert (order.state, order.people_taken, order.claims_open) == ("published", 0, 0)


async def test_nobody_waits_for_an_answer_longer_than_until_it_begins(station: Station) -> None:
    elder = await station.register()
    await station.give(elder, 100)
    order_id = await station.open_order(1, "ordinary", elder)
    claim = await station.claim(order_id, await station.register())

    clock = await station.do(lambda db: db.first(select(clocks.c.due_at).where(clocks.c.owner_id == claim.id)))

    assert abs(clock.due_at - claim.start_at) <= dt.timedelta(minutes=1)


async def test_who_lets_others_wait_three_times_rests(station: Station) -> None:
    who = await station.register()

    for _ in range(3):
        claim = await station.claim(await station.open_order(1), who)
        await station.do(lambda db, id_=claim.id: claiming.confirm(id_, claiming.Remark(), CLERK, db))  # type: ignore[misc]
        await station.fire(claims, claim.id, NO_SHOW)

    assert (await station.row(claims, claim.id)).state == "no_show"
    assert await station.claim(await station.open_order(1), who) == "claims_paused"


async def test_who_is_frozen_lets_nobody_wait(station: Station) -> None:
    order_id, who = await station.open_order(1), await station.register()
    id_ = (await station.claim(order_id, who)).id
    await station.do(lambda db: claiming.confirm(id_, claiming.Remark(), CLERK, db))
    freeze = freezing.Freeze(reason="核查")
    await station.do(lambda db: participants.freeze_participant(uuid.UUID(who.id), freeze, ADMIN, db))

    said = await station.fire(claims, id_, NO_SHOW)

    claim, order = await station.row(claims, id_), await station.row(orders, order_id)
    assert (said, claim.state, order.state, order.people_taken) == (None, "lapsed", "published", 0)
    assert (await station.told_of(order_id))[-1] == "order.claim_lapsed"


async def test_a_pause_ends_when_it_turns_out_that_somebody_came(station: Station) -> None:
    who, missed = await station.register(), []
    for _ in range(4):
        claim = await station.claim(await station.open_order(1), who)
        if isinstance(claim, str):
            break
        await station.do(lambda db, id_=claim.id: claiming.confirm(id_, claiming.Remark(), CLERK, db))  # type: ignore[misc]
        await station.fire(claims, claim.id, NO_SHOW)
        missed.append(claim.id)

    await came_after_all(station, missed[-1], who)

    assert len(missed) == 3
    assert (await station.row(participants.participants, uuid.UUID(who.id))).paused_until is None


async def test_an_order_that_nobody_came_forward_for_expires(station: Station) -> None:
    order_id = await station.open_order(1)

    await station.fire(orders, order_id, WINDOW)

    assert (await station.row(orders, order_id)).state == "expired"


async def test_a_freeze_ends_by_itself(station: Station) -> None:
    who = await station.register()
    freeze = freezing.Freeze(reason="核查", days=10)
    await station.do(lambda db: participants.freeze_participant(uuid.UUID(who.id), freeze, CLERK, db))
    frozen = await station.claim(await station.open_order(1), who)

    await station.fire(participants.participants, uuid.UUID(who.id), FREEZE)

    assert frozen == "participant_not_active"
    assert not isinstance(await station.claim(await station.open_order(1), who), str)


OTHERWISE = disputing.Dispute(kind="no_show", reason="我按时到了")
ADMIN = replace(CLERK, id="admin")
HERE = Point(lon=120.152, lat=30.2725)


async def came_after_all(station: Station, claim_id: uuid.UUID, who: Principal) -> None:
    """Let a panel say that somebody came who is said not to have."""
    await station.do(lambda db: disputing.dispute(claim_id, OTHERWISE, who, db))
    await station.do(lambda db: disputing.convene(claim_id, disputing.Panel(members=["a", "b", "c"]), ADMIN, db))
    vote = disputing.Vote(verdict="minutes", minutes=60)
    for one in ("a", "b"):
        judge = Principal(one, frozenset({"dispute_panel"}), ("990101",))
        await station.do(lambda db, judge=judge: disputing.decide(claim_id, vote, judge, db))  # type: ignore[misc]


async def served(station: Station, who: Principal, *, near: bool = True, near_after: bool = True, **more: Any) -> uuid.UUID:
    """Return a claim of a service that is done, shown by the number, and by the place if somebody was near."""
    order_id = await station.open_order(1, point=HERE, **more)
    claim = await station.claim(order_id, who)
    confirmed = await station.do(lambda db: claiming.confirm(claim.id, claiming.Remark(), CLERK, db))
    begins = (await station.row(orders, order_id)).start_at
    here = serving.Presence(pin=confirmed.pin, point=Point(lon=120.153, lat=30.2725) if near else None)
    gone = serving.Presence(point=HERE if near_after else None)
    await station.do(lambda db: serving.check_in(claim.id, here, who, db), as_of=begins)
    ends = begins + dt.timedelta(minutes=150)
    await station.do(lambda db: serving.check_out(claim.id, gone, who, db), as_of=ends)
    id_: uuid.UUID = claim.id
    return id_


@pytest.mark.parametrize(
    ("shown", "state"),
    [
        pytest.param({}, "settled", id="two proofs"),
        pytest.param({"near": False}, "settled", id="two proofs, one at each end"),
        pytest.param({"near": False, "near_after": False}, "checked_out", id="one proof"),
        pytest.param({"near_after": False}, "checked_out", id="nothing shows the end"),
    ],
)
async def test_two_proofs_settle_what_nobody_confirmed(station: Station, shown: dict[str, bool], state: str) -> None:
    claim_id = await served(station, await station.register(), **shown)

    await asyncio.gather(*(station.fire(claims, claim_id, SETTLE, process) for process in (0, 1)))

    assert (await station.row(claims, claim_id)).state == state


async def test_minutes_can_be_spent_when_the_days_for_a_dispute_are_over(station: Station) -> None:
    who = await station.register()
    claim_id = await served(station, who)
    said = await station.fire(claims, claim_id, SETTLE)
    assert said is None
    own = accounts.c.owner_id == uuid.UUID(who.id), accounts.c.kind == "personal_available"
    locked = await station.do(lambda db: db.first(accounts.select().where(*own)))

    await asyncio.gather(*(station.fire(claims, claim_id, DISPUTE, process) for process in (0, 1)))

    free = await station.do(lambda db: db.first(accounts.select().where(*own)))
    claim = await station.row(claims, claim_id)
    assert (locked.balance_minutes, locked.locked_minutes) == (75, 75)
    assert (free.balance_minutes, free.locked_minutes) == (75, 0)
    assert (claim.state, (await station.row(orders, claim.order_id)).state) == ("closed", "closed")


@pytest.mark.parametrize(("days", "said"), [(14, "disputed"), (16, "dispute_too_late")])
async def test_what_nobody_confirmed_is_disputed_within_fifteen_days(station: Station, days: int, said: str) -> None:
    who = await station.register()
    claim_id = await served(station, who)
    when = (await station.row(claims, claim_id)).checked_out_at + dt.timedelta(days=days)

    answer = await station.do(lambda db: disputing.dispute(claim_id, OTHERWISE, who, db), as_of=when)

    assert (answer if isinstance(answer, str) else answer.state) == said


async def test_who_is_said_not_to_have_come_may_say_that_they_did(station: Station) -> None:
    order_id, who = await station.open_order(1), await station.register()
    id_ = (await station.claim(order_id, who)).id
    await station.do(lambda db: claiming.confirm(id_, claiming.Remark(), CLERK, db))
    await station.fire(claims, id_, NO_SHOW)
    another = await station.claim(order_id, await station.register())

    await came_after_all(station, id_, who)
    settled = await station.row(claims, id_)
    await station.fire(claims, id_, DISPUTE)

    closed, order = await station.row(claims, id_), await station.row(orders, order_id)
    assert (settled.state, settled.earned_minutes, settled.terminal_at) == ("settled", 60, None)
    assert closed.state == "closed"
    assert (another.state, order.state, order.people_taken, order.claims_open) == ("claimed", "full", 1, 1)


async def test_nobody_of_many_who_serve_at_once_is_told_to_come_back(station: Station) -> None:
    order_id, people = await station.open_order(24, point=HERE), [await station.register() for _ in range(24)]
    ids = [(await station.claim(order_id, who)).id for who in people]
    begins = (await station.row(orders, order_id)).start_at

    def at_once(*works: Callable[[Db], Awaitable[Any]], after: int = 0) -> Any:
        when = begins + dt.timedelta(minutes=after) if after else None
        return asyncio.gather(*(station.do(work, as_of=when) for work in works))

    said = await at_once(*(partial(claiming.confirm, id_, Remark(), CLERK) for id_ in ids))
    here = [serving.Presence(pin=one.pin) for one in said]
    came = await at_once(*(partial(serving.check_in, *one) for one in zip(ids, here, people, strict=True)), after=1)
    gone = await at_once(*(partial(serving.check_out, *one) for one in zip(ids, here, people, strict=True)), after=61)

    assert [Counter(one.state for one in all_) for all_ in (said, came, gone)] == [
        {"confirmed": 24},
        {"checked_in": 24},
        {"checked_out": 24},
    ]


async def test_who_settles_late_leaves_days_to_say_where_minutes_go(station: Station) -> None:
    who = await station.register()
    claim_id = await served(station, who, agreed_minutes=120)
    when = (await station.row(claims, claim_id)).checked_out_at - dt.timedelta(days=60)
    await station.do(lambda db: move_back(db, claim_id, when))

    await station.do(lambda db: serving.settle_claim(claim_id, claiming.Remark(), CLERK, db))

    claim = await station.row(claims, claim_id)
    clock = await station.do(
        lambda db: db.first(select(clocks.c.due_at).where(clocks.c.owner_id == claim_id, clocks.c.rule_key == DISPUTE))
    )
    assert (claim.earned_minutes, claim.overflow_minutes) == (120, 30)
    assert clock.due_at >= claim.settled_at + dt.timedelta(days=7)


async def move_back(db: Db, claim_id: uuid.UUID, when: dt.datetime) -> None:
    """Let a service have ended earlier than it did."""
    async with db.command(system("timebank"), claims, claim_id) as tx:
        tx.update(tx.row, checked_out_at=when)


def test_every_clock_that_is_handled_is_one_of_a_machine() -> None:
    ours = {WINDOW, CONFIRM, NO_SHOW, SETTLE, DISPUTE, FREEZE}

    assert ours <= TIMEBANK.on_clock.keys()
    assert AUTO.keys() <= TIMEBANK.on_clock.keys()
