"""How a case is shown: what it is about and how it stands, and of parties no more than that they are there."""

import datetime as dt
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field
from sqlalchemy import select

from gridwhistle.common.commands import Command
from gridwhistle.common.data_classes import OPEN, ThingId, Word
from gridwhistle.common.database import Db
from gridwhistle.common.events.mediation import CaseFrom, CaseNo, CaseSource, Channel, DisputeType, Grade, Outcome
from gridwhistle.common.ids import AreaCode, GridCode, OrgCode
from gridwhistle.common.personal import AddressDetail, IdNumber, PersonName, Phone, SealedText
from gridwhistle.common.principal import Principal
from gridwhistle.common.wire import Actions, Version, View
from gridwhistle.mediation.cases.routing import other_ways
from gridwhistle.mediation.cases.states import CASE, NOT_POSTED, STATES
from gridwhistle.mediation.cases.steps import parties_in
from gridwhistle.mediation.cases.tables import Capacity, PartyKind, Side, parties

PARTIES_MAX = 40
CaseState = Literal[STATES]  # type: ignore[valid-type]
AnsweredBy = Literal["in_writing", "by_word", "online"]
AgentMay = Literal["speak", "settle"]
FileNo = Annotated[str, Field(max_length=60, examples=["（2026）望湖人调字第1号"])]
_WAYS_OF = {"refused", "failed", "terminated", "partial", "breached"}


class PartyLine(View):
    """That somebody is a party, and how they stand to it."""

    id: UUID
    side: Annotated[Side, OPEN]
    kind: Annotated[PartyKind, OPEN]
    is_representative: bool
    is_willing: bool | None
    answered_at: AwareDatetime | None


class PartyView(PartyLine):
    """A party; names and numbers are masked, and `reveal` shows them to who mediates, for a reason that is kept."""

    capacity: Annotated[Capacity, OPEN]
    home_area: AreaCode | None
    name: PersonName | None
    org_name: SealedText | None
    id_number: IdNumber | None
    phone: Phone | None
    address: AddressDetail | None
    guardian_name: PersonName | None
    guardian_phone: Phone | None
    agent_name: PersonName | None
    agent_phone: Phone | None
    agent_may: Annotated[AgentMay, OPEN] | None
    answered_by: Annotated[AnsweredBy, OPEN] | None


class Parties(View):
    """The parties of a case."""

    items: Annotated[list[PartyView], Field(max_length=PARTIES_MAX)]


class CaseLine(View):
    """A case in a list."""

    id: UUID
    version: Version
    case_no: CaseNo
    state: Annotated[CaseState, OPEN]
    source: Annotated[CaseSource, OPEN]
    channel: Annotated[Channel, OPEN]
    dispute_type: DisputeType | None
    grade: Annotated[Grade, OPEN] | None
    area_code: AreaCode
    grid_code: GridCode | None
    committee_id: UUID | None
    outcome: Annotated[Outcome, OPEN] | None
    registered_at: AwareDatetime


class CaseView(CaseLine):
    """A case. What it is about in words is sealed: reveal `brief` to read it."""

    referred_from: Annotated[CaseFrom, OPEN] | None
    letter_no: Annotated[str | None, Field(max_length=60)]
    is_complex: bool
    is_online: bool
    is_open: bool
    occurred_on: dt.date | None
    amount_fen: Annotated[int | None, Field(ge=0, le=2**53)]
    group_size: Annotated[int | None, Field(ge=2, le=100_000)]
    is_three_houses: bool
    presiding_id: ThingId | None
    may_become_criminal: bool | None
    may_become_mass: bool | None
    complained_org: OrgCode | None
    incident_id: ThingId | None
    earlier_case_id: ThingId | None
    reason_code: Word | None
    transferred_to: Word | None
    asked_at: AwareDatetime | None
    accepted_at: AwareDatetime | None
    assigned_at: AwareDatetime | None
    rights_told_at: AwareDatetime | None
    first_session_at: AwareDatetime | None
    ways_told_at: AwareDatetime | None
    agreed_at: AwareDatetime | None
    follow_ups_left: Annotated[int | None, Field(ge=0, le=3)]
    closed_at: AwareDatetime | None
    file_no: FileNo | None
    terminal_at: AwareDatetime | None
    parties: Annotated[list[PartyLine], Field(max_length=PARTIES_MAX)]
    other_ways: Annotated[list[Word], Field(max_length=10, description="Where else the law leads; tell the parties.")]
    actions: Actions


def case_view(case: Any, there: list[Any], caller: Principal) -> CaseView:
    """Return a case as the caller sees it."""
    lines = [PartyLine.of(party) for party in there]
    is_broken = case.state == "breached"
    ways = other_ways(case.dispute_type, case.channel, was_agreed=is_broken) if case.state in _WAYS_OF else []
    may = [action for action in CASE.actions(case, caller) if action not in NOT_POSTED]
    return CaseView.of(case, parties=lines, other_ways=ways, actions=may)


async def answer(tx: Command) -> CaseView:
    """Settle the held case as the answer of a command."""
    return tx.answer(case_view(tx.row, await parties_in(tx), tx.caller))


async def parties_of(db: Db, case_id: UUID) -> list[Any]:
    """Return the parties of a case, in the order in which they were entered."""
    of_case = parties.c.case_id == case_id, parties.c.struck_at.is_(None)
    return list(await db.fetch(select(parties).where(*of_case).order_by(parties.c.id).limit(PARTIES_MAX)))
