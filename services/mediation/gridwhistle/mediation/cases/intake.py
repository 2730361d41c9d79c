"""How cases come (来源): a party applies, a committee or an incident finds a dispute, a court or another body entrusts one."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from pydantic import Field
from sqlalchemy import ColumnElement

from gridwhistle.common.clocks import Limit
from gridwhistle.common.commands import Command
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.mediation import (
    CaseApplied,
    CaseFound,
    CaseFrom,
    CaseGraded,
    CaseReferred,
    CaseSource,
    Channel,
    DisputeType,
    Grade,
)
from gridwhistle.common.ids import AreaCode, GridCode, OrgCode
from gridwhistle.common.machine import check
from gridwhistle.common.personal import SealedText
from gridwhistle.common.reading import filters, one, page
from gridwhistle.common.reasons import Reason
from gridwhistle.common.rows import Row
from gridwhistle.common.wire import Body, Day, Keyset, Page, PageQuery
from gridwhistle.mediation.cases.guards import goes_on
from gridwhistle.mediation.cases.parties import BEFORE_ACCEPTANCE, NewParty, add_to
from gridwhistle.mediation.cases.refusals import FactsStand, ReferralUnclear
from gridwhistle.mediation.cases.routing import CONTACT, accept_rule, is_more_pressing
from gridwhistle.mediation.cases.states import CASE
from gridwhistle.mediation.cases.steps import facts_of, limit_of, limits_of
from gridwhistle.mediation.cases.tables import cases
from gridwhistle.mediation.cases.views import PARTIES_MAX, CaseLine, CaseState, CaseView, answer, case_view, parties_of
from gridwhistle.mediation.limits import ACCEPT, CONSENT
from gridwhistle.mediation.limits import CONTACT as CONTACT_CLOCK
from gridwhistle.mediation.words import PaperNo

router = Router("mediation", "Cases 调解案件")
_NEWEST = Keyset(cases.c.registered_at, cases.c.id)
_STEPS = {"own_initiative": "find", "application": "apply", "entrusted": "receive_referral"}
Fen = Annotated[int, Field(ge=0, le=10**13, description="In fen (分).", examples=[1_250_000])]
GroupSize = Annotated[int, Field(ge=2, le=100_000)]
LetterNo = Annotated[PaperNo, Field(examples=["（2026）示01委调字第17号"])]


class CaseFacts(Body):
    """What a dispute is about, as far as it is known; what is left out stays."""

    dispute_type: DisputeType | None = None
    channel: Channel | None = None
    brief: SealedText | None = None
    occurred_on: Day | None = None
    amount_fen: Fen | None = None
    group_size: Annotated[GroupSize | None, Field(description="How many a side has, where it is many.")] = None
    complained_org: Annotated[OrgCode | None, Field(description="Whom it is against; nobody of theirs sees the case.")] = None
    is_complex: bool | None = None
    is_online: bool | None = None
    is_open: Annotated[bool | None, Field(description="Whether others may listen, if the parties wish.")] = None


class NewCase(Body):
    """A dispute. What was said by word of mouth is written down by whoever takes it in."""

    source: CaseSource
    referred_from: CaseFrom | None = None
    letter_no: LetterNo | None = None
    area_code: AreaCode
    grid_code: GridCode | None = None
    facts: Annotated[CaseFacts, Field(default_factory=CaseFacts)]
    grade: Grade | None = None
    earlier_case_id: UUID | None = None
    parties: Annotated[list[NewParty], Field(max_length=PARTIES_MAX, default_factory=list)]


class Grading(Body):
    """How pressing the dispute is, and why: red 红 at once, orange 橙 the same day, yellow 黄 on the spot."""

    grade: Grade
    may_become_criminal: bool = False
    may_become_mass: bool = False
    reason: Reason


class CasesQuery(PageQuery):
    """Which cases."""

    area_code: AreaCode | None = None
    state: CaseState | None = None
    dispute_type: DisputeType | None = None
    channel: Channel | None = None
    grade: Grade | None = None
    committee_id: UUID | None = None
    incident_id: UUID | None = None
    file_no: Annotated[
        str | None,
        Field(
            pattern=r"^[(（][0-9]{4}[)）][^\s\x00-\x1f\x7f\x85()（）]{1,40}$",
            description="In brackets of either width.",
            examples=["（2026）望湖人调字第1号"],
        ),
    ] = None


@router.post("/cases", may="cases:register", status_code=201)
async def register_case(body: NewCase, caller: Caller, db: Db) -> CaseView:
    """Register a dispute (登记): applied for, found, or entrusted with a letter. Nobody is asked for money, ever."""
    entrusted = body.source == "entrusted"
    if entrusted != (body.letter_no is not None) or (entrusted and body.referred_from in {None, "party", "incident"}):
        raise ReferralUnclear
    async with db.command(caller) as tx:
        if body.earlier_case_id:
            await one(db, caller, cases, body.earlier_case_id)
        given = {name: value for name, value in body if name not in {"facts", "parties"}}
        case, there = await make_case(tx, given, body.facts, body.parties)
        return tx.answer(case_view(case, there, caller))


@router.get("/cases", may="cases:read")
async def list_cases(query: Annotated[CasesQuery, Query()], caller: Caller, db: Db) -> Page[CaseLine]:
    """List cases of your area, newest first. One in which you have an interest is not among them."""
    return await page(db, caller, cases, _NEWEST, query, CaseLine, _asked)


@router.get("/cases/{case_id}", may="cases:read")
async def get_case(case_id: UUID, caller: Caller, db: Db) -> CaseView:
    """Return a case: how it stands, and what you may do now."""
    case = await one(db, caller, cases, case_id)
    return case_view(case, await parties_of(db, case_id), caller)


@router.patch("/cases/{case_id}", may="cases:write")
async def change_case(case_id: UUID, body: CaseFacts, caller: Caller, db: Db) -> CaseView:
    """Say what it is about, until it is accepted. In another channel, that channel's time to answer and to accept begins."""
    async with db.command(caller, cases, case_id) as tx:
        if tx.row.state not in BEFORE_ACCEPTANCE:
            raise FactsStand
        changes = {name: value for name, value in body if value is not None}
        before = accept_rule(tx.row.channel, is_complex=tx.row.is_complex)
        tx.update(tx.row, **changes)
        if tx.row.state == "consent_pending" and accept_rule(tx.row.channel, is_complex=tx.row.is_complex) != before:
            for key in (CONSENT, ACCEPT) if tx.row.parties_to_answer else (ACCEPT,):
                await tx.clocks.set_again(tx.row, key, limits_of(tx, tx.row)[key])
        tx.record(tx.row, "change", " ".join(sorted(changes)))
        return await answer(tx)


