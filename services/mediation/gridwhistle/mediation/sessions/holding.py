"""Holding a session (召开调解会): planned, told, opened when all is as it has to be, written down and signed."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import select

from gridwhistle.common.clocks import Limit
from gridwhistle.common.commands import Command
from gridwhistle.common.data_classes import PublicName
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.mediation import SessionOpened
from gridwhistle.common.machine import check
from gridwhistle.common.personal import SealedText
from gridwhistle.common.problems import Term
from gridwhistle.common.reading import one
from gridwhistle.common.reasons import Remark
from gridwhistle.common.rows import Row
from gridwhistle.common.wire import Body, Moment
from gridwhistle.mediation.cases.guards import goes_on, on_the_panel
from gridwhistle.mediation.cases.routing import CHANNELS
from gridwhistle.mediation.cases.states import CASE
from gridwhistle.mediation.cases.steps import facts_of, limit_of, part_of, parties_in, party_of
from gridwhistle.mediation.cases.tables import cases, invitees
from gridwhistle.mediation.limits import MEDIATE
from gridwhistle.mediation.panels.tables import panel_members
from gridwhistle.mediation.sessions.refusals import (
    EnoughSessions,
    NotPresent,
    NotReady,
    SignedAlready,
    TimesUnclear,
    UnknownSession,
)
from gridwhistle.mediation.sessions.states import SESSION
from gridwhistle.mediation.sessions.tables import sessions
from gridwhistle.mediation.sessions.views import (
    INVITEES_MAX,
    SESSIONS_MAX,
    Manner,
    Sessions,
    SessionView,
    SignedBy,
    session_view,
)

router = Router("mediation", "Sessions 调解会")


class NewSession(Body):
    """When and where a session is to be; online, the venue is the platform's name."""

    starts_at: Moment
    ends_at: Moment
    venue: PublicName
    is_online: bool = False
    is_open: Annotated[bool, Field(description="Others may listen, if the parties wish it.")] = False


class SessionNotice(Body):
    """Which party was told, and in what manner."""

    party_id: UUID
    manner: Manner


class SessionOpening(Body):
    """Who is there: parties, and those who were invited and whom every party wants."""

    present: Annotated[list[UUID], Field(max_length=40)]
    invitees: Annotated[list[UUID], Field(max_length=INVITEES_MAX, default_factory=list)]


class SessionRecord(Body):
    """What was said, as it was written down; and the facts that nobody disputes (无争议事实), which may be used later."""

    record: SealedText
    undisputed: SealedText | None = None


class RecordSignature(Body):
    """Who signed the record: a party, or, without one, you as who mediates."""

    party_id: UUID | None = None
    how: SignedBy


@router.post("/cases/{case_id}/plan_session", may="cases:handle", status_code=201)
async def plan_session(case_id: UUID, body: NewSession, caller: Caller, db: Db) -> SessionView:
    """Plan a session (安排调解会), on site or online, open or closed."""
    async with db.command(caller, cases, case_id) as tx:
        case, step = tx.row, CASE.step(tx.row, "plan_session", caller)
        there = await tx.children(sessions)
        if body.ends_at <= body.starts_at or body.starts_at <= tx.now:
            raise TimesUnclear
        if len(there) >= SESSIONS_MAX:
            raise EnoughSessions(most=SESSIONS_MAX)
        first: dict[str, Any] = {"state": SESSION.step(None, "plan", caller).target, "notices": [], "signed": []}
        made = tx.insert(sessions, case_id=case_id, session_no=len(there) + 1, **first, **dict(body))
        tx.move(case, step)
        return tx.answer(session_view(case, made, caller))


@router.get("/cases/{case_id}/sessions", may="cases:read")
async def list_sessions(case_id: UUID, caller: Caller, db: Db) -> Sessions:
    """Return the sessions of a case, in their order."""
    case = await one(db, caller, cases, case_id)
    of_case = select(sessions).where(sessions.c.case_id == case_id).order_by(sessions.c.session_no).limit(SESSIONS_MAX)
    return Sessions(items=[session_view(case, row, caller) for row in await db.fetch(of_case)])


@router.post("/cases/{case_id}/sessions/{part_id}/notify", may="cases:handle")
async def notify_party(case_id: UUID, part_id: UUID, body: SessionNotice, caller: Caller, db: Db) -> SessionView:
    """Write down that a party was told when and where (通知)."""
    async with db.command(caller, cases, case_id) as tx:
        session = await _session(tx, part_id, "notify")
        check(tx.row, caller, goes_on)
        party = await party_of(tx, body.party_id)
        told = [notice for notice in session.notices if notice["party_id"] != str(party.id)]
        notice = {"party_id": str(party.id), "at": tx.now.isoformat(), "manner": body.manner}
        return _changed(tx, session, "notify", notices=[*told, notice])


