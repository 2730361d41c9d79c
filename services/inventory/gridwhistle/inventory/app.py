"""The inventory, put together."""

from pathlib import Path
from typing import Final

from gridwhistle.common.service import Service
from gridwhistle.inventory.consumers import CONSUMER
from gridwhistle.inventory.places import (
    counting,
    features,
    nearest,
    public,
    shelter_files,
    sheltering,
    shelters,
    support_points,
)
from gridwhistle.inventory.places.domain import PLACES_PRESETS, FuelOfPowerAlone, ShelterCodeTaken
from gridwhistle.inventory.stock import catalogue, points
from gridwhistle.inventory.stock.domain import TypeThere
from gridwhistle.inventory.tables import metadata
from gridwhistle.inventory.teams import mobilized, mobilizing, response_teams, social_organisations
from gridwhistle.inventory.teams.domain import TEAMS_PRESETS

INVENTORY: Final = Service(
    name="inventory",
    title="Gridwhistle emergency inventory 应急物资",
    routers=[
        # stock
        catalogue.router,
        points.router,
        # places
        shelter_files.router,
        shelters.router,
        sheltering.router,
        counting.router,
        public.router,
        support_points.router,
        nearest.router,
        features.router,
        # teams
        response_teams.router,
        mobilizing.router,
        mobilized.router,
        social_organisations.router,
    ],
    consumer=CONSUMER,
    tables=metadata,
    versions=Path(__file__).parent / "versions",
    presets=(*PLACES_PRESETS, *TEAMS_PRESETS),
    on_clock={**mobilized.TEAM_CLOCKS},
    constraints={
        # places
        "shelter_code_once": ShelterCodeTaken,
        "support_point_fuel_only_of_power": FuelOfPowerAlone,
        # stock
        "resource_type_county_code_code_once": TypeThere,
    },
)
create: Final = INVENTORY.create
"""For `uvicorn --factory`."""
