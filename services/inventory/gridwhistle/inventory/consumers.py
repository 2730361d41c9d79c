"""What the inventory does when others speak, and when it speaks itself: it looks whether stock is low."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, select

from gridwhistle.common.consumers import Consumer
from gridwhistle.common.database import Db
from gridwhistle.common.events import Envelope
from gridwhistle.common.events.incidents import UrgentClocksBegan, UrgentClocksEnded
from gridwhistle.common.events.inventory import MobilizationOrdered
from gridwhistle.common.events.inventory_alerts import WarningCancelled, WarningExpired, WarningRelayed
from gridwhistle.common.events.inventory_dispatch import (
    DispatchOrderApproved,
    DispatchOrderCancelled,
    DispatchOrderInTransit,
    DispatchOrderReceived,
)
from gridwhistle.common.events.inventory_places import (
    ShelterClosed,
    ShelterFull,
    ShelterOpened,
    ShelterPassedOver,
    ShelterProposed,
    ShelterRelieved,
    ShelterRestored,
    ShelterStandby,
    ShelterStoodDown,
)
from gridwhistle.common.events.inventory_responses import (
    ReportDue,
    ResponseActivated,
    ResponseAdjusted,
    ResponseDeclined,
    ResponseLifted,
    ResponseProposed,
    ResponseReviewed,
    SituationReported,
)
from gridwhistle.common.events.inventory_stock import StockMoved, StockNearExpiry
from gridwhistle.common.events.inventory_teams import (
    MobilizationEnded,
    SocialOrganisationCalledIn,
    SocialOrganisationReleased,
    TeamAssembling,
    TeamOnsite,
    TeamOrdered,
    TeamReleased,
    TeamSilent,
)
from gridwhistle.common.events.personnel import AreaChanged, GridChanged, RosterCounted
from gridwhistle.common.events.timebank_orders import OrderCancelled, OrderClaimed, OrderClosed, OrderExpired, OrderPublished
from gridwhistle.common.ids import area_code_of
from gridwhistle.common.queries import Asking
from gridwhistle.inventory.dispatch.cancelling import call_off_order, orders_to_call_off
from gridwhistle.inventory.places.proposing import pass_over_shelter, propose_shelter, proposed_shelters
from gridwhistle.inventory.responses import following, sessions, setting_off
from gridwhistle.inventory.responses.first_batch import hear_of_batches
from gridwhistle.inventory.responses.tables import known_areas
from gridwhistle.inventory.stock.norms import look, norms_of
from gridwhistle.inventory.stock.tables import storage_points
from gridwhistle.inventory.tables import known_grid_editions, known_grids
from gridwhistle.inventory.teams.calling import call_off_part, mobilize_teams, parts_to_call_off

CONSUMER: Final = Consumer("inventory")
_AREA_OF: Final = Asking(select(storage_points.c.area_code).where(storage_points.c.id == bindparam("point_id")))
CONSUMER.copies(GridChanged, into=known_grids, why="Keep the grids, to know where a shelter or a support point lies.")
CONSUMER.copies(
    GridChanged, into=known_grid_editions, by="edition", why="Keep how grids are drawn, to know in which of them a point lies."
)
CONSUMER.copies(AreaChanged, into=known_areas, why="Keep the areas, to know which townships report.")
THREAD: Final = (
    *(WarningRelayed, WarningCancelled, WarningExpired),
    *(ResponseProposed, ResponseDeclined, ResponseActivated, ResponseAdjusted, ResponseLifted, ResponseReviewed),
    *(SituationReported, ReportDue),
    *(MobilizationOrdered, MobilizationEnded, TeamOrdered, TeamAssembling, TeamSilent, TeamOnsite, TeamReleased),
    *(SocialOrganisationCalledIn, SocialOrganisationReleased),
    *(DispatchOrderApproved, DispatchOrderInTransit, DispatchOrderReceived, DispatchOrderCancelled),
    *(ShelterProposed, ShelterPassedOver, ShelterStandby, ShelterStoodDown),
    *(ShelterOpened, ShelterFull, ShelterRelieved, ShelterClosed, ShelterRestored),
    *(UrgentClocksBegan, UrgentClocksEnded, RosterCounted),
    *(OrderPublished, OrderClaimed, OrderClosed, OrderExpired, OrderCancelled),
)
"""What is noted in the thread of a response, whichever service tells it."""
following.hear(CONSUMER, THREAD)
for _kind in (ResponseActivated, ResponseAdjusted):
    CONSUMER.on(_kind, each=setting_off.shelters_wanted)(propose_shelter)
    CONSUMER.on(_kind, each=setting_off.teams_wanted)(mobilize_teams)
    CONSUMER.on(_kind, each=setting_off.stores_wanted)(setting_off.promise_supplies)
CONSUMER.on(ResponseLifted, each=proposed_shelters)(pass_over_shelter)
CONSUMER.on(ResponseLifted, each=parts_to_call_off)(call_off_part)
CONSUMER.on(ResponseLifted, each=orders_to_call_off)(call_off_order)
hear_of_batches(CONSUMER)
sessions.hear_answers(CONSUMER)


async def _norms_of_order(event: Envelope[DispatchOrderApproved | DispatchOrderCancelled], db: Db) -> Sequence[UUID]:
    """Return the norms for the types that were promised, or are free again, where they lie."""
    point = await db.ask(_AREA_OF.of(point_id=event.data.point_id))
    return await norms_of(db, point[0].area_code, [line.type_code for line in event.data.lines]) if point else []


async def _norms_in_question(event: Envelope[Any], db: Db) -> Sequence[UUID]:
    """Return the norms for the types that moved, in the area where they did."""
    told = event.data
    codes = [told.type_code] if isinstance(told, StockNearExpiry) else [line.type_code for line in (*told.came, *told.went)]
    return await norms_of(db, area_code_of(event.area_code), codes)


@CONSUMER.on(DispatchOrderApproved, each=_norms_of_order)
@CONSUMER.on(DispatchOrderCancelled, each=_norms_of_order)
@CONSUMER.on(StockMoved, each=_norms_in_question)
@CONSUMER.on(StockNearExpiry, each=_norms_in_question)
async def look_at_norm(_event: Envelope[Any], norm_id: UUID, db: Db) -> None:
    """Look whether an area still has what its norm asks for."""
    await look(db, norm_id)
