"""Before anything else: does everybody want it (征询意愿), may it be mediated at all, and by whom (受理)."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from gridwhistle.common.calendars import day_of
from gridwhistle.common.commands import Command
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.mediation import (
    CaseAccepted,
    CaseRefused,
    CaseTerminated,
    CaseTransferred,
    TransferredTo,
    WillingnessAsked,
)
from gridwhistle.common.reasons import Remark, Why
from gridwhistle.common.rows import Row
from gridwhistle.common.wire import Body
from gridwhistle.mediation.cases.refusals import (
    AnsweredAlready,
    ChannelUnsuited,
    CommitteeNeeded,
    CommitteeUnsuited,
    NotForMediation,
)
from gridwhistle.mediation.cases.routing import CHANNELS, suits, takes
from gridwhistle.mediation.cases.states import CASE
from gridwhistle.mediation.cases.steps import end, facts_of, limit_of, limits_of, parties_in, party_of
from gridwhistle.mediation.cases.tables import cases
from gridwhistle.mediation.cases.views import AnsweredBy, CaseView, answer
from gridwhistle.mediation.committees.tables import committees
from gridwhistle.mediation.limits import TRANSFER
from gridwhistle.mediation.words import DISPUTES

router = Router("mediation", "Cases 调解案件: willingness 意愿与受理")
DeclineReason = Literal["before_court", "decided_already", "forbidden_by_law", "no_civil_dispute", "not_ours"]


class PartyAnswer(Body):
    """Which party says so, and in what manner; by word of mouth, whoever takes it down answers for it."""

    party_id: UUID
    answered_by: AnsweredBy


class Acceptance(Body):
    """That it may be mediated, and who takes it."""

    committee_id: UUID | None = None
    is_free_of_proceedings: Annotated[bool, Field(description="No court and no arbitration body has it or has decided it.")]
    is_allowed: Annotated[bool, Field(description="The law does not keep it from mediation.")]


class Decline(Why):
    """Why it cannot be mediated, in writing."""

    reason_code: DeclineReason


class Transfer(Why):
    """Which body is the right one."""

    transferred_to: TransferredTo


class Withdrawal(Remark):
    """Which party wants it no more; why is theirs to say or not."""

    party_id: UUID


class ToldWays(Remark):
    """That the parties were told."""


@router.post("/cases/{case_id}/ask_willingness", may="cases:handle")
async def ask_willingness(case_id: UUID, caller: Caller, db: Db) -> CaseView:
    """Ask every party whether they want it mediated (征询意愿). Silence lapses when acceptance would be due."""
    async with db.command(caller, cases, case_id) as tx:
        case, step = tx.row, CASE.step(tx.row, "ask_willingness", caller)
        tx.move(case, step, limits=limits_of(tx, case), asked_at=tx.now)
        tx.tell(case, WillingnessAsked(**facts_of(case)))
        return await answer(tx)


@router.post("/cases/{case_id}/consent", may="cases:handle")
async def consent(case_id: UUID, body: PartyAnswer, caller: Caller, db: Db) -> CaseView:
    """Write down that a party wants it (同意调解)."""
    async with db.command(caller, cases, case_id) as tx:
        case, step = tx.row, CASE.step(tx.row, "consent", caller)
        await _answered(tx, body, is_willing=True)
        tx.move(case, step, parties_to_answer=case.parties_to_answer - 1)
        return await answer(tx)


@router.post("/cases/{case_id}/refuse", may="cases:handle")
async def refuse(case_id: UUID, body: PartyAnswer, caller: Caller, db: Db) -> CaseView:
    """Write down that a party clearly does not want it (明确拒绝): there is no mediation. `other_ways` is what to tell."""
    async with db.command(caller, cases, case_id) as tx:
        case, step = tx.row, CASE.step(tx.row, "refuse", caller)
        await _answered(tx, body, is_willing=False)
        end(tx, case, step, "refused", CaseRefused, reason_code="clear_refusal")
        return await answer(tx)


@router.post("/cases/{case_id}/accept", may="cases:handle")
async def accept(case_id: UUID, body: Acceptance, caller: Caller, db: Db) -> CaseView:
    """Accept a case (受理): everybody wants it, the law allows it, the channel takes it, and the committee is the right one."""
    async with db.command(caller, cases, case_id) as tx:
        case, step = tx.row, CASE.step(tx.row, "accept", caller)
        if not (body.is_free_of_proceedings and body.is_allowed):
            raise NotForMediation
        if not suits(case.channel, case.dispute_type):
            types = sorted(CHANNELS[case.channel].types or ())
            raise ChannelUnsuited(types=[DISPUTES[code] for code in types])
        await _check_committee(tx, case, body.committee_id)
        tx.move(case, step, committee_id=body.committee_id, accepted_at=tx.now)
        tx.tell(case, CaseAccepted(**facts_of(case), committee_id=case.committee_id))
        return await answer(tx)


@router.post("/cases/{case_id}/decline", may="cases:handle")
async def decline(case_id: UUID, body: Decline, caller: Caller, db: Db) -> CaseView:
    """Do not accept it (不予受理), in writing; `other_ways` says what to tell the parties."""
    async with db.command(caller, cases, case_id) as tx:
        step = CASE.step(tx.row, "decline", caller)
        end(tx, tx.row, step, "refused", CaseRefused, reason=body.reason, reason_code=body.reason_code)
        return await answer(tx)


@router.post("/cases/{case_id}/transfer", may="cases:handle")
async def transfer(case_id: UUID, body: Transfer, caller: Caller, db: Db) -> CaseView:
    """Hand it over to the body that is the right one (移送). The clock of the transfer ends with its receipt."""
    async with db.command(caller, cases, case_id) as tx:
        case, step = tx.row, CASE.step(tx.row, "transfer", caller)
        limits = {TRANSFER: limit_of(tx, CHANNELS[case.channel].transfer, case.area_code)}
        to = body.transferred_to
        end(tx, case, step, "transferred", CaseTransferred, reason=body.reason, limits=limits, transferred_to=to)
        return await answer(tx)


@router.post("/cases/{case_id}/withdraw", may="cases:handle")
async def withdraw(case_id: UUID, body: Withdrawal, caller: Caller, db: Db) -> CaseView:
    """Write down that a party wants it no more (撤回), whenever they like, until something is agreed."""
    async with db.command(caller, cases, case_id) as tx:
        step = CASE.step(tx.row, "withdraw", caller)
        await party_of(tx, body.party_id)
        end(tx, tx.row, step, "terminated", CaseTerminated, reason=body.reason, reason_code="withdrawn")
        return await answer(tx)


@router.post("/cases/{case_id}/tell_ways", may="cases:handle")
async def tell_ways(case_id: UUID, body: ToldWays, caller: Caller, db: Db) -> CaseView:
    """Write down that the parties were told where else the law leads (告知途径): with all of it, or with what is left."""
    async with db.command(caller, cases, case_id) as tx:
        step = CASE.step(tx.row, "tell_ways", caller)
        tx.move(tx.row, step, reason=body.reason, ways_told_at=tx.now)
        return await answer(tx)


async def no_answer(tx: Command, case: Row, _clock: Row, _percent: int) -> None:
    """Let a case lapse of which somebody said nothing; where all are willing, it waits for the chair."""
    if case.parties_to_answer:
        step = CASE.step(case, "no_answer", tx.caller)
        end(tx, case, step, "refused", CaseRefused, reason_code="no_answer")


async def _answered(tx: Command, body: PartyAnswer, *, is_willing: bool) -> None:
    party = await party_of(tx, body.party_id)
    if party.is_willing is not None:
        raise AnsweredAlready
    tx.update(party, is_willing=is_willing, answered_by=body.answered_by, answered_at=tx.now)


async def _check_committee(tx: Command, case: Row, committee_id: UUID | None) -> None:
    if committee_id is None:
        if CHANNELS[case.channel].needs_committee:
            raise CommitteeNeeded
        return
    # Held, so that nobody dissolves it meanwhile.
    (committee,) = await tx.hold(committees, [committee_id])
    homes = [party.home_area for party in await parties_in(tx)]
    if committee is None or committee.county_code != case.area_code[:6] or not takes(committee, case, homes, day_of(tx.now)):
        raise CommitteeUnsuited
