"""What happens to warnings by itself, when their time is over."""

from collections.abc import Mapping
from typing import Final

from gridwhistle.common.commands import Command
from gridwhistle.common.events.inventory_alerts import WarningExpired
from gridwhistle.common.firing import OnClock
from gridwhistle.common.rows import Row
from gridwhistle.inventory.alerts.domain import EXPIRES, WARNING
from gridwhistle.inventory.alerts.relaying import told_of


async def expire(tx: Command, warning: Row, _clock: Row, _percent: int) -> None:
    """Let nobody be warned any more of what is over."""
    tx.db.correlation_id = warning.correlation_id
    tx.move(warning, WARNING.step(warning, "expire", tx.caller), terminal_at=tx.now)
    tx.tell(warning, WarningExpired(**told_of(warning)))


ON_CLOCK: Final[Mapping[str, OnClock]] = {EXPIRES: expire}
