"""Who is invited (邀请参与调解的人员): relatives, neighbours, experts, witnesses; each there with every party's consent."""

from typing import Annotated
from uuid import UUID

from pydantic import Field
from sqlalchemy import select

from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.machine import check
from gridwhistle.common.personal import PersonName, Phone
from gridwhistle.common.reading import one
from gridwhistle.common.wire import Body, View
from gridwhistle.mediation.cases.guards import goes_on, keeps_the_file, on_the_panel
from gridwhistle.mediation.cases.steps import part_of, party_of
from gridwhistle.mediation.cases.tables import InviteeKind, cases, invitees
from gridwhistle.mediation.cases.views import AgentMay, PartyView
from gridwhistle.mediation.panels.afterwards import check_never_mediated_it
from gridwhistle.mediation.sessions.refusals import EnoughInvitees, UnknownInvitee
from gridwhistle.mediation.sessions.views import INVITEES_MAX, InviteeView, invitee_view

router = Router("mediation", "Sessions 调解会: invitees 邀请")


class Invitation(Body):
    """Whom the panel wishes to hear."""

    kind: InviteeKind
    name: PersonName
    is_no_mediator: Annotated[bool, Field(description="Another one of that name than who mediates, or did.")] = False


class InviteeConsent(Body):
    """Which party wants them there."""

    party_id: UUID


class AgentNaming(Body):
    """Who speaks for a party, and how far (授权委托): `speak`, or `settle` as well."""

    name: PersonName
    phone: Phone | None = None
    agent_may: AgentMay
    is_no_mediator: bool = False


class Invitees(View):
    """Everybody who is invited to a case."""

    items: Annotated[list[InviteeView], Field(max_length=INVITEES_MAX)]


@router.post("/cases/{case_id}/invitees", may="cases:handle", status_code=201)
async def invite_somebody(case_id: UUID, body: Invitation, caller: Caller, db: Db) -> InviteeView:
    """Invite somebody (邀请). They come when every party has said yes, while the case goes on."""
    async with db.command(caller, cases, case_id) as tx:
        check(tx.row, caller, on_the_panel, goes_on)
        there = await tx.children(invitees)
        if len(there) >= INVITEES_MAX:
            raise EnoughInvitees(most=INVITEES_MAX)
        if not body.is_no_mediator:
            await check_never_mediated_it(tx, tx.row, body.name.full)
        made = tx.insert(invitees, case_id=case_id, kind=body.kind, name=body.name, agreed_by=[], invited_at=tx.now)
        tx.record(tx.row, "invite")
        return tx.answer(invitee_view(made))


@router.get("/cases/{case_id}/invitees", may="parties:read")
async def list_invitees(case_id: UUID, caller: Caller, db: Db) -> Invitees:
    """Return who is invited to a case, names masked."""
    await one(db, caller, cases, case_id)
    of_case = select(invitees).where(invitees.c.case_id == case_id).order_by(invitees.c.id).limit(INVITEES_MAX)
    return Invitees(items=[invitee_view(row) for row in await db.fetch(of_case)])


@router.post("/cases/{case_id}/invitees/{part_id}/agree", may="cases:handle")
async def agree_to_invitee(case_id: UUID, part_id: UUID, body: InviteeConsent, caller: Caller, db: Db) -> InviteeView:
    """Write down that a party wants somebody there (同意邀请)."""
    async with db.command(caller, cases, case_id) as tx:
        check(tx.row, caller, on_the_panel, goes_on)
        invitee = await part_of(tx, invitees, part_id, UnknownInvitee)
        party = await party_of(tx, body.party_id)
        tx.update(invitee, agreed_by=sorted({*invitee.agreed_by, str(party.id)}))
        tx.record(tx.row, "agree_to_invitee")
        return tx.answer(invitee_view(invitee))


@router.post("/cases/{case_id}/parties/{part_id}/name_agent", may="cases:write")
async def name_party_agent(case_id: UUID, part_id: UUID, body: AgentNaming, caller: Caller, db: Db) -> PartyView:
    """Enter who speaks for a party (授权委托); never one who has mediated the dispute."""
    async with db.command(caller, cases, case_id) as tx:
        check(tx.row, caller, keeps_the_file, goes_on)
        party = await party_of(tx, part_id)
        if not body.is_no_mediator:
            await check_never_mediated_it(tx, tx.row, body.name.full)
        tx.update(party, agent_name=body.name, agent_phone=body.phone, agent_may=body.agent_may)
        tx.record(tx.row, "name_agent")
        return tx.answer(PartyView.of(party))
