"""Confirmation by a court (司法确认): all parties ask together, within thirty days of the agreement's taking effect."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import select

from gridwhistle.common.calendars import day_of
from gridwhistle.common.commands import Command
from gridwhistle.common.data_classes import PublicName
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.mediation import ConfirmationDueSoon, ConfirmationMoved
from gridwhistle.common.principal import Principal
from gridwhistle.common.reading import last_of, one
from gridwhistle.common.reasons import Remark
from gridwhistle.common.rows import Row
from gridwhistle.common.wire import Body
from gridwhistle.mediation.agreements.refusals import (
    CannotConfirm,
    ConfirmationThere,
    NotByAll,
    TooLateToConfirm,
    UnknownConfirmation,
    WrongCourt,
)
from gridwhistle.mediation.agreements.states import CONFIRMATION
from gridwhistle.mediation.agreements.tables import CourtBy, confirmations
from gridwhistle.mediation.agreements.views import (
    OF_ONE_MAX,
    Confirmations,
    ConfirmationView,
    agreement_of,
    confirmation_view,
)
from gridwhistle.mediation.cases.states import CASE
from gridwhistle.mediation.cases.steps import are_all, facts_of, part_of
from gridwhistle.mediation.cases.tables import cases
from gridwhistle.mediation.limits import CONFIRM_ACCEPT, CONFIRM_APPLY, CONFIRM_DECIDE, CONFIRM_DECIDE_MORE
from gridwhistle.mediation.words import PaperNo, PartyIds

router = Router("mediation", "Agreements 调解协议: confirmation 司法确认")
RulingNo = Annotated[PaperNo, Field(examples=["（2026）示01民特第9号"])]


class ConfirmationRequest(Body):
    """Who asks, all of them, and which court."""

    applied_by: PartyIds
    court: PublicName
    court_by: Annotated[
        CourtBy, Field(description="Why that court: it entrusted the case, or where a party, the object or we are.")
    ]
    concerns_status: Annotated[bool, Field(description="Whether it is about who is married, adopted, or whose child.")] = False


class CourtSays(Remark):
    """The number of what the court wrote."""

    ruling_no: RulingNo | None = None


@router.post("/cases/{case_id}/apply_confirmation", may="cases:handle", status_code=201)
async def apply_confirmation(case_id: UUID, body: ConfirmationRequest, caller: Caller, db: Db) -> ConfirmationView:
    """Ask a court to confirm a written agreement (申请司法确认): all parties together, within thirty days by law."""
    async with db.command(caller, cases, case_id) as tx:
        case, step = tx.row, CASE.step(tx.row, "apply_confirmation", caller)
        agreement = await agreement_of(tx)
        if body.concerns_status or agreement.form != "written":
            raise CannotConfirm
        if not await are_all(tx, body.applied_by):
            raise NotByAll
        if (body.court_by == "inviting_court") != case.channel.startswith("court_"):
            raise WrongCourt
        if tx.now > agreement.confirm_by:
            raise TooLateToConfirm(until=day_of(agreement.confirm_by).isoformat())
        if any(other.state in {"applied", "accepted", "confirmed"} for other in await tx.children(confirmations)):
            raise ConfirmationThere
        given: dict[str, Any] = {"court": body.court, "court_by": body.court_by, "applied_at": tx.now}
        given["applied_by"] = [str(id_) for id_ in body.applied_by]
        state = CONFIRMATION.step(None, "apply_confirmation", caller).target
        made = tx.insert(confirmations, case_id=case_id, agreement_id=agreement.id, state=state, **given)
        tx.clocks.stop(case, CONFIRM_APPLY)
        tx.clocks.start(case, CONFIRM_ACCEPT)
        tx.move(case, step)
        tx.tell(case, ConfirmationMoved(**facts_of(case), confirmation_id=made.id, to_state=state))
        return tx.answer(confirmation_view(made, caller))


@router.get("/cases/{case_id}/confirmations", may="cases:read")
async def list_confirmations(case_id: UUID, caller: Caller, db: Db) -> Confirmations:
    """Return what courts were asked about a case, and what they said."""
    await one(db, caller, cases, case_id)
    of_case = select(confirmations).where(confirmations.c.case_id == case_id)
    newest = await last_of(db, of_case, confirmations.c.id, OF_ONE_MAX)
    return Confirmations(items=[confirmation_view(row, caller) for row in newest])


@router.post("/cases/{case_id}/confirmations/{part_id}/court_accepts", may="confirmations:decide")
async def court_accepts_confirmation(case_id: UUID, part_id: UUID, body: CourtSays, caller: Caller, db: Db) -> ConfirmationView:
    """Enter that the court takes the application (受理)."""
    return await _said(db, caller, case_id, part_id, "court_accepts", body)


@router.post("/cases/{case_id}/confirmations/{part_id}/court_rejects", may="confirmations:decide")
async def court_rejects_confirmation(case_id: UUID, part_id: UUID, body: CourtSays, caller: Caller, db: Db) -> ConfirmationView:
    """Enter that the court does not take it (不予受理)."""
    return await _said(db, caller, case_id, part_id, "court_rejects", body)


@router.post("/cases/{case_id}/confirmations/{part_id}/court_extends", may="confirmations:decide")
async def court_extends_confirmation(case_id: UUID, part_id: UUID, body: Remark, caller: Caller, db: Db) -> ConfirmationView:
    """Enter that the court takes ten days more to decide (延长审查期限): once, counted from when it accepted."""
    async with db.command(caller, cases, case_id) as tx:
        found = await part_of(tx, confirmations, part_id, UnknownConfirmation)
        CONFIRMATION.step(found, "court_extends", caller)
        await tx.clocks.prolong(tx.row, CONFIRM_DECIDE, tx.rule(CONFIRM_DECIDE_MORE).amount)
        tx.update(found, extended_at=tx.now)
        tx.record(found, "court_extends", body.reason)
        tx.tell(tx.row, ConfirmationMoved(**facts_of(tx.row), confirmation_id=found.id, to_state=found.state))
        return tx.answer(confirmation_view(found, caller))


@router.post("/cases/{case_id}/confirmations/{part_id}/court_confirms", may="confirmations:decide")
async def court_confirms_confirmation(
    case_id: UUID, part_id: UUID, body: CourtSays, caller: Caller, db: Db
) -> ConfirmationView:
    """Enter that the court has confirmed the agreement (裁定确认): it can be enforced."""
    return await _said(db, caller, case_id, part_id, "court_confirms", body)


@router.post("/cases/{case_id}/confirmations/{part_id}/court_refuses", may="confirmations:decide")
async def court_refuses_confirmation(case_id: UUID, part_id: UUID, body: CourtSays, caller: Caller, db: Db) -> ConfirmationView:
    """Enter that the court does not confirm it (裁定驳回): the parties may mediate again, or sue."""
    return await _said(db, caller, case_id, part_id, "court_refuses", body)


@router.post("/cases/{case_id}/confirmations/{part_id}/take_back", may="cases:handle")
async def take_back_confirmation(case_id: UUID, part_id: UUID, body: CourtSays, caller: Caller, db: Db) -> ConfirmationView:
    """Take an application back (撤回申请)."""
    return await _said(db, caller, case_id, part_id, "take_back", body)


async def due_soon(tx: Command, case: Row, _clock: Row, _percent: int) -> None:
    """Tell that the days in which a court can be asked are nearly over; nothing is late when nobody asks."""
    agreement = await agreement_of(tx)
    tx.tell(case, ConfirmationDueSoon(**facts_of(case), due_at=agreement.confirm_by))
    tx.clocks.stop(case, CONFIRM_APPLY)


async def _said(
    db: Db, caller: Principal, case_id: UUID, confirmation_id: UUID, action: str, body: CourtSays
) -> ConfirmationView:
    async with db.command(caller, cases, case_id) as tx:
        found = await part_of(tx, confirmations, confirmation_id, UnknownConfirmation)
        step = CONFIRMATION.step(found, action, caller)
        moment = {"accepted_at": tx.now} if action == "court_accepts" else {"decided_at": tx.now}
        if action == "court_accepts":
            tx.clocks.start(tx.row, CONFIRM_DECIDE)
        tx.clocks.stop(tx.row, CONFIRM_ACCEPT if found.state == "applied" else CONFIRM_DECIDE)
        tx.update(found, state=step.target, ruling_no=body.ruling_no, **moment)
        tx.record(found, action, body.reason)
        tx.tell(tx.row, ConfirmationMoved(**facts_of(tx.row), confirmation_id=found.id, to_state=step.target))
        return tx.answer(confirmation_view(found, caller))
