"""When it becomes dangerous (防止激化): it is reported at once, and stands still; and what everybody must report."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, Field
from sqlalchemy import select

from gridwhistle.common.data_classes import OPEN, Word
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.mediation import CaseEscalated, CaseResumed, EscalatedFor, ReportedTo
from gridwhistle.common.reading import last_of, one
from gridwhistle.common.reasons import Why
from gridwhistle.common.wire import Body, View
from gridwhistle.mediation.cases.states import CASE
from gridwhistle.mediation.cases.steps import facts_of, limits_of, part_of
from gridwhistle.mediation.cases.tables import cases
from gridwhistle.mediation.cases.views import CaseView, answer
from gridwhistle.mediation.limits import MEDIATE
from gridwhistle.mediation.sessions.refusals import ReceiptMissing, UnknownReport
from gridwhistle.mediation.sessions.tables import HarmKind, HarmTo, escalations, mandatory_reports
from gridwhistle.mediation.words import PaperNo

router = Router("mediation", "Sessions 调解会: reports 激化与强制报告")
_REPORTS_MAX = 100


class Escalation(Why):
    """What may happen, and to whom it was reported. In danger somebody phones the police first."""

    reason_code: EscalatedFor
    reported_to: ReportedTo
    receipt_no: PaperNo | None = None


class ReportReceipt(Body):
    """The number under which a body has taken a report in (回执)."""

    receipt_no: PaperNo


class HarmReport(Body):
    """What has to be reported whoever sees it: harm to a minor, violence at home, a crime ahead.

    Write no name: who it is about is told to the body, and not kept here.
    """

    kind: HarmKind
    reported_to: HarmTo
    receipt_no: PaperNo | None = None


class EscalationView(View):
    """Something that was reported."""

    id: UUID
    reported_to: Annotated[ReportedTo, OPEN]
    reason_code: Annotated[EscalatedFor, OPEN]
    reported_at: AwareDatetime
    receipt_no: PaperNo | None


class Escalations(View):
    """What was reported of a case."""

    items: Annotated[list[EscalationView], Field(max_length=_REPORTS_MAX)]


class HarmReportView(View):
    """That a duty to report was done."""

    id: UUID
    kind: Annotated[HarmKind, OPEN]
    reported_to: Annotated[HarmTo, OPEN]
    reported_at: AwareDatetime
    by_role: Word
    receipt_no: PaperNo | None


class HarmReports(View):
    """The duties to report that were done around a case."""

    items: Annotated[list[HarmReportView], Field(max_length=_REPORTS_MAX)]


@router.post("/cases/{case_id}/escalate", may="cases:handle")
async def escalate(case_id: UUID, body: Escalation, caller: Caller, db: Db) -> CaseView:
    """Say that it may become worse (可能激化), and to whom that was reported. Mediation stands still; its time runs on."""
    async with db.command(caller, cases, case_id) as tx:
        case, step = tx.row, CASE.step(tx.row, "escalate", caller)
        before = case.state
        given = {name: value for name, value in body if name != "reason"}
        tx.insert(escalations, case_id=case_id, reported_at=tx.now, reported_by=caller.id, **given)
        tx.move(case, step, reason=body.reason, escalated_from=before)
        if before != "in_mediation":
            tx.clocks.stop(case, MEDIATE)  # it runs in the state that is entered, and had not begun
        tx.tell(case, CaseEscalated(**facts_of(case), reason_code=body.reason_code, reported_to=body.reported_to))
        return await answer(tx)


@router.get("/cases/{case_id}/escalations", may="cases:read")
async def list_escalations(case_id: UUID, caller: Caller, db: Db) -> Escalations:
    """Return what was reported of a case."""
    await one(db, caller, cases, case_id)
    of_case = select(escalations).where(escalations.c.case_id == case_id)
    return Escalations(items=[EscalationView.of(row) for row in await last_of(db, of_case, escalations.c.id, _REPORTS_MAX)])


@router.post("/cases/{case_id}/escalations/{part_id}/enter_receipt", may="cases:handle")
async def enter_report_receipt(case_id: UUID, part_id: UUID, body: ReportReceipt, caller: Caller, db: Db) -> EscalationView:
    """Enter the number under which a report was taken in (登记回执)."""
    async with db.command(caller, cases, case_id) as tx:
        found = await part_of(tx, escalations, part_id, UnknownReport)
        tx.update(found, receipt_no=body.receipt_no)
        tx.record(tx.row, "enter_receipt")
        return tx.answer(EscalationView.of(found))


@router.post("/cases/{case_id}/resume", may="cases:handle")
async def resume(case_id: UUID, body: Why, caller: Caller, db: Db) -> CaseView:
    """Let mediation go on where it was (恢复调解), once it is safe and the police have what was reported to them."""
    async with db.command(caller, cases, case_id) as tx:
        case, step = tx.row, CASE.step(tx.row, "resume", caller)
        if any(report.reported_to == "police" and not report.receipt_no for report in await tx.children(escalations)):
            raise ReceiptMissing
        tx.move(case, step, reason=body.reason, limits=limits_of(tx, case), escalated_from=None)
        tx.tell(case, CaseResumed(**facts_of(case)))
        return await answer(tx)


@router.post("/cases/{case_id}/mandatory_reports", may="cases:handle", status_code=201)
async def report_harm(case_id: UUID, body: HarmReport, caller: Caller, db: Db) -> HarmReportView:
    """Write down that what must be reported was reported at once (强制报告), in whatever state the case is."""
    async with db.command(caller, cases, case_id) as tx:
        given: dict[str, Any] = {"reported_at": tx.now, "by_role": min(caller.roles), **dict(body)}
        made = tx.insert(mandatory_reports, case_id=case_id, **given)
        tx.record(tx.row, "report_harm", body.kind)
        return tx.answer(HarmReportView.of(made))


@router.get("/cases/{case_id}/mandatory_reports", may="reports:read")
async def list_harm_reports(case_id: UUID, caller: Caller, db: Db) -> HarmReports:
    """Return the duties to report that were done around a case; chairs and judicial offices see them."""
    await one(db, caller, cases, case_id)
    of_case = select(mandatory_reports).where(mandatory_reports.c.case_id == case_id)
    return HarmReports(
        items=[HarmReportView.of(row) for row in await last_of(db, of_case, mandatory_reports.c.id, _REPORTS_MAX)]
    )
