"""What the inventory does when others speak."""

from typing import Final

from gridwhistle.common.consumers import Consumer
from gridwhistle.common.events.inventory import InventorySessionPurged  # noqa: F401  told when a session is over

CONSUMER: Final = Consumer("inventory")
