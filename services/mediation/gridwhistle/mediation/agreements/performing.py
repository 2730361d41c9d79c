"""Performing what was agreed (履行): each thing that is owed, with its proof; and what is broken for good."""

import datetime as dt
from typing import Annotated
from uuid import UUID

from pydantic import Field

from gridwhistle.common.calendars import day_of
from gridwhistle.common.commands import Command
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.mediation import CaseBreached, CasePerformed, PerformanceBegun, PerformanceUrged
from gridwhistle.common.reasons import Remark, Why
from gridwhistle.common.rows import Row
from gridwhistle.common.wire import Body, Day
from gridwhistle.mediation.agreements.refusals import NotDoneYet, UnknownTerm
from gridwhistle.mediation.agreements.rules import outcome_of
from gridwhistle.mediation.agreements.tables import agreement_terms
from gridwhistle.mediation.agreements.views import AgreementView, Proof, agreement_of, agreement_view
from gridwhistle.mediation.cases.states import CASE
from gridwhistle.mediation.cases.steps import end, facts_of
from gridwhistle.mediation.cases.tables import cases
from gridwhistle.mediation.cases.views import CaseView, answer

router = Router("mediation", "Agreements 调解协议: performance 履行")


class Performance(Body):
    """When somebody did what they owed, and which proof there is: the number of a receipt, no names."""

    done_on: Day
    proof: Proof


class AllAtOnce(Body):
    """That everything was done when it was agreed, and the proof."""

    proof: Annotated[Proof, Field()]


@router.post("/cases/{case_id}/perform_at_once", may="cases:handle")
async def perform_at_once(case_id: UUID, body: AllAtOnce, caller: Caller, db: Db) -> CaseView:
    """Write down that all was done when it was agreed (即时履行): nothing in it is still to come."""
    async with db.command(caller, cases, case_id) as tx:
        case, step = tx.row, CASE.step(tx.row, "perform_at_once", caller)
        terms = await terms_owed(tx)
        if any(term.due_on is not None for term in terms):
            raise NotDoneYet
        for term in terms:
            tx.update(term, done_on=day_of(tx.now), proof=body.proof)
        end(tx, case, step, outcome_of(await agreement_of(tx)), CasePerformed)
        return await answer(tx)


@router.post("/cases/{case_id}/start_performance", may="cases:handle")
async def start_performance(case_id: UUID, caller: Caller, db: Db) -> CaseView:
    """Let it be performed (转入履行): the committee watches each day that something is due.

    Of what was agreed in part, the parties hear first where else the law leads with the rest: `tell_ways`.
    """
    async with db.command(caller, cases, case_id) as tx:
        case, step = tx.row, CASE.step(tx.row, "start_performance", caller)
        tx.move(case, step)
        tx.tell(case, PerformanceBegun(**facts_of(case), terms=len(await terms_owed(tx))))
        return await answer(tx)


@router.post("/cases/{case_id}/agreement_terms/{part_id}/done", may="cases:handle")
async def term_done(case_id: UUID, part_id: UUID, body: Performance, caller: Caller, db: Db) -> AgreementView:
    """Write down that somebody did what they owed (履行), with the proof. With the last of them the case is performed."""
    async with db.command(caller, cases, case_id) as tx:
        case, terms = tx.row, await terms_owed(tx)
        CASE.step(case, "record_performance", caller)
        term = next((one for one in terms if one.id == part_id and one.done_on is None), None)
        if term is None:
            raise UnknownTerm
        if body.done_on > day_of(tx.now):
            raise NotDoneYet
        tx.update(term, done_on=body.done_on, proof=body.proof)
        agreement = await agreement_of(tx)
        if all(one.done_on for one in terms):
            end(tx, case, CASE.step(case, "all_done", caller), outcome_of(agreement), CasePerformed)
        else:
            tx.move(case, CASE.step(case, "record_performance", caller))
        return tx.answer(agreement_view(agreement, terms, caller))


@router.post("/cases/{case_id}/urge", may="cases:handle")
async def urge(case_id: UUID, body: Remark, caller: Caller, db: Db) -> CaseView:
    """Urge whoever owes something that is due (督促履行)."""
    async with db.command(caller, cases, case_id) as tx:
        step = CASE.step(tx.row, "urge", caller)
        late = [term for term in await terms_owed(tx) if is_late(term, day_of(tx.now))]
        if not late:
            raise UnknownTerm
        for term in late:
            tx.update(term, reminders=term.reminders + 1, reminded_at=tx.now)
        tx.move(tx.row, step, reason=body.reason)
        tx.tell(tx.row, PerformanceUrged(**facts_of(tx.row), terms=len(late)))
        return await answer(tx)


@router.post("/cases/{case_id}/breach_final", may="cases:handle")
async def breach_final(case_id: UUID, body: Why, caller: Caller, db: Db) -> CaseView:
    """Say that it will not be performed (不履行): tell the other side of court, payment order and notarised deed."""
    async with db.command(caller, cases, case_id) as tx:
        step = CASE.step(tx.row, "breach_final", caller)
        if not any(is_late(term, day_of(tx.now)) for term in await terms_owed(tx)):
            raise UnknownTerm
        end(tx, tx.row, step, outcome_of(await agreement_of(tx)), CaseBreached, reason=body.reason)
        return await answer(tx)


def is_late(term: Row, day: dt.date) -> bool:
    """Tell whether something is owed and its day has passed; what is due at once is late until it is done."""
    return term.done_on is None and (term.due_on is None or term.due_on < day)


async def terms_owed(tx: Command) -> list[Row]:
    """Return what is owed by the agreement of the held case that stands.

    Raises:
        UnknownAgreement: none does.
    """
    agreement = await agreement_of(tx)
    return [term for term in await tx.children(agreement_terms) if term.agreement_id == agreement.id]
