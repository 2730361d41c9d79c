"""What a response sets off in this service: shelters are proposed and stock is promised, each thing by a command of its own."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import Field
from sqlalchemy import case, func, or_, select

from gridwhistle.common.commands import Command
from gridwhistle.common.database import Db as Work
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events import Envelope
from gridwhistle.common.events.inventory_responses import ResponseActivated, ResponseAdjusted
from gridwhistle.common.events.inventory_stock import Quantity, SupplyCode
from gridwhistle.common.ids import prefix_of
from gridwhistle.common.jurisdiction import in_areas, over_the_county
from gridwhistle.common.principal import system
from gridwhistle.common.reading import one
from gridwhistle.common.wire import View
from gridwhistle.inventory.dispatch.making import Need, open_approved
from gridwhistle.inventory.dispatch.tables import dispatch_orders, items
from gridwhistle.inventory.places.tables import shelters
from gridwhistle.inventory.responses.first_batch import wants_supplies
from gridwhistle.inventory.responses.tables import responses
from gridwhistle.inventory.responses.telling import following
from gridwhistle.inventory.stock.catalogue import types_of
from gridwhistle.inventory.stock.domain import kit_qty
from gridwhistle.inventory.stock.lot_tables import good, lots
from gridwhistle.inventory.stock.moving import today
from gridwhistle.inventory.stock.tables import storage_points

router = Router("inventory", "Responses 应急响应")
Begun = Envelope[ResponseActivated | ResponseAdjusted]
_SYSTEM: Final = system("inventory")
_GOES_TO: Final = "应急响应现场"
_HAS_PLACES: Final = ("ready", "proposed", "standby", "open", "full")
_NOT_PROMISED: Final = ("rejected", "cancelled")
SUPPLIES_MAX: Final = 1_000


class SupplyLine(View):
    """What is needed of a type, by the kits of the county's catalogue, what is promised or came, and what is missing."""

    type_code: SupplyCode
    name: Annotated[str, Field(max_length=60, examples=["棉被"])]
    unit: Annotated[str, Field(max_length=10, examples=["床"])]
    needed: Quantity
    promised: Quantity
    missing: Quantity


class ResponseSupplies(View):
    """What the people who are expected need, and what has been promised to them."""

    items: Annotated[list[SupplyLine], Field(max_length=SUPPLIES_MAX)]


@router.get("/responses/{response_id}/supplies", may="responses:read")
async def get_supplies(response_id: UUID, caller: Caller, db: Db) -> ResponseSupplies:
    """Return what the people who are expected need, by kit and days, and what of it stock has promised (物资保障).

    What was lost on the way or came damaged is missing again when its order is settled, and promised anew while it lasts.
    """
    response = await one(db, over_the_county(caller), responses, response_id)
    types, promised = await _kit_types(db, response), await _promised(db, response_id)
    lines = []
    for type_ in types:
        needed, there = _needed(type_, response), promised[type_.id]
        more = {"needed": needed, "promised": there, "missing": max(needed - there, Decimal(0))}
        lines.append(SupplyLine.of(type_, type_code=type_.code, **more))
    return ResponseSupplies(items=lines)


async def shelters_wanted(event: Begun, db: Work) -> Sequence[UUID]:
    """Return the shelters to propose: in the response's areas, the largest first, until all who are expected have a place.

    Those that the response has already count first, and those that stand by or are open for none.
    """
    if "ready_shelters" not in event.data.measures:
        return []
    its_own = or_(shelters.c.response_id == event.aggregate_id, shelters.c.response_id.is_(None))
    there = in_areas(shelters, [prefix_of(area) for area in event.data.areas]), shelters.c.state.in_(_HAS_PLACES), its_own
    found = select(shelters.c.id, shelters.c.capacity, shelters.c.state).where(*there)
    wanted: list[UUID] = []
    places = 0
    for shelter in await db.fetch(found.order_by(shelters.c.state == "ready", shelters.c.capacity.desc(), shelters.c.id)):
        if event.data.expected_persons and places >= event.data.expected_persons:
            break
        places += shelter.capacity
        if shelter.state == "ready":
            wanted.append(shelter.id)
    return wanted


