"""The inventory, put together."""

from pathlib import Path
from typing import Final

from gridwhistle.common.service import Service
from gridwhistle.inventory.consumers import CONSUMER
from gridwhistle.inventory.stock import catalogue, points
from gridwhistle.inventory.stock.domain import TypeThere
from gridwhistle.inventory.tables import metadata

INVENTORY: Final = Service(
    name="inventory",
    title="Gridwhistle emergency inventory 应急物资",
    routers=[
        # stock
        catalogue.router,
        points.router,
    ],
    consumer=CONSUMER,
    tables=metadata,
    versions=Path(__file__).parent / "versions",
    constraints={
        # stock
        "resource_type_county_code_code_once": TypeThere,
    },
)
create: Final = INVENTORY.create
"""For `uvicorn --factory`."""