@router.post("/cases/{case_id}/grade", may="cases:write")
async def grade_case(case_id: UUID, body: Grading, caller: Caller, db: Db) -> CaseView:
    """Say how pressing the dispute is (分级). What is said of it goes when it ends; of people nothing is said."""
    async with db.command(caller, cases, case_id) as tx:
        check(tx.row, caller, goes_on)
        case, risks = tx.row, {"may_become_criminal": body.may_become_criminal, "may_become_mass": body.may_become_mass}
        if case.state != "escalated" and case.asked_at is None and is_more_pressing(body.grade, case.grade):
            await tx.clocks.set_again(case, CONTACT_CLOCK, limit_of(tx, CONTACT[body.grade], case.area_code))
        tx.update(case, grade=body.grade, **risks)
        tx.record(tx.row, "grade", body.reason)
        tx.tell(tx.row, CaseGraded(**facts_of(tx.row)))
        return await answer(tx)


def _asked(query: CasesQuery) -> list[ColumnElement[bool]]:
    if query.file_no is None:
        return filters(cases, query)
    wanted = query.model_copy(update={"file_no": query.file_no.replace("(", "（").replace(")", "）")})
    return filters(cases, wanted)


async def make_case(
    tx: Command, given: dict[str, Any], facts: CaseFacts, people: list[NewParty], **more: Any
) -> tuple[Row, list[Row]]:
    """Make a case with its parties; it is due to be looked at as soon as its grade says."""
    step = CASE.step(None, _STEPS[given["source"]], tx.caller)
    area = given["area_code"]
    known = {name: value for name, value in facts if value is not None}
    defaults = {"channel": "people", "is_complex": False, "is_online": False, "is_open": False, "is_three_houses": False}
    limits: dict[str, Limit] = {CONTACT_CLOCK: limit_of(tx, CONTACT[given.get("grade")], area)}
    case = tx.create(
        cases,
        step,
        limits=limits,
        case_no=await tx.number("M", area[:6], digits=5),
        has_both_sides=False,
        parties_to_answer=0,
        registered_by=tx.caller.id,
        registered_at=tx.now,
        **{**defaults, **given, **known, **more},
    )
    there: list[Row] = []
    for body in people:
        add_to(tx, case, body, there)
    if case.source == "own_initiative":
        tx.tell(case, CaseFound(**facts_of(case)))
    elif case.source == "application":
        tx.tell(case, CaseApplied(**facts_of(case)))
    else:
        tx.tell(case, CaseReferred(**facts_of(case), referred_from=case.referred_from))
    return case, there
