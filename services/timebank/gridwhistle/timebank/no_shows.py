"""Who lets others wait too often rests for some days (爽约暂停), unless it turns out that they came."""

import datetime as dt
from uuid import UUID

from sqlalchemy import func, select

from gridwhistle.common.commands import Command
from gridwhistle.common.rows import Row
from gridwhistle.timebank.limits import NO_SHOW_DAYS, NO_SHOWS, PAUSE_DAYS
from gridwhistle.timebank.order_tables import claims


async def pause(tx: Command, volunteer: Row) -> None:
    """Let a held participant who has not come, with this command once more, rest if that is too often."""
    if 1 + await _times(tx, volunteer.id) >= tx.rule(NO_SHOWS).amount:
        tx.update(volunteer, paused_until=tx.now + dt.timedelta(days=tx.rule(PAUSE_DAYS).amount))
        tx.record(volunteer, "pause_claims")


async def end_pause(tx: Command, volunteer: Row) -> None:
    """Let a held participant come forward again who did come, if they have let nobody else wait too often."""
    if volunteer.paused_until and await _times(tx, volunteer.id) < tx.rule(NO_SHOWS).amount:
        tx.update(volunteer, paused_until=None)
        tx.record(volunteer, "end_pause")


async def _times(tx: Command, volunteer_id: UUID) -> int:
    since = tx.now - dt.timedelta(days=tx.rule(NO_SHOW_DAYS).amount)
    theirs = claims.c.volunteer_id == volunteer_id, claims.c.state == "no_show", claims.c.terminal_at > since
    return await tx.db.counted(select(func.count()).select_from(claims).where(*theirs))
