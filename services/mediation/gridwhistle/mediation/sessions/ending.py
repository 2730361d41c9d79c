"""More time by consent (延长), and how mediation ends without an agreement: it fails, or is stopped (终止)."""

from typing import Literal
from uuid import UUID

from gridwhistle.common.commands import Command
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.mediation import CaseExtended, CaseFailed, CaseTerminated, ReportedTo
from gridwhistle.common.reasons import Remark, Why
from gridwhistle.common.rows import Row
from gridwhistle.mediation.cases.states import CASE
from gridwhistle.mediation.cases.steps import are_all, end, facts_of
from gridwhistle.mediation.cases.tables import cases
from gridwhistle.mediation.cases.views import CaseView, answer
from gridwhistle.mediation.limits import MEDIATE
from gridwhistle.mediation.sessions.refusals import NotEverybody, ReportNeeded
from gridwhistle.mediation.sessions.tables import escalations
from gridwhistle.mediation.words import PaperNo, PartyIds

router = Router("mediation", "Sessions 调解会: ends 延长与终止")
_REPORTED = {"collusion", "false_mediation"}


class Extension(Remark):
    """Which parties agreed in writing that it may take longer: all of them."""

    party_ids: PartyIds


class Termination(Why):
    """Why it is stopped. What is false or collusive is reported: to whom, and the receipt once there is one."""

    reason_code: Literal["facts_hidden", "delay", "collusion", "false_mediation", "other"]
    reported_to: ReportedTo | None = None
    receipt_no: PaperNo | None = None


@router.post("/cases/{case_id}/extend", may="cases:handle")
async def extend(case_id: UUID, body: Extension, caller: Caller, db: Db) -> CaseView:
    """Let it take longer (延长期限), as every party agrees in writing: the limit once more, from the first session."""
    async with db.command(caller, cases, case_id) as tx:
        case, step = tx.row, CASE.step(tx.row, "extend", caller)
        if not await are_all(tx, body.party_ids):
            raise NotEverybody
        due_at = await tx.clocks.extend(case, MEDIATE)
        tx.move(case, step, reason=body.reason)
        tx.tell(case, CaseExtended(**facts_of(case), due_at=due_at))
        return await answer(tx)


@router.post("/cases/{case_id}/fail", may="cases:handle")
async def fail(case_id: UUID, body: Remark, caller: Caller, db: Db) -> CaseView:
    """Say that no agreement is to be had (调解不成). `other_ways` is what to tell the parties."""
    async with db.command(caller, cases, case_id) as tx:
        end(tx, tx.row, CASE.step(tx.row, "fail", caller), "failed", CaseFailed, reason=body.reason)
        return await answer(tx)


@router.post("/cases/{case_id}/terminate", may="cases:handle")
async def terminate(case_id: UUID, body: Termination, caller: Caller, db: Db) -> CaseView:
    """Stop it at once (终止调解): facts are hidden, it is delayed, or it is collusive or false, which is reported."""
    async with db.command(caller, cases, case_id) as tx:
        case, step = tx.row, CASE.step(tx.row, "terminate", caller)
        if body.reason_code in _REPORTED:
            if body.reported_to is None:
                raise ReportNeeded
            tx.insert(
                escalations,
                case_id=case_id,
                reported_to=body.reported_to,
                reason_code="misuse",
                reported_at=tx.now,
                reported_by=caller.id,
                receipt_no=body.receipt_no,
            )
        end(tx, case, step, "terminated", CaseTerminated, reason=body.reason, reason_code=body.reason_code)
        return await answer(tx)


async def time_over(tx: Command, case: Row, _clock: Row, _percent: int) -> None:
    """Let mediation fail whose time is over, unless its parties gave it more."""
    end(tx, case, CASE.step(case, "time_over", tx.caller), "failed", CaseFailed)
