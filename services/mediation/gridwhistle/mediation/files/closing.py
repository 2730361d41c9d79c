"""Closing a case (结案): two persons look at the file, it gets its number, and is put away after the last follow-up."""

from collections.abc import Iterable
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import select

from gridwhistle.common.calendars import LOCAL
from gridwhistle.common.commands import Command
from gridwhistle.common.data_classes import OPEN
from gridwhistle.common.database import Db as Work
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.mediation import CaseArchived, CaseClosed
from gridwhistle.common.jurisdiction import over_the_county
from gridwhistle.common.machine import Step, check
from gridwhistle.common.reading import one
from gridwhistle.common.reasons import Remark
from gridwhistle.common.rows import Row
from gridwhistle.common.wire import Body, View
from gridwhistle.mediation.agreements.tables import agreement_terms, confirmations, follow_ups
from gridwhistle.mediation.cases.guards import keeps_the_file
from gridwhistle.mediation.cases.refusals import WaysNotTold
from gridwhistle.mediation.cases.states import CASE
from gridwhistle.mediation.cases.steps import facts_of
from gridwhistle.mediation.cases.tables import cases
from gridwhistle.mediation.cases.views import CaseView, FileNo, answer
from gridwhistle.mediation.committees.tables import committees
from gridwhistle.mediation.files.checklist import KINDS, DocumentKind, Line, file_no, lines_of, missing
from gridwhistle.mediation.files.refusals import EnoughPapers, PapersMissing
from gridwhistle.mediation.files.tables import documents
from gridwhistle.mediation.limits import CLOSE
from gridwhistle.mediation.words import PaperNo

router = Router("mediation", "Files 卷宗")
_PAPERS_MAX = 300
_SENT_AWAY = ("refused", "terminated", "failed", "breached")
Pages = Annotated[int, Field(ge=1, le=2_000)]


class NewDocument(Body):
    """A paper that lies in the file, and how many pages it has. Of paper itself nothing is kept here."""

    kind: DocumentKind
    pages: Pages


class TransferReceipt(Body):
    """The number under which the other body has taken it (回执)."""

    receipt_no: Annotated[PaperNo, Field(examples=["示法收〔2026〕9号"])]


class FileLine(View):
    """One kind of paper in a file."""

    kind: Annotated[DocumentKind, OPEN]
    zh: Annotated[str, Field(max_length=40, examples=["身份证明"])]
    en: Annotated[str, Field(max_length=60, examples=["proof of identity"])]
    is_required: bool
    is_present: bool
    pages: Annotated[int, Field(ge=0, le=1_000_000)]


class FileView(View):
    """What lies in a case's file, in its order, and what may not be missing and is."""

    file_no: FileNo | None
    lines: Annotated[list[FileLine], Field(max_length=len(KINDS))]
    missing: Annotated[list[Annotated[DocumentKind, OPEN]], Field(max_length=len(KINDS))]


@router.get("/cases/{case_id}/file", may="cases:read")
async def get_file(case_id: UUID, caller: Caller, db: Db) -> FileView:
    """Return what lies in a case's file (卷宗目录)."""
    case = await one(db, caller, cases, case_id)
    return _view(case.file_no, await _lines(db, case))


@router.post("/cases/{case_id}/documents", may="cases:write", status_code=201)
async def add_document(case_id: UUID, body: NewDocument, caller: Caller, db: Db) -> FileView:
    """Enter a paper that lies in the file (登记材料)."""
    async with db.command(caller, cases, case_id) as tx:
        check(tx.row, caller, keeps_the_file)
        there = await tx.children(documents)
        if len(there) >= _PAPERS_MAX:
            raise EnoughPapers(most=_PAPERS_MAX)
        tx.insert(documents, case_id=case_id, entered_by=caller.id, entered_at=tx.now, **dict(body))
        tx.record(tx.row, "add_document", body.kind)
        pages = _pages([*there, body])
        return tx.answer(_view(tx.row.file_no, lines_of(tx.row, await _known(db, tx.row), pages)))


