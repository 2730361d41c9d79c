"""Who mediates a case no more (退出调解): whoever steps aside, is asked to, or was recalled is out, and sees nothing of it."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from gridwhistle.common.commands import Command
from gridwhistle.common.database import Db
from gridwhistle.common.events import Envelope
from gridwhistle.common.events.mediation import MediatorLeft, MediatorRecalled
from gridwhistle.common.principal import system
from gridwhistle.common.rows import Row
from gridwhistle.mediation.cases.steps import facts_of
from gridwhistle.mediation.cases.tables import cases
from gridwhistle.mediation.limits import REPLACE
from gridwhistle.mediation.panels.tables import panel_members

_SYSTEM: Final = system("mediation")


def leave_panel(tx: Command, case: Row, member: Row, left_for: str, **more: Any) -> None:
    """Let somebody mediate no more, and see nothing of it; where nobody presides now, somebody has to be named."""
    gone = str(member.mediator_id)
    tx.update(member, left_at=tx.now, left_for=left_for, **more)
    changes: dict[str, Any] = {"panel": [one for one in case.panel or () if one != gone]}
    changes["barred_ids"] = sorted({*(case.barred_ids or ()), gone})
    if case.presiding_id == member.mediator_id:
        changes["presiding_id"] = None
        if case.agreed_at is None:
            tx.clocks.start(case, REPLACE)
    tx.update(case, **changes)
    tx.tell(case, MediatorLeft(**facts_of(case), mediator_id=member.mediator_id))


async def member_of(tx: Command, mediator_id: UUID) -> Row | None:
    """Return somebody who mediates the held case; None, if they do not, or no more."""
    there = await tx.children(panel_members)
    return next((one for one in there if one.mediator_id == mediator_id and one.left_at is None), None)


async def cases_of_recalled(event: Envelope[MediatorRecalled], db: Db) -> Sequence[UUID]:
    """Return the open cases that somebody mediates who was recalled."""
    theirs = panel_members.c.mediator_id == event.aggregate_id, panel_members.c.left_at.is_(None), cases.c.terminal_at.is_(None)
    found = select(cases.c.id).join(panel_members, panel_members.c.case_id == cases.c.id).where(*theirs)
    return [row.id for row in await db.fetch(found.order_by(cases.c.id))]


async def leave_as_recalled(event: Envelope[MediatorRecalled], case_id: UUID, db: Db) -> None:
    """Let whoever was recalled mediate no case any more; somebody else is named for it."""
    async with db.command(_SYSTEM, cases, case_id) as tx:
        member = await member_of(tx, event.aggregate_id)
        if member is not None and tx.row.terminal_at is None:
            leave_panel(tx, tx.row, member, "recalled")
            tx.record(tx.row, "leave_as_recalled")
