"""Agreeing (达成协议): by word where it is done at once, else in writing, which takes effect when everybody has signed."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field
from sqlalchemy import select

from gridwhistle.common.commands import Command
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.mediation import CaseAgreed
from gridwhistle.common.machine import Step, check
from gridwhistle.common.personal import SealedText
from gridwhistle.common.reading import one
from gridwhistle.common.reasons import Remark
from gridwhistle.common.rows import Row
from gridwhistle.common.rules import RULES
from gridwhistle.common.wire import Body, Day
from gridwhistle.mediation.agreements.refusals import (
    AgreementThere,
    MustBeWritten,
    NoSeal,
    NotByAll,
    NotPresiding,
    SealedAlready,
    SignedTwice,
    TermUnclearYet,
)
from gridwhistle.mediation.agreements.rules import confirm_by, is_effective, must_be_written, outcome_of
from gridwhistle.mediation.agreements.states import AGREEMENT
from gridwhistle.mediation.agreements.tables import Extent, TermKind, agreement_terms, agreements
from gridwhistle.mediation.agreements.views import (
    OF_ONE_MAX,
    TERMS_MAX,
    Agreements,
    AgreementView,
    Amount,
    agreement_of,
    agreement_view,
)
from gridwhistle.mediation.cases.guards import on_the_panel
from gridwhistle.mediation.cases.states import CASE
from gridwhistle.mediation.cases.steps import are_all, facts_of, parties_in, party_of
from gridwhistle.mediation.cases.tables import cases
from gridwhistle.mediation.committees.tables import committees
from gridwhistle.mediation.limits import CONFIRM_APPLY, FOLLOW_UP_DAYS, REPLACE
from gridwhistle.mediation.words import PartyIds

router = Router("mediation", "Agreements 调解协议")


class NewTerm(Body):
    """Who owes what, how much, and until when; without a day, at once."""

    kind: TermKind
    party_id: UUID
    content: SealedText
    amount_fen: Amount | None = None
    due_on: Day | None = None


class NewAgreement(Body):
    """What they agree on: the facts, who answers for what, and what is owed."""

    extent: Extent = "whole"
    content: SealedText
    terms: Annotated[list[NewTerm], Field(min_length=1, max_length=TERMS_MAX)]
    is_asked_in_writing: Annotated[bool, Field(description="A party asks for it in writing.")] = False
    is_major: Annotated[bool, Field(description="It is major or complex.")] = False


class WrittenAgreement(NewAgreement):
    """What is to be signed: one copy for each party, and one for the file."""

    copies: Annotated[int, Field(ge=3, le=100)] = 3


class OralAgreement(NewAgreement):
    """What was agreed by word, and by whom: all of them. It stands from then on."""

    agreed_by: PartyIds


class AgreementSignature(Body):
    """Who signs: a party, or, without one, you as who presides."""

    party_id: UUID | None = None
    how: Literal["signature", "seal", "fingerprint", "online"]


@router.post("/cases/{case_id}/draft_agreement", may="cases:handle", status_code=201)
async def draft_agreement(case_id: UUID, body: WrittenAgreement, caller: Caller, db: Db) -> AgreementView:
    """Write an agreement down for everybody to sign (书面协议). It takes effect with the last signature, or the seal."""
    async with db.command(caller, cases, case_id) as tx:
        case_step = CASE.step(tx.row, "draft_agreement", caller)
        step = AGREEMENT.step(None, "draft", caller)
        made, terms = await _make(tx, body, form="written", state=step.target, copies=body.copies)
        tx.move(tx.row, case_step)
        return tx.answer(agreement_view(made, terms, caller))


@router.post("/cases/{case_id}/agree_oral", may="cases:handle", status_code=201)
async def reach_oral_agreement(case_id: UUID, body: OralAgreement, caller: Caller, db: Db) -> AgreementView:
    """Register what was agreed by word (口头协议): it stands at once, so nothing in it may be still to come."""
    if must_be_written((term.due_on for term in body.terms), is_asked=body.is_asked_in_writing, is_major=body.is_major):
        raise MustBeWritten
    async with db.command(caller, cases, case_id) as tx:
        case, there = tx.row, await parties_in(tx)
        step = _agreeing(tx, body.extent, "agree_oral")
        check(case, caller, on_the_panel)
        if not await are_all(tx, body.agreed_by):
            raise NotByAll
        state = AGREEMENT.step(None, "reach", caller).target
        signed = [{"id": str(party.id), "at": tx.now.isoformat(), "how": "by_word"} for party in there]
        made, terms = await _make(tx, body, form="oral", state=state, copies=0, signed=signed, effective_at=tx.now)
        await _agreed(tx, step, made)
        return tx.answer(agreement_view(made, terms, caller))


@router.get("/cases/{case_id}/agreements", may="cases:read")
async def list_agreements(case_id: UUID, caller: Caller, db: Db) -> Agreements:
    """Return the agreements of a case: the one that stands, and those that were dropped."""
    await one(db, caller, cases, case_id)
    found, terms = [
        await db.fetch(select(table).where(table.c.case_id == case_id).order_by(table.c.id))
        for table in (agreements, agreement_terms)
    ]
    return Agreements(items=[agreement_view(row, list(terms), caller) for row in found[-OF_ONE_MAX:]])


@router.post("/cases/{case_id}/agreements/{part_id}/sign", may="cases:handle")
async def sign_agreement(case_id: UUID, part_id: UUID, body: AgreementSignature, caller: Caller, db: Db) -> AgreementView:
    """Write down that a party signed, sealed or put a fingerprint on it, or sign as who presides (签署)."""
    async with db.command(caller, cases, case_id) as tx:
        case, agreement = tx.row, await _of(tx, part_id, "sign")
        check(case, caller, on_the_panel)
        if body.party_id is None:
            if str(case.presiding_id) != caller.id:
                raise NotPresiding
            if agreement.mediator_signed_by == caller.id:
                raise SignedTwice
            tx.update(agreement, mediator_signed_at=tx.now, mediator_signed_by=caller.id)
        else:
            party = await party_of(tx, body.party_id)
            if any(signature["id"] == str(party.id) for signature in agreement.signed):
                raise SignedTwice
            signature = {"id": str(party.id), "at": tx.now.isoformat(), "how": body.how}
            tx.update(agreement, signed=[*agreement.signed, signature])
        tx.record(agreement, "sign")
        await _take_effect(tx, agreement)
        return tx.answer(agreement_view(agreement, await tx.children(agreement_terms), caller))


@router.post("/cases/{case_id}/agreements/{part_id}/seal", may="cases:handle")
async def seal_agreement(case_id: UUID, part_id: UUID, caller: Caller, db: Db) -> AgreementView:
    """Put the committee's seal on it (加盖印章)."""
    async with db.command(caller, cases, case_id) as tx:
        agreement = await _of(tx, part_id, "seal")
        if tx.row.committee_id is None:
            raise NoSeal
        if agreement.sealed_at:
            raise SealedAlready
        committee = await db.first(select(committees.c.seal_no).where(committees.c.id == tx.row.committee_id))
        if committee is None or committee.seal_no is None:
            raise NoSeal
        tx.update(agreement, sealed_at=tx.now, seal_no=committee.seal_no)
        tx.record(agreement, "seal")
        await _take_effect(tx, agreement)
        return tx.answer(agreement_view(agreement, await tx.children(agreement_terms), caller))


