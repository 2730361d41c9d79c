"""What others tell: an emergency calls for hands, incidents ask for some, and what was done elsewhere becomes minutes once."""

import datetime as dt
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from gridwhistle.common import migrations
from gridwhistle.common.events import Envelope, Event
from gridwhistle.common.events.incidents import VolunteersWanted, VolunteerWorkDone
from gridwhistle.common.events.inventory import MobilizationOrdered
from gridwhistle.common.events.personnel import PostDone
from gridwhistle.common.ids import new_id
from gridwhistle.common.tables import audit
from gridwhistle.incidents import volunteers
from gridwhistle.standalone.postgres import Postgres
from gridwhistle.timebank import claiming, serving
from gridwhistle.timebank.app import TIMEBANK
from gridwhistle.timebank.consumers import CONSUMER
from gridwhistle.timebank.order_tables import claims, orders
from gridwhistle.timebank.participant_tables import participants
from tests.conftest import Loop, RunningSuite
from tests.timebank.bank import BASE, Bank, made
from tests.timebank.station import CLERK, Station, a_station

NOW = dt.datetime.now(dt.UTC)
PLACE = "990101001001"
FACTS: Any = {"incident_no": "I99010120260706000001", "urgency": "normal", "source": "resident", "grid_code": None}
Wait = Callable[[Callable[[], bool]], None]


@pytest.fixture(scope="module")
def database_url(background: Loop, postgres: Postgres) -> str:
    background.run(postgres.ensure_database("told_by_others"))
    background.run(migrations.upgrade(TIMEBANK, postgres.url("told_by_others")))
    return postgres.url("told_by_others")


@pytest.fixture
async def station(database_url: str) -> AsyncIterator[Station]:
    async with a_station(database_url) as station:
        yield station


async def hear(station: Station, event: Event, thing_id: uuid.UUID, session: uuid.UUID | None = None) -> None:
    """Let the time bank hear of a fact, as its consumer would."""
    envelope = Envelope(new_id(), event, thing_id, 1, PLACE, NOW, "auto", "c-1", "c-1", emergency_session_id=session)
    for each, handler in CONSUMER.handlers_of(envelope):

        async def work(db: Any, each: Any = each, handler: Any = handler) -> None:
            for thing in await each(envelope, db):
                await handler(envelope, thing, db)

        await station.do(work)


async def the(station: Station, table: Any, *where: Any) -> Any:
    return await station.do(lambda db: db.first(select(table).where(*where)))


def a_call(people: int = 30) -> MobilizationOrdered:
    ends = NOW + dt.timedelta(hours=6)
    return MobilizationOrdered(service_code="sandbags", people_needed=people, start_at=NOW, end_at=ends)


@pytest.mark.anyio
async def test_an_emergency_calls_for_hands_once(station: Station) -> None:
    call_id = uuid.uuid4()

    await hear(station, a_call(), call_id)
    await hear(station, a_call(), call_id)

    order = await the(station, orders, orders.c.origin_id == call_id)
    assert (order.state, order.kind, order.payer, order.origin) == ("published", "emergency", "issuance", "mobilization")
    assert (order.people_needed, order.agreed_minutes, order.minors_allowed) == (30, 360, False)
    found = await station.do(lambda db: db.first(select(func.count()).where(orders.c.origin_id == call_id)))
    assert found[0] == 1


@pytest.mark.anyio
async def test_in_an_emergency_people_come_forward_until_it_ends(station: Station) -> None:
    call_id = uuid.uuid4()
    await hear(station, a_call(), call_id)
    order = await the(station, orders, orders.c.origin_id == call_id)

    claim = await station.claim(order.id, await station.register())

    assert claim.state == "claimed"


@pytest.mark.anyio
async def test_a_call_whose_time_is_over_opens_nothing(station: Station) -> None:
    call_id, ended = uuid.uuid4(), NOW - dt.timedelta(hours=1)
    call = MobilizationOrdered(service_code="sandbags", people_needed=3, start_at=ended, end_at=ended)

    await hear(station, call, call_id)

    assert await the(station, orders, orders.c.origin_id == call_id) is None


@pytest.mark.anyio
async def test_a_post_becomes_minutes_once_and_within_the_caps(station: Station) -> None:
    who, post_id = uuid.UUID((await station.register()).id), uuid.uuid4()
    done = PostDone(participant_id=who, service_code="patrol", started_at=NOW - dt.timedelta(hours=8), minutes=200)

    await hear(station, done, post_id)
    await hear(station, done, post_id)

    claim = await the(station, claims, claims.c.volunteer_id == who)
    assert (claim.state, claim.actual_minutes, claim.earned_minutes, claim.overflow_minutes) == ("settled", 200, 120, 75)
    assert (await the(station, participants, participants.c.id == who)).earned_minutes == 120