@router.post("/cases/{case_id}/sessions/{part_id}/open", may="cases:handle")
async def open_session(case_id: UUID, part_id: UUID, body: SessionOpening, caller: Caller, db: Db) -> SessionView:
    """Open a session (开始调解): everything is ready. The first starts the time for mediating."""
    async with db.command(caller, cases, case_id) as tx:
        case, step = tx.row, CASE.step(tx.row, "open_session", caller)
        session = await _session(tx, part_id, "open")
        await _check_ready(tx, session, body)
        limit: dict[str, Limit] = {MEDIATE: limit_of(tx, CHANNELS[case.channel].mediate, case.area_code)}
        tx.move(case, step, limits=limit, first_session_at=case.first_session_at or tx.now)
        tx.tell(case, SessionOpened(**facts_of(case), session_no=session.session_no))
        present, asked = [str(id_) for id_ in body.present], [str(id_) for id_ in body.invitees]
        return _changed(tx, session, "open", state="open", opened_at=tx.now, present=present, invitees=asked)


@router.post("/cases/{case_id}/sessions/{part_id}/end", may="cases:handle")
async def end_session(case_id: UUID, part_id: UUID, body: SessionRecord, caller: Caller, db: Db) -> SessionView:
    """End a session with its record (调解笔录). Offers and concessions made in it are no evidence anywhere else."""
    async with db.command(caller, cases, case_id) as tx:
        session = await _session(tx, part_id, "end")
        return _changed(tx, session, "end", state="ended", ended_at=tx.now, **dict(body))


@router.post("/cases/{case_id}/sessions/{part_id}/sign", may="cases:handle")
async def sign_record(case_id: UUID, part_id: UUID, body: RecordSignature, caller: Caller, db: Db) -> SessionView:
    """Write down that somebody who was there signed the record (签署笔录), or would not."""
    async with db.command(caller, cases, case_id) as tx:
        session = await _session(tx, part_id, "sign")
        who = caller.id if body.party_id is None else str((await party_of(tx, body.party_id)).id)
        if body.party_id is not None and who not in session.present:
            raise NotPresent
        if any(signature["id"] == who for signature in session.signed):
            raise SignedAlready
        signature = {"id": who, "at": tx.now.isoformat(), "how": body.how}
        return _changed(tx, session, "sign", signed=[*session.signed, signature])


@router.post("/cases/{case_id}/sessions/{part_id}/cancel", may="cases:handle")
async def cancel_session(case_id: UUID, part_id: UUID, body: Remark, caller: Caller, db: Db) -> SessionView:
    """Cancel a session that was planned (取消); plan another one."""
    async with db.command(caller, cases, case_id) as tx:
        session = await _session(tx, part_id, "cancel")
        return _changed(tx, session, "cancel", reason=body.reason, state="cancelled")


async def _session(tx: Command, session_id: UUID, action: str) -> Row:
    """Return a session of the held case, if the caller mediates it and may do this to it now."""
    check(tx.row, tx.caller, on_the_panel)
    session = await part_of(tx, sessions, session_id, UnknownSession)
    SESSION.step(session, action, tx.caller)
    return session


def _changed(tx: Command, session: Row, action: str, *, reason: str | None = None, **values: Any) -> SessionView:
    tx.update(session, **values)
    tx.record(session, action, reason)
    return tx.answer(session_view(tx.row, session, tx.caller))


async def _check_ready(tx: Command, session: Row, body: SessionOpening) -> None:
    """Check that everything is so that has to be before anybody meets.

    Raises:
        NotReady: something is not; it says what.
    """
    case, there = tx.row, await parties_in(tx)
    panel = [member for member in await tx.children(panel_members) if member.left_at is None]
    ids, told = {str(party.id) for party in there}, {notice["party_id"] for notice in session.notices}
    asked = {str(id_) for id_ in body.invitees}
    wanted = {str(invitee.id) for invitee in await tx.children(invitees) if set(invitee.agreed_by) >= ids}
    present = {str(id_) for id_ in body.present}
    lacks = {
        Term("主持调解员", "one who presides"): case.presiding_id is not None,
        Term("全体调解员的披露", "what each mediator discloses"): all(member.disclosed_at for member in panel),
        Term("有利害关系者的回避或留任同意", "leave to stay, or another, where there is an interest"): all(
            member.relation in {None, "none"} or member.may_stay for member in panel
        ),
        Term("权利义务告知", "telling the parties their rights"): case.rights_told_at is not None,
        Term("对每名当事人的通知", "a notice to every party"): told >= ids,
        Term("到场的当事人", "a party who is there"): bool(present) and present <= ids,
        Term("各方对受邀人员的同意", "every party's consent to who was invited"): asked <= wanted,
    }
    if missing := [term for term, is_so in lacks.items() if not is_so]:
        raise NotReady(missing=missing)
