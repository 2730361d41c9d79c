"""Choosing who mediates (选定、指定调解员): parties choose or the committee appoints; what is suggested, a person decides."""

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import func, or_, select

from gridwhistle.common.calendars import day_of
from gridwhistle.common.commands import Command
from gridwhistle.common.data_classes import OPEN, PublicName
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.mediation import CaseAssigned, MediatorKind
from gridwhistle.common.reading import one
from gridwhistle.common.rows import Row
from gridwhistle.common.rules import RULES
from gridwhistle.common.wire import Body, View
from gridwhistle.mediation.cases.states import CASE
from gridwhistle.mediation.cases.steps import facts_of
from gridwhistle.mediation.cases.tables import cases, invitees, parties
from gridwhistle.mediation.cases.views import CaseView, answer
from gridwhistle.mediation.committees.mediators import standing_of
from gridwhistle.mediation.committees.tables import mediators
from gridwhistle.mediation.limits import BUSY, PANEL_MAX, REPLACE
from gridwhistle.mediation.panels.refusals import CannotMediate, NamedInTheCase, NotThreeParties, PanelUnclear
from gridwhistle.mediation.panels.tables import ChosenBy, panel_members

router = Router("mediation", "Panels 调解员选定")
_OTHERS_MAX = 6
_SHOWN = 20
_THREE = {"police", "judicial", "lawyer"}
_NAMES = ("name", "guardian_name", "agent_name")


class Assignment(Body):
    """Who mediates. `chosen_by`: the parties agreed on them, or the committee appoints."""

    presiding_id: UUID
    other_ids: Annotated[list[UUID], Field(max_length=_OTHERS_MAX, default_factory=list)]
    chosen_by: ChosenBy
    is_three_houses: Annotated[bool, Field(description="Police, justice and a lawyer mediate together (公安+司法+律师).")] = (
        False
    )


class Replacement(Body):
    """Who comes in for somebody who left, or besides those who are there."""

    mediator_id: UUID
    presides: bool = False
    chosen_by: ChosenBy


class MediatorSuggestion(View):
    """Somebody who could mediate it: how many cases they have open, and whether such disputes are their speciality."""

    mediator_id: UUID
    name: PublicName
    kind: Annotated[MediatorKind, OPEN]
    open_cases: Annotated[int, Field(ge=0, le=100_000)]
    has_room: bool
    is_specialist: bool


class MediatorSuggestions(View):
    """Who could mediate it: specialists first, then who has the fewest cases open. A person chooses."""

    items: Annotated[list[MediatorSuggestion], Field(max_length=_SHOWN)]


@router.get("/cases/{case_id}/suggestions", may="cases:read")
async def suggest_mediators(case_id: UUID, caller: Caller, db: Db) -> MediatorSuggestions:
    """Suggest who could mediate a case; nobody is chosen by it."""
    case = await one(db, caller, cases, case_id)
    now, names = await db.now(), await names_in(db, case_id)
    where = or_(mediators.c.committee_id == case.committee_id, mediators.c.kind.in_(sorted(_THREE)))
    of_county = mediators.c.county_code == case.county_code, mediators.c.state == "active"
    found = await db.fetch(select(mediators).where(where, *of_county).limit(1_000))
    open_cases = await _open_cases(db)
    cap = (await RULES.of(db)).of(BUSY, case.area_code, now).amount
    able = [
        MediatorSuggestion(
            mediator_id=row.id,
            name=row.name,
            kind=row.kind,
            open_cases=open_cases.get(row.id, 0),
            has_room=open_cases.get(row.id, 0) < cap,
            is_specialist=case.dispute_type in row.specialties,
        )
        for row in found
        if not unfit(row, case, now) and row.name not in names
    ]
    return MediatorSuggestions(items=ranked(able)[:_SHOWN])