async def teams_wanted(event: Begun, _db: Work) -> Sequence[UUID]:
    """Return the response, if teams are to be called for it."""
    return [event.aggregate_id] if "call_teams" in event.data.measures else []


async def stores_wanted(event: Begun, db: Work) -> Sequence[UUID]:
    """Return the storage points that supplies come from, the county's own first, if any are to be promised."""
    return await stores_of(db, event.area_code) if wants_supplies(event.data) else []


async def stores_of(db: Work, area_code: str) -> Sequence[UUID]:
    """Return the storage points of a county that supplies can come from, the county's own first."""
    open_ones = storage_points.c.county_code == area_code[:6], storage_points.c.closed_at.is_(None)
    nearest_the_county = case({"county": 0, "town": 1, "village": 2}, value=storage_points.c.level, else_=3)
    wanted = select(storage_points.c.id).where(*open_ones, storage_points.c.mode == "real")
    return [row.id for row in await db.fetch(wanted.order_by(nearest_the_county, storage_points.c.id))]


async def promise_supplies(event: Begun, point_id: UUID, db: Work) -> None:
    """Promise what the people who are expected need, and no other storage point has promised yet, as far as it is free here."""
    await promise_from(db, event.aggregate_id, point_id)


async def promise_from(db: Work, response_id: UUID, point_id: UUID) -> None:
    """Promise a response what it still lacks, as far as it is free at a storage point."""
    # The response is held: what was promised before is seen, and nothing is promised twice.
    async with db.command(_SYSTEM, responses, response_id) as tx:
        response = following(tx, tx.row)
        if response.state != "active":
            return
        types, promised = await _kit_types(db, response), await _promised(db, response.id)
        missing = {type_.id: _needed(type_, response) - promised[type_.id] for type_ in types}
        free = await _free_at(tx, point_id, [id_ for id_, qty in missing.items() if qty > 0])
        wanted = [(id_, min(qty, free[id_])) for id_, qty in missing.items() if qty > 0 and free.get(id_, 0) > 0]
        if not wanted:
            return
        need = Need(
            area_code=response.area_code,
            to_kind="place",
            to_name=_GOES_TO,
            priority="emergency",
            response_id=response.id,
            needed_since=response.decided_at,
            point_id=point_id,
        )
        tx.record(response, "promise_supplies")
        await open_approved(tx, need, wanted, response.decided_by)


async def _free_at(tx: Command, point_id: UUID, type_ids: Sequence[UUID]) -> Mapping[UUID, Decimal]:
    """Return how much is free of each type at a storage point."""
    free = select(lots.c.type_id, func.sum(lots.c.qty - lots.c.reserved_qty))
    free = free.where(lots.c.point_id == point_id, lots.c.type_id.in_(type_ids), good(today(tx))).group_by(lots.c.type_id)
    return {row[0]: row[1] for row in await tx.db.fetch(free)}


async def _kit_types(db: Work, response: Any) -> list[Any]:
    """Return the types that people need by the county's catalogue."""
    county = replace(_SYSTEM, areas=(response.area_code[:6],))
    return [type_ for type_ in await types_of(db, county) if type_.kit_qty]


def _needed(type_: Any, response: Any) -> Decimal:
    persons, days = response.expected_persons, response.expected_days
    return Decimal(kit_qty(persons, days, type_.kit_qty, type_.kit_persons, is_daily=type_.is_daily))


async def _promised(db: Work, response_id: UUID) -> Mapping[UUID, Decimal]:
    """Return what was promised to a response, by type; of what is settled only what came, and was good."""
    of_it = dispatch_orders.c.response_id == response_id, dispatch_orders.c.state.not_in(_NOT_PROMISED)
    counts = case((dispatch_orders.c.state == "settled", items.c.received_qty), else_=items.c.approved_qty)
    sums = select(items.c.type_id, func.sum(counts)).where(*of_it, items.c.order_id == dispatch_orders.c.id)
    found: dict[UUID, Decimal] = defaultdict(Decimal)
    for row in await db.fetch(sums.group_by(items.c.type_id)):
        found[row[0]] = row[1] or Decimal(0)
    return found
