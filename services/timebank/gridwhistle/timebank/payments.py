"""What orders do to accounts: minutes are held, paid, given back, and taken back; each with the step that it follows from."""

from uuid import UUID

from sqlalchemy import select

from gridwhistle.common.commands import Command
from gridwhistle.common.rows import Row
from gridwhistle.timebank.settling import Settlement
from gridwhistle.timebank.tables import accounts


async def has_minutes(tx: Command, owner_id: UUID) -> bool:
    """Tell whether somebody has any minutes to spend."""
    of_theirs = accounts.c.owner_id == owner_id, accounts.c.kind == "personal_available"
    found = await tx.db.first(select(accounts.c.balance_minutes, accounts.c.locked_minutes).where(*of_theirs))
    return found is not None and found.balance_minutes > found.locked_minutes


async def hold(tx: Command, order: Row, claim: Row, minutes: int) -> None:
    """Hold minutes of whoever pays (HOLD)."""


async def release(tx: Command, order: Row, claim: Row) -> None:
    """Give back what is held (RELEASE)."""


async def capture(tx: Command, order: Row, claim: Row, result: Settlement) -> None:
    """Pay what was earned, and give back what is left of what was held (CAPTURE, RELEASE)."""


async def undo(tx: Command, order: Row, claim: Row, *, approved_by: str) -> None:
    """Take back what was paid (REVERSE); what had been held is held again."""


async def set_free(tx: Command, order: Row, claim: Row) -> None:
    """Let what was earned be spent, and send what is above a cap where it was said."""
