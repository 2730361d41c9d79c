"""What happens to incidents by itself, when a clock is due: nobody has to think of it, and it happens once."""

from collections.abc import Mapping
from typing import Final

from gridwhistle.common.commands import Command
from gridwhistle.common.events.incidents import IncidentArchived
from gridwhistle.common.firing import OnClock
from gridwhistle.common.rows import Row
from gridwhistle.incidents.adjustments import let_go_on
from gridwhistle.incidents.domain import INCIDENT, facts_of
from gridwhistle.incidents.judging import closed_on_spot, let_check
from gridwhistle.incidents.limits import HANDLE, SUSPENSION
from gridwhistle.incidents.steps import end


async def archive(tx: Command, incident: Row, _clock: Row, _percent: int) -> None:
    """Put away what ended long enough ago (归档)."""
    tx.move(incident, INCIDENT.step(incident, "archive", tx.caller))
    tx.tell(incident, IncidentArchived(**facts_of(incident)))


async def settle(tx: Command, incident: Row, _clock: Row, _percent: int) -> None:
    """Close what a worker put right and nobody had to look at."""
    await end(tx, incident, INCIDENT.step(incident, "settle", tx.caller), closed_at=tx.now, is_final=None)
    tx.tell(incident, closed_on_spot(incident))


async def resume(tx: Command, incident: Row, _clock: Row, _percent: int) -> None:
    """Let a suspended incident go on when its day has come."""
    await let_go_on(tx, incident, INCIDENT.step(incident, "resume", tx.caller))


async def order_check(tx: Command, incident: Row, _clock: Row, _percent: int) -> None:
    """Order the check that the acceptor did not order in time."""
    await let_check(tx, incident, INCIDENT.step(incident, "order_check", tx.caller))


async def feedback_over(tx: Command, incident: Row, _clock: Row, _percent: int) -> None:
    """Let nobody reopen it any more."""
    tx.move(incident, INCIDENT.step(incident, "feedback_over", tx.caller), is_final=True)


async def contest_over(tx: Command, incident: Row, _clock: Row, _percent: int) -> None:
    """Let nobody object to the rejection any more."""
    tx.move(incident, INCIDENT.step(incident, "contest_over", tx.caller), is_final=True)


async def overdue(tx: Command, incident: Row, _clock: Row, percent: int) -> None:
    """Note that handling took longer than its limit. That never changes, whatever is granted later."""
    if percent >= 100:  # noqa: PLR2004  all of the limit
        tx.update(incident, is_overdue=True)


ON_CLOCK: Final[Mapping[str, OnClock]] = {
    "incidents.archive": archive,
    "incidents.settle": settle,
    SUSPENSION: resume,
    "incidents.order_check": order_check,
    "incidents.feedback": feedback_over,
    "incidents.contest": contest_over,
    HANDLE: overdue,
}
