"""What the time bank does when others speak: it finds hands, and makes minutes of what was done elsewhere, once."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from gridwhistle.common.consumers import Consumer
from gridwhistle.common.database import Db
from gridwhistle.common.events import Envelope
from gridwhistle.common.events.incidents import VolunteersWanted, VolunteerWorkDone
from gridwhistle.common.events.inventory import MobilizationOrdered
from gridwhistle.common.events.personnel import PostDone
from gridwhistle.common.events.timebank import TimebankSessionPurged  # noqa: F401  told when a session is over
from gridwhistle.common.ids import area_code_of, grid_code_of
from gridwhistle.common.principal import system
from gridwhistle.timebank.hours import present_then, serving_then
from gridwhistle.timebank.making import Service, Wish, make_order
from gridwhistle.timebank.offering import kind_in_use
from gridwhistle.timebank.order_refusals import UnknownServiceKind
from gridwhistle.timebank.order_states import ORDER
from gridwhistle.timebank.participant_tables import participants
from gridwhistle.timebank.people import is_registered
from gridwhistle.timebank.recording import is_known, record, serves_at

CONSUMER: Final = Consumer("timebank")
_SYSTEM: Final = system("timebank")
_LEAST, _MOST, _PEOPLE = 15, 1_440, 500


@CONSUMER.on(MobilizationOrdered)
async def call_for_hands(event: Envelope[MobilizationOrdered], call_id: UUID, db: Db) -> None:
    """Open an order for volunteers in an emergency: they are of age, and insured."""
    await _open(event, db, "emergency", "mobilization", call_id)


@CONSUMER.on(VolunteersWanted)
async def find_hands(event: Envelope[VolunteersWanted], incident_id: UUID, db: Db) -> None:
    """Open an order for volunteers where an incident lies."""
    await _open(event, db, "public", "incident", event.id, incident_id)


async def _its_volunteer(event: Envelope[PostDone | VolunteerWorkDone], db: Db) -> Sequence[UUID]:
    """Return who did it, if they are a participant of the event's county."""
    volunteer = event.data.participant_id
    return [volunteer] if await is_registered(db, volunteer, event.area_code[:6]) else []


@CONSUMER.on(PostDone, each=_its_volunteer)
async def pay_post(event: Envelope[PostDone], volunteer_id: UUID, db: Db) -> None:
    """Make minutes of what somebody did at a post (岗位); of one post once, and of no hours that they gave elsewhere."""
    await _pay(event, db, volunteer_id, "post", event.aggregate_id)


@CONSUMER.on(VolunteerWorkDone, each=_its_volunteer)
async def pay_work(event: Envelope[VolunteerWorkDone], volunteer_id: UUID, db: Db) -> None:
    """Make minutes of what somebody did for an incident, unless they serve there by an order: that is settled by itself."""
    await _pay(event, db, volunteer_id, "incident", event.id, event.aggregate_id)


async def _open(event: Envelope[Any], db: Db, kind: str, origin: str, origin_id: UUID, incident_id: UUID | None = None) -> None:
    told, area = event.data, event.area_code
    long = (told.end_at - told.start_at) // dt.timedelta(minutes=1)
    async with db.command(_SYSTEM) as tx:
        if await is_known(db, origin_id) or told.end_at <= tx.now:
            return
        wish = Wish(
            kind=kind,
            area_code=area_code_of(area),
            grid_code=grid_code_of(area),
            start_at=told.start_at,
            end_at=told.end_at,
            agreed_minutes=max(_LEAST, min(long, _MOST)),
            people_needed=max(1, min(told.people_needed, _PEOPLE)),
            origin=origin,
            origin_id=origin_id,
            incident_id=incident_id,
        )
        service = await _service(db, area[:6], told.service_code)
        step = ORDER.step(None, "open", _SYSTEM)
        await make_order(tx, step, wish, service=service, payer="issuance", for_whom=None, on_behalf=False)


async def _service(db: Db, county: str, code: str) -> Service:
    """Return what the catalogue says of a kind of service. In an emergency nobody asks first whether it stands in it."""
    try:
        found = await kind_in_use(db, county, code)
    except UnknownServiceKind:
        return Service(code)
    return Service(code, found.minors_allowed, found.training_required)


async def _pay(
    event: Envelope[Any], db: Db, volunteer_id: UUID, origin: str, origin_id: UUID, incident_id: UUID | None = None
) -> None:
    told = event.data
    what = {"service_code": told.service_code, "started_at": told.started_at, "minutes": told.minutes}
    async with db.command(_SYSTEM, participants, volunteer_id) as tx:
        if await is_known(db, origin_id) or (incident_id and await serves_at(db, volunteer_id, incident_id)):
            return
        then = [volunteer_id], told.started_at, told.started_at + dt.timedelta(minutes=told.minutes)
        if await serving_then(tx, *then, has_begun=True) or await present_then(tx, *then):
            tx.record(tx.row, "hours_given_already", f"{origin} {origin_id}")
            return
        await record(tx, tx.row, area_code=event.area_code, origin=origin, origin_id=origin_id, **what)
