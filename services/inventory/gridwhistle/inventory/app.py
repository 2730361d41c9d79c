"""The inventory, put together."""

from pathlib import Path
from typing import Final

from gridwhistle.common.service import Service
from gridwhistle.inventory.alerts import by_itself as alerts_by_themselves
from gridwhistle.inventory.alerts import warnings
from gridwhistle.inventory.alerts.domain import PRESETS as ALERT_PRESETS
from gridwhistle.inventory.alerts.domain import AlreadyRelayed
from gridwhistle.inventory.consumers import CONSUMER
from gridwhistle.inventory.dispatch import delivering, ordering
from gridwhistle.inventory.dispatch.limits import DISPATCH_PRESETS
from gridwhistle.inventory.places import (
    counting,
    nearest,
    public,
    shelter_files,
    sheltering,
    shelters,
    support_points,
    within,
)
from gridwhistle.inventory.places.domain import PLACES_PRESETS, FuelOfPowerAlone, ShelterCodeTaken
from gridwhistle.inventory.responses import deciding, following, looking_again, proposing, sessions, setting_off, situations
from gridwhistle.inventory.responses.limits import PRESETS as RESPONSE_PRESETS
from gridwhistle.inventory.responses.refusals import OneOfTheWarning
from gridwhistle.inventory.stock import catalogue, counts, lots, norms, overview, points, replenishing, stock_files
from gridwhistle.inventory.stock.domain import TypeThere
from gridwhistle.inventory.stock.limits import EXPIRES, NEAR_FIRST, NEAR_SECOND, STOCK_PRESETS
from gridwhistle.inventory.stock.refusals import LotNotAvailable, NormThere, NotEnoughStock, StillReserved
from gridwhistle.inventory.tables import metadata
from gridwhistle.inventory.teams import mobilized, mobilizing, response_teams, social_organisations
from gridwhistle.inventory.teams.domain import TEAMS_PRESETS, CalledBefore

INVENTORY: Final = Service(
    name="inventory",
    title="Gridwhistle emergency inventory 应急物资",
    routers=[
        # stock
        overview.router,  # before the routes by an id: a kit is none
        catalogue.router,
        points.router,
        lots.router,
        counts.router,
        norms.router,
        replenishing.router,
        stock_files.router,
        # dispatch
        ordering.router,
        delivering.router,
        # places
        shelter_files.router,
        shelters.router,
        sheltering.router,
        counting.router,
        public.router,
        support_points.router,
        nearest.router,
        within.router,
        # teams
        response_teams.router,
        mobilizing.router,
        mobilized.router,
        social_organisations.router,
        # alerts
        warnings.router,
        # responses
        proposing.router,
        deciding.router,
        following.router,
        situations.router,
        setting_off.router,
        sessions.router,
    ],
    loops=[norms.look_hourly, looking_again.look_again],
    consumer=CONSUMER,
    tables=metadata,
    versions=Path(__file__).parent / "versions",
    presets=(*ALERT_PRESETS, *STOCK_PRESETS, *DISPATCH_PRESETS, *PLACES_PRESETS, *RESPONSE_PRESETS, *TEAMS_PRESETS),
    on_clock={
        **alerts_by_themselves.ON_CLOCK,
        **mobilized.TEAM_CLOCKS,
        **situations.ON_CLOCK,
        **sessions.ON_CLOCK,
        # stock
        NEAR_FIRST: lots.near_expiry,
        NEAR_SECOND: lots.near_expiry,
        EXPIRES: lots.expire,
    },
    constraints={
        # places
        "shelter_code_once": ShelterCodeTaken,
        "support_point_fuel_only_of_power": FuelOfPowerAlone,
        # stock
        "resource_type_county_code_code_once": TypeThere,
        "reserve_norm_once": NormThere,
        "lot_promises_no_more_than_there_is": StillReserved,
        "lot_not_below_nothing": StillReserved,
        "lot_has_enough_free": NotEnoughStock,
        "lot_is_available": LotNotAvailable,
        # teams
        "mobilized_team_mobilization_id_team_id_once": CalledBefore,
        # alerts
        "warning_county_code_warning_id_once": AlreadyRelayed,
        "warning_message_county_code_identifier_once": AlreadyRelayed,
        # responses
        "response_one_of_a_warning": OneOfTheWarning,
    },
)
create: Final = INVENTORY.create
"""For `uvicorn --factory`."""
