"""What the inventory does when others speak."""

from typing import Final

from gridwhistle.common.consumers import Consumer
from gridwhistle.common.events.inventory import InventorySessionPurged  # noqa: F401  told when a session is over
from gridwhistle.common.events.personnel import GridChanged
from gridwhistle.inventory.tables import known_grid_editions, known_grids

CONSUMER: Final = Consumer("inventory")
CONSUMER.copies(GridChanged, into=known_grids, why="Keep the grids, to know where a shelter or a support point lies.")
CONSUMER.copies(
    GridChanged, into=known_grid_editions, by="edition", why="Keep how grids are drawn, to know in which of them a point lies."
)
