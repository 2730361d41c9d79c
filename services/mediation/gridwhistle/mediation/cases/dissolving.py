"""Dissolving a committee (撤销), which has to do with its cases: none of them may be open."""

from uuid import UUID

from sqlalchemy import select

from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.mediation import CommitteeDissolved
from gridwhistle.common.problems import Conflict
from gridwhistle.common.reasons import Why
from gridwhistle.mediation.cases.tables import cases
from gridwhistle.mediation.committees.api import CommitteeView, committee_view, members_of
from gridwhistle.mediation.committees.states import COMMITTEE
from gridwhistle.mediation.committees.tables import committees

router = Router("mediation", "Committees 调解组织")


class CasesOpen(Conflict):
    """Somebody has to bring its cases to an end first."""

    code = "cases_open"
    zh, en = "该委员会尚有未结案件,不能撤销。", "The committee has cases that are open, so it cannot be dissolved."


@router.post("/committees/{committee_id}/dissolve", may="committees:file")
async def dissolve(committee_id: UUID, body: Why, caller: Caller, db: Db) -> CommitteeView:
    """Dissolve a committee (撤销), once none of its cases is open."""
    async with db.command(caller, committees, committee_id) as tx:
        step = COMMITTEE.step(tx.row, "dissolve", caller)
        is_open = cases.c.committee_id == committee_id, cases.c.terminal_at.is_(None)
        if await db.first(select(cases.c.id).where(*is_open).limit(1)):
            raise CasesOpen
        tx.move(tx.row, step, reason=body.reason, terminal_at=tx.now)
        tx.tell(tx.row, CommitteeDissolved(kind=tx.row.kind))
        return tx.answer(committee_view(tx.row, await members_of(db, committee_id), tx.now, caller))