@pytest.mark.parametrize("comes", [True, False], ids=["serves by its order", "gave the place back"])
@pytest.mark.anyio
async def test_work_for_an_incident_is_paid_once(station: Station, comes: bool) -> None:
    incident_id, begins, volunteer = uuid.uuid4(), NOW + dt.timedelta(hours=3), await station.register()
    ends = begins + dt.timedelta(hours=2)
    wanted = VolunteersWanted(**FACTS, service_code="errands", people_needed=4, start_at=begins, end_at=ends)
    await hear(station, wanted, incident_id)
    order = await the(station, orders, orders.c.incident_id == incident_id)
    claim = await station.claim(order.id, volunteer)
    if not comes:
        await station.do(lambda db: claiming.cancel(claim.id, claiming.Remark(), volunteer, db))

    who = uuid.UUID(volunteer.id)
    done = VolunteerWorkDone(**FACTS, participant_id=who, service_code="errands", started_at=NOW, minutes=60)
    await hear(station, done, incident_id)

    recorded = await the(station, claims, claims.c.volunteer_id == who, claims.c.state == "settled")
    assert (recorded is None) == comes


@pytest.mark.parametrize(
    ("after", "comes", "recorded"),
    [
        pytest.param(-60, True, True, id="before"),
        pytest.param(-59, True, False, id="into it"),
        pytest.param(59, True, False, id="out of it"),
        pytest.param(60, True, True, id="after"),
        pytest.param(0, False, True, id="instead of it"),
    ],
)
@pytest.mark.anyio
async def test_an_hour_of_a_claim_is_not_paid_by_a_post_as_well(
    station: Station, after: int, comes: bool, recorded: bool
) -> None:
    volunteer, post_id = await station.register(), uuid.uuid4()
    claim = await station.claim(await station.open_order(1), volunteer)
    pin = (await station.do(lambda db: claiming.confirm(claim.id, claiming.Remark(), CLERK, db))).pin
    if comes:
        there = serving.Presence(pin=pin)
        await station.do(lambda db: serving.check_in(claim.id, there, volunteer, db), as_of=claim.start_at)
    starts, who = claim.start_at + dt.timedelta(minutes=after), uuid.UUID(volunteer.id)

    await hear(station, PostDone(participant_id=who, service_code="patrol", started_at=starts, minutes=60), post_id)

    assert (await the(station, orders, orders.c.origin_id == post_id) is not None) == recorded
    noted = audit.c.object_id == who, audit.c.action == "hours_given_already"
    assert (await the(station, audit, *noted) is None) == recorded


@pytest.mark.anyio
async def test_what_a_stranger_did_becomes_nobodys_minutes(station: Station) -> None:
    post_id = uuid.uuid4()

    await hear(station, PostDone(participant_id=uuid.uuid4(), service_code="patrol", started_at=NOW, minutes=60), post_id)

    assert await the(station, orders, orders.c.origin_id == post_id) is None


def test_an_incident_asks_for_hands_and_what_they_did_becomes_minutes(suite: RunningSuite, eventually: Wait) -> None:
    bank = Bank(suite, "990101")
    volunteer, incident = bank.register(), _in_progress(suite)
    begins = NOW + dt.timedelta(hours=3)
    wanted = {"service_code": "errands", "people_needed": 4, "start_at": begins.isoformat()}
    wanted |= {"end_at": (begins + dt.timedelta(hours=2)).isoformat()}
    helped = {"participant_id": volunteer.id, "service_code": "errands", "minutes": 60}
    helped |= {"started_at": (NOW - dt.timedelta(hours=4)).isoformat()}
    dispatcher = suite.person("town_dispatcher")

    made(dispatcher.post(f"{incident}/ask_volunteers", wanted))
    made(dispatcher.post(f"{incident}/credit_volunteer", helped))

    def open_orders() -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = made(volunteer.person.get(f"{BASE}/open_orders?service_code=errands"))["items"]
        return [line for line in items if line["people_needed"] == 4]

    eventually(lambda: len(open_orders()) == 1)
    eventually(lambda: made(volunteer.person.get(f"{BASE}/participants/{volunteer.id}"))["earned_minutes"] == 60)
    assert dispatcher.post(f"{incident}/credit_volunteer", helped).json()["code"] == "credited_before"
    assert made(dispatcher.get(f"{incident}/volunteers"))["items"][0]["minutes"] == 60


def test_no_more_help_is_told_of_than_can_be_shown(suite: RunningSuite, monkeypatch: pytest.MonkeyPatch) -> None:
    helped = {"participant_id": str(uuid.uuid4()), "service_code": "errands", "minutes": 60}
    helped |= {"started_at": (NOW - dt.timedelta(hours=4)).isoformat()}
    incident = _in_progress(suite)
    monkeypatch.setattr(volunteers, "HELPERS_MAX", 0)

    refused = suite.person("town_dispatcher").post(f"{incident}/credit_volunteer", helped)

    assert (refused.status_code, refused.json()["code"]) == (409, "enough_helpers")


def _in_progress(suite: RunningSuite) -> str:
    report = {"title": "积水", "location": {"lon": 120.152, "lat": 30.272}}
    acceptor = suite.person("town_acceptor")
    path = f"/incidents/v1/incidents/{made(acceptor.post('/incidents/v1/incidents', report))['id']}"
    made(acceptor.post(f"{path}/accept", {}))
    made(acceptor.post(f"{path}/file", {"category": "C-0101"}))
    made(suite.person("town_dispatcher").post(f"{path}/dispatch", {"lead_org": "990101-water"}))
    return path