@router.post("/cases/{case_id}/assign", may="cases:handle")
async def assign(case_id: UUID, body: Assignment, caller: Caller, db: Db) -> CaseView:
    """Say who mediates (确定调解员). Before anybody meets they disclose, and the parties hear their rights."""
    async with db.command(caller, cases, case_id) as tx:
        case, step = tx.row, CASE.step(tx.row, "assign", caller)
        ids = [body.presiding_id, *body.other_ids]
        most = tx.rule(PANEL_MAX).amount
        if len(set(ids)) != len(ids) or len(ids) > most:
            raise PanelUnclear(most=most)
        chosen = [await _able(tx, case, id_) for id_ in ids]
        if chosen[0].kind in {"lawyer", "police"}:
            raise PanelUnclear(most=most)
        if body.is_three_houses and not {one.kind for one in chosen} >= _THREE:
            raise NotThreeParties
        for one_ in chosen:
            _name(tx, case, one_, body.chosen_by, presides=one_ is chosen[0])
        tx.move(case, step, assigned_at=tx.now, is_three_houses=body.is_three_houses)
        tx.tell(case, CaseAssigned(**facts_of(case), mediators=len(ids), is_three_houses=body.is_three_houses))
        return await answer(tx)


@router.post("/cases/{case_id}/replace", may="cases:handle")
async def replace_mediator(case_id: UUID, body: Replacement, caller: Caller, db: Db) -> CaseView:
    """Let somebody mediate in place of who left, or besides the others (更换、增加调解员)."""
    async with db.command(caller, cases, case_id) as tx:
        case, step = tx.row, CASE.step(tx.row, "replace", caller)
        most, there = tx.rule(PANEL_MAX).amount, case.panel or []
        takes_over = body.presides or case.presiding_id is None
        mediator = await _able(tx, case, body.mediator_id)
        if str(mediator.id) in there or len(there) >= most or (takes_over and mediator.kind in {"lawyer", "police"}):
            raise PanelUnclear(most=most)
        if takes_over and case.presiding_id:
            for member in await tx.children(panel_members):
                if member.presides and member.left_at is None:
                    tx.update(member, presides=False)
        _name(tx, case, mediator, body.chosen_by, presides=takes_over)
        if takes_over:
            tx.clocks.stop(case, REPLACE)
        tx.move(case, step)
        return await answer(tx)


def unfit(mediator: Any, case: Any, now: dt.datetime) -> bool:
    """Tell whether somebody cannot mediate a case: not on the roster now, of another county, or with an interest in it."""
    elsewhere, is_to_come = mediator.area_code[:6] != case.area_code[:6], mediator.appointed_on > day_of(now)
    return elsewhere or is_to_come or standing_of(mediator, now) != "active" or str(mediator.id) in (case.barred_ids or ())


def ranked(able: Sequence[MediatorSuggestion]) -> list[MediatorSuggestion]:
    """Return suggestions in their order: who has room, specialists, the fewest open cases; then by id, so that it stays."""
    return sorted(able, key=lambda one: (not one.has_room, not one.is_specialist, one.open_cases, str(one.mediator_id)))


async def names_in(db: Any, case_id: UUID) -> set[str]:
    """Return the names of those who are parties of a case, guardians or agents of one, or invited to it."""
    there = await db.fetch(select(*(parties.c[name] for name in _NAMES)).where(parties.c.case_id == case_id))
    heard = await db.fetch(select(invitees.c.name).where(invitees.c.case_id == case_id))
    return {value.full for row in (*there, *heard) for value in row if value is not None}


async def _able(tx: Command, case: Row, mediator_id: UUID) -> Row:
    (mediator,) = await tx.hold(mediators, [mediator_id])
    if mediator is None or unfit(mediator, case, tx.now):
        raise CannotMediate
    if mediator.name in await names_in(tx.db, case.id):
        raise NamedInTheCase
    return mediator


def _name(tx: Command, case: Row, mediator: Row, chosen_by: str, *, presides: bool) -> None:
    given: dict[str, Any] = {"chosen_by": chosen_by, "presides": presides, "named_by": tx.caller.id, "named_at": tx.now}
    tx.insert(panel_members, case_id=case.id, mediator_id=mediator.id, may_stay=False, **given)
    panel = sorted({*(case.panel or ()), str(mediator.id)})
    tx.update(case, panel=panel, **({"presiding_id": mediator.id} if presides else {}))


async def _open_cases(db: Any) -> dict[UUID, int]:
    busy = panel_members.c.left_at.is_(None), cases.c.terminal_at.is_(None)
    counted = select(panel_members.c.mediator_id, func.count()).join(cases, cases.c.id == panel_members.c.case_id)
    return {row[0]: row[1] for row in await db.fetch(counted.where(*busy).group_by(panel_members.c.mediator_id))}
