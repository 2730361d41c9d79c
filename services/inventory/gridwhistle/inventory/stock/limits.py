"""How long a lot waits to be inspected, how early its end is told, and from which line on stock is low."""

from typing import Final

from gridwhistle.common.presets import Preset

INSPECT: Final = "inventory.inspect"
NEAR_FIRST: Final = "inventory.near_expiry_first"
NEAR_SECOND: Final = "inventory.near_expiry_second"
EXPIRES: Final = "inventory.expires"
LOW: Final = "inventory.stock_low"
CRITICAL: Final = "inventory.stock_critical"

STOCK_PRESETS: Final = (
    Preset(INSPECT, 1, "work_day_legal", "INF"),
    Preset(NEAR_FIRST, 90, "day", "INF", "Before a lot's last day."),
    Preset(NEAR_SECOND, 30, "day", "INF", "Before a lot's last day."),
    Preset(EXPIRES, 1, "day", "INF", "Each lot has its own: from its last day on it is given out no more."),
    Preset(LOW, 80, "percent", "INF", "Of what the norm asks for."),
    Preset(CRITICAL, 50, "percent", "INF", "Of what the norm asks for."),
)
"""Until a county says otherwise."""
