"""How agreements are shown: who signed, what is owed and until when; the words only to who reveals them."""

import datetime as dt
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from gridwhistle.common.commands import Command
from gridwhistle.common.data_classes import OPEN, PublicName
from gridwhistle.common.principal import Principal
from gridwhistle.common.rows import Row
from gridwhistle.common.wire import Actions, View
from gridwhistle.mediation.agreements.refusals import UnknownAgreement
from gridwhistle.mediation.agreements.states import AGREEMENT, CONFIRMATION
from gridwhistle.mediation.agreements.tables import CourtBy, Extent, Form, Satisfied, TermKind, agreements
from gridwhistle.mediation.sessions.views import SignatureView, ids_of
from gridwhistle.mediation.words import PaperNo

TERMS_MAX = 50
OF_ONE_MAX = 30
AgreementState = Literal[AGREEMENT.states]  # type: ignore[name-defined]
ConfirmationState = Literal[CONFIRMATION.states]  # type: ignore[name-defined]
Amount = Annotated[int, Field(ge=1, le=10**13, description="In fen (分).", examples=[500_000])]
Proof = Annotated[PaperNo, Field(examples=["收据0017"])]


class TermView(View):
    """What somebody owes. What it is in words is sealed: reveal `content`."""

    id: UUID
    term_no: Annotated[int, Field(ge=1, le=TERMS_MAX)]
    kind: Annotated[TermKind, OPEN]
    party_id: UUID
    amount_fen: Amount | None
    due_on: dt.date | None
    done_on: dt.date | None
    proof: Proof | None
    reminders: Annotated[int, Field(ge=0, le=10_000)]


class AgreementView(View):
    """An agreement. What it says is sealed: reveal `content`."""

    id: UUID
    case_id: UUID
    state: Annotated[AgreementState, OPEN]
    form: Annotated[Form, OPEN]
    extent: Annotated[Extent, OPEN]
    is_asked_in_writing: bool
    is_major: bool
    copies: Annotated[int, Field(ge=0, le=100)]
    signed: Annotated[list[SignatureView], Field(max_length=100)]
    mediator_signed_at: AwareDatetime | None
    sealed_at: AwareDatetime | None
    drafted_at: AwareDatetime
    effective_at: AwareDatetime | None
    confirm_by: AwareDatetime | None
    terms: Annotated[list[TermView], Field(max_length=TERMS_MAX)]
    actions: Actions


class Agreements(View):
    """The agreements of a case: one that stands, and those that were dropped."""

    items: Annotated[list[AgreementView], Field(max_length=OF_ONE_MAX)]


class ConfirmationView(View):
    """An application to a court, and what it said."""

    id: UUID
    case_id: UUID
    agreement_id: UUID
    state: Annotated[ConfirmationState, OPEN]
    court: PublicName
    court_by: Annotated[CourtBy, OPEN]
    applied_by: Annotated[list[UUID], Field(max_length=100)]
    applied_at: AwareDatetime
    accepted_at: AwareDatetime | None
    extended_at: AwareDatetime | None
    decided_at: AwareDatetime | None
    ruling_no: Annotated[str | None, Field(max_length=60)]
    actions: Actions


class Confirmations(View):
    """The applications to courts of a case."""

    items: Annotated[list[ConfirmationView], Field(max_length=OF_ONE_MAX)]


class FollowUpView(View):
    """How it went, when somebody asked."""

    id: UUID
    follow_up_no: Annotated[int, Field(ge=1, le=3)]
    is_performed: bool
    satisfied: Annotated[Satisfied, OPEN]
    is_new_dispute: bool
    asked_at: AwareDatetime


class FollowUps(View):
    """What was followed up, and from which day on the next is due; null when none is."""

    items: Annotated[list[FollowUpView], Field(max_length=3)]
    next_on: dt.date | None


def agreement_view(agreement: Any, terms: list[Any], caller: Principal) -> AgreementView:
    """Return an agreement as the caller sees it."""
    own = sorted((term for term in terms if term.agreement_id == agreement.id), key=lambda term: term.term_no)
    return AgreementView.of(
        agreement,
        signed=[SignatureView(**one) for one in agreement.signed],
        terms=[TermView.of(term) for term in own],
        actions=[action for action in AGREEMENT.actions(agreement, caller) if action != "take_effect"],
    )


def confirmation_view(confirmation: Any, caller: Principal) -> ConfirmationView:
    """Return an application to a court as the caller sees it."""
    return ConfirmationView.of(
        confirmation, applied_by=ids_of(confirmation.applied_by), actions=CONFIRMATION.actions(confirmation, caller)
    )


async def agreement_of(tx: Command, agreement_id: UUID | None = None) -> Row:
    """Return an agreement of the held case; without an id, the one that stands.

    Raises:
        UnknownAgreement: there is none.
    """
    there = await tx.children(agreements)
    found = next((one for one in there if (one.id == agreement_id if agreement_id else one.state == "effective")), None)
    if found is None:
        raise UnknownAgreement
    return found