@router.post("/cases/{case_id}/agreements/{part_id}/drop", may="cases:handle")
async def drop_agreement(case_id: UUID, part_id: UUID, body: Remark, caller: Caller, db: Db) -> AgreementView:
    """Drop an agreement that somebody will not sign (作废); mediation goes on."""
    async with db.command(caller, cases, case_id) as tx:
        agreement = await _of(tx, part_id, "drop")
        check(tx.row, caller, on_the_panel)
        tx.update(agreement, state="dropped")
        tx.record(agreement, "drop", body.reason)
        return tx.answer(agreement_view(agreement, await tx.children(agreement_terms), caller))


async def _of(tx: Command, agreement_id: UUID, action: str) -> Row:
    agreement = await agreement_of(tx, agreement_id)
    AGREEMENT.step(agreement, action, tx.caller)
    if action != "drop":
        _agreeing(tx, agreement.extent, "agree_written")
    return agreement


def _agreeing(tx: Command, extent: str, whole: str) -> Step:
    """Return the step that the case takes when an agreement takes effect: nobody signs once mediation has ended."""
    return CASE.step(tx.row, "agree_part" if extent == "part" else whole, tx.caller)


async def _make(tx: Command, body: NewAgreement, **values: Any) -> tuple[Row, list[Row]]:
    """Write down an agreement and what is owed by it."""
    if any(agreement.state != "dropped" for agreement in await tx.children(agreements)):
        raise AgreementThere
    ids = {party.id for party in await parties_in(tx)}
    if any(term.party_id not in ids or (term.kind == "pay") != (term.amount_fen is not None) for term in body.terms):
        raise TermUnclearYet
    given: dict[str, Any] = {name: getattr(body, name) for name in ("extent", "content", "is_asked_in_writing", "is_major")}
    made = tx.insert(agreements, case_id=tx.row.id, drafted_at=tx.now, **{"signed": [], **given, **values})
    terms = [
        tx.insert(
            agreement_terms, case_id=tx.row.id, agreement_id=made.id, term_no=number, reminders=0, done_on=None, **dict(term)
        )
        for number, term in enumerate(body.terms, 1)
    ]
    return made, terms


async def _take_effect(tx: Command, agreement: Row) -> None:
    """Let an agreement stand, and the case be agreed, if that was the last thing that it lacked."""
    case = tx.row
    if not is_effective(agreement, await parties_in(tx), case.presiding_id, needs_seal=case.committee_id is not None):
        return
    step = _agreeing(tx, agreement.extent, "agree_written")
    until = confirm_by(tx.now, await RULES.of(tx.db), case.area_code, CONFIRM_APPLY)
    target = AGREEMENT.step(agreement, "take_effect", tx.caller).target
    tx.update(agreement, state=target, effective_at=tx.now, confirm_by=until)
    await _agreed(tx, step, agreement)


async def _agreed(tx: Command, step: Step, agreement: Row) -> None:
    tx.clocks.stop(tx.row, REPLACE)
    tx.move(tx.row, step, agreed_at=tx.now, follow_ups_left=len(FOLLOW_UP_DAYS))
    if agreement.form == "written":
        tx.clocks.start(tx.row, CONFIRM_APPLY)
    tx.tell(tx.row, CaseAgreed(**facts_of(tx.row), form=agreement.form, outcome=outcome_of(agreement)))