@router.post("/cases/{case_id}/ask_close", may="cases:handle")
async def ask_close(case_id: UUID, body: Remark, caller: Caller, db: Db) -> CaseView:
    """Say that it can be closed (申请结案): the file is complete, and whoever was sent away heard where else the law leads."""
    async with db.command(caller, cases, case_id) as tx:
        case, step = tx.row, CASE.step(tx.row, "ask_close", caller)
        # Told since then: who agreed on a part and broke it had heard the ways for the rest alone.
        if case.state in _SENT_AWAY and (case.ways_told_at is None or case.ways_told_at < case.terminal_at):
            raise WaysNotTold
        if case.accepted_at and (lacks := missing(await _lines(db, case))):
            raise PapersMissing(missing=[KINDS[kind] for kind in lacks])
        tx.move(case, step, reason=body.reason, closing_asked_by=caller.id)
        return await answer(tx)


@router.post("/cases/{case_id}/close", may="cases:handle")
async def close(case_id: UUID, caller: Caller, db: Db) -> CaseView:
    """Close a case that somebody else asked to be closed (结案). One that was accepted gets a file number."""
    found = await one(db, caller, cases, case_id)
    numbered = [(committees, found.committee_id)] if found.accepted_at and found.committee_id else []
    # A case may be another township's committee's.
    async with db.command(over_the_county(caller) if numbered else caller, (cases, case_id), *numbered) as tx:
        step = CASE.step(tx.row, "close", caller)
        _close(tx, tx.row, step, _next_number(tx, tx[numbered[0]]) if numbered else None)
        return await answer(tx)


@router.post("/cases/{case_id}/confirm_receipt", may="cases:handle")
async def confirm_receipt(case_id: UUID, body: TransferReceipt, caller: Caller, db: Db) -> CaseView:
    """Close a case that another body has now (移送回执)."""
    async with db.command(caller, cases, case_id) as tx:
        tx.clocks.stop(tx.row, CLOSE)  # of one that was handed over before that had a clock of its own
        _close(tx, tx.row, CASE.step(tx.row, "confirm_receipt", caller), None, receipt_no=body.receipt_no)
        return await answer(tx)


@router.post("/cases/{case_id}/archive", may="cases:handle")
async def archive(case_id: UUID, caller: Caller, db: Db) -> CaseView:
    """Put a file away (归档), after the last follow-up."""
    async with db.command(caller, cases, case_id) as tx:
        tx.move(tx.row, CASE.step(tx.row, "archive", caller))
        tx.tell(tx.row, CaseArchived(**facts_of(tx.row)))
        return await answer(tx)


def _close(tx: Command, case: Row, step: Step, number: str | None, **values: Any) -> None:
    tx.move(case, step, file_no=number, closed_at=tx.now, **values)
    tx.tell(case, CaseClosed(**facts_of(case), outcome=case.outcome))


def _next_number(tx: Command, committee: Row) -> str:
    """Return the committee's next file number; the committee is held, so that none is left out and none given twice."""
    year = tx.now.astimezone(LOCAL).year
    number = committee.file_no_last + 1 if committee.file_year == year else 1
    tx.update(committee, file_year=year, file_no_last=number)
    return file_no(year, committee.short_name, number)


async def _lines(db: Work, case: Row) -> list[Line]:
    entered = await db.fetch(select(documents.c.kind, documents.c.pages).where(documents.c.case_id == case.id))
    return lines_of(case, await _known(db, case), _pages(entered))


def _pages(entered: Iterable[Any]) -> dict[str, int]:
    pages: dict[str, int] = {}
    for paper in entered:
        pages[paper.kind] = pages.get(paper.kind, 0) + paper.pages
    return pages


async def _known(db: Work, case: Row) -> set[str]:
    """Return what the service has written down itself: it is printed into the file, and need not be entered."""
    known = {"application"}
    if case.rights_told_at:
        known.add("rights_notice")
    if case.first_session_at:
        known.add("mediation_record")
    if case.agreed_at:
        known.add("agreement")
    for kind, table in {"confirmation": confirmations, "follow_up": follow_ups}.items():
        if await db.first(select(table.c.id).where(table.c.case_id == case.id).limit(1)):
            known.add(kind)
    done = agreement_terms.c.case_id == case.id, agreement_terms.c.done_on.is_not(None)
    if await db.first(select(agreement_terms.c.id).where(*done).limit(1)):
        known.add("performance_proof")
    return known


def _view(number: str | None, lines: list[Line]) -> FileView:
    shown = [FileLine(**line._asdict(), zh=KINDS[line.kind].zh, en=KINDS[line.kind].en) for line in lines]
    return FileView(file_no=number, lines=shown, missing=missing(lines))
