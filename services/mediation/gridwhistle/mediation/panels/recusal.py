"""Disclosure and recusal (披露、回避): who has an interest says so before, and on request steps aside."""

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field
from sqlalchemy import select

from gridwhistle.common.commands import Command
from gridwhistle.common.data_classes import OPEN, Word
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.reading import last_of, one
from gridwhistle.common.reasons import Remark
from gridwhistle.common.rows import Row
from gridwhistle.common.wire import Body, View
from gridwhistle.mediation.cases.states import CASE
from gridwhistle.mediation.cases.steps import party_of
from gridwhistle.mediation.cases.tables import cases
from gridwhistle.mediation.cases.views import CaseView, answer
from gridwhistle.mediation.panels.leaving import leave_panel, member_of
from gridwhistle.mediation.panels.refusals import DisclosedAlready, NotForOneself, NothingToStayFor, NotOnThatPanel
from gridwhistle.mediation.panels.tables import ChosenBy, Relation, panel_members

router = Router("mediation", "Panels 调解员选定: recusal 回避")
_MEMBERS_MAX = 100


class Disclosure(Body):
    """What ties somebody to a party or to the matter, as they say themselves; `none` if nothing does."""

    relation: Relation


class RecusalRequest(Remark):
    """Which party wishes which mediator to step aside. Why is theirs to say or not."""

    party_id: UUID
    mediator_id: UUID


class Stay(Remark):
    """That every party, having heard of it, wants them to stay."""

    mediator_id: UUID


class PanelMemberView(View):
    """Somebody who mediates a case, or did."""

    id: UUID
    mediator_id: UUID
    presides: bool
    chosen_by: Annotated[ChosenBy, OPEN]
    named_at: AwareDatetime
    relation: Annotated[Relation, OPEN] | None
    disclosed_at: AwareDatetime | None
    may_stay: bool
    left_at: AwareDatetime | None
    left_for: Word | None


class PanelView(View):
    """Everybody who mediates a case, and who did."""

    items: Annotated[list[PanelMemberView], Field(max_length=_MEMBERS_MAX)]


@router.get("/cases/{case_id}/panel", may="cases:read")
async def get_panel(case_id: UUID, caller: Caller, db: Db) -> PanelView:
    """Return who mediates a case, and who did before they stepped aside."""
    await one(db, caller, cases, case_id)
    of_case = select(panel_members).where(panel_members.c.case_id == case_id)
    return PanelView(items=[PanelMemberView.of(row) for row in await last_of(db, of_case, panel_members.c.id, _MEMBERS_MAX)])


@router.post("/cases/{case_id}/tell_rights", may="cases:handle")
async def tell_rights(case_id: UUID, body: Remark, caller: Caller, db: Db) -> CaseView:
    """Write down that the parties heard their rights (权利义务告知): to choose, to refuse, to stop; and it is free."""
    async with db.command(caller, cases, case_id) as tx:
        step = CASE.step(tx.row, "tell_rights", caller)
        tx.move(tx.row, step, reason=body.reason, rights_told_at=tx.now)
        return await answer(tx)


@router.post("/cases/{case_id}/disclose", may="cases:handle")
async def disclose(case_id: UUID, body: Disclosure, caller: Caller, db: Db) -> CaseView:
    """Disclose, as one who mediates, what ties you to a party or the matter (披露)."""
    async with db.command(caller, cases, case_id) as tx:
        step, member = CASE.step(tx.row, "disclose", caller), await _member(tx, UUID(caller.id))
        if member.disclosed_at:
            raise DisclosedAlready
        tx.update(member, relation=body.relation, disclosed_at=tx.now)
        tx.move(tx.row, step)
        return await answer(tx)


@router.post("/cases/{case_id}/let_stay", may="cases:handle")
async def let_stay(case_id: UUID, body: Stay, caller: Caller, db: Db) -> CaseView:
    """Write down that every party wants somebody to stay in spite of what they disclosed (同意留任)."""
    async with db.command(caller, cases, case_id) as tx:
        step, member = CASE.step(tx.row, "let_stay", caller), await _member(tx, body.mediator_id)
        if str(member.mediator_id) == caller.id:
            raise NotForOneself
        if member.relation in {None, "none"}:
            raise NothingToStayFor
        tx.update(member, may_stay=True)
        tx.move(tx.row, step, reason=body.reason)
        return await answer(tx)


@router.post("/cases/{case_id}/step_aside", may="cases:handle")
async def step_aside(case_id: UUID, body: Remark, caller: Caller, db: Db) -> CaseView:
    """Step aside yourself (自行回避). You see nothing of the case from then on."""
    async with db.command(caller, cases, case_id) as tx:
        step, member = CASE.step(tx.row, "step_aside", caller), await _member(tx, UUID(caller.id))
        leave_panel(tx, tx.row, member, "stepped_aside")
        tx.move(tx.row, step, reason=body.reason)
        return await answer(tx)


@router.post("/cases/{case_id}/request_recusal", may="cases:handle")
async def request_recusal(case_id: UUID, body: RecusalRequest, caller: Caller, db: Db) -> CaseView:
    """Write down that a party wishes a mediator to step aside (申请回避): they are out at once, and somebody else is named."""
    async with db.command(caller, cases, case_id) as tx:
        step = CASE.step(tx.row, "request_recusal", caller)
        party, member = await party_of(tx, body.party_id), await _member(tx, body.mediator_id)
        leave_panel(tx, tx.row, member, "recused", asked_by_party=party.id)
        tx.move(tx.row, step, reason=body.reason)
        return await answer(tx)


async def _member(tx: Command, mediator_id: UUID) -> Row:
    found = await member_of(tx, mediator_id)
    if found is None:
        raise NotOnThatPanel
    return found
