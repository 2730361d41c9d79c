"""How sessions and invitees are shown: who is meant by id, and what was said only to who reveals it."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from gridwhistle.common.data_classes import OPEN, PublicName
from gridwhistle.common.personal import PersonName
from gridwhistle.common.principal import Principal
from gridwhistle.common.wire import Actions, View
from gridwhistle.mediation.cases.guards import on_the_panel
from gridwhistle.mediation.cases.states import CASE
from gridwhistle.mediation.cases.tables import InviteeKind
from gridwhistle.mediation.sessions.states import SESSION

SESSIONS_MAX = 60
INVITEES_MAX = 60
SessionState = Literal[SESSION.states]  # type: ignore[name-defined]
Manner = Literal["in_person", "by_phone", "in_writing", "online"]
SignedBy = Literal["signature", "seal", "fingerprint", "online", "declined"]


class NoticeView(View):
    """That a party was told."""

    party_id: UUID
    at: AwareDatetime
    manner: Annotated[Manner, OPEN]


class SignatureView(View):
    """That somebody signed, or would not: a party, or one who mediates."""

    id: UUID
    at: AwareDatetime
    how: Annotated[Literal["signature", "seal", "fingerprint", "online", "declined", "by_word"], OPEN]


class SessionView(View):
    """A session. The record is sealed: reveal `record` or `undisputed` to read it."""

    id: UUID
    case_id: UUID
    session_no: Annotated[int, Field(ge=1, le=SESSIONS_MAX)]
    state: Annotated[SessionState, OPEN]
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    venue: PublicName
    is_online: bool
    is_open: bool
    notices: Annotated[list[NoticeView], Field(max_length=100)]
    present: Annotated[list[UUID] | None, Field(max_length=100)]
    invitees: Annotated[list[UUID] | None, Field(max_length=INVITEES_MAX)]
    has_record: bool
    has_undisputed: bool
    signed: Annotated[list[SignatureView], Field(max_length=100)]
    opened_at: AwareDatetime | None
    ended_at: AwareDatetime | None
    actions: Actions


class Sessions(View):
    """The sessions of a case, in their order."""

    items: Annotated[list[SessionView], Field(max_length=SESSIONS_MAX)]


class InviteeView(View):
    """Somebody who is invited, and which parties want them there."""

    id: UUID
    kind: Annotated[InviteeKind, OPEN]
    name: PersonName | None
    agreed_by: Annotated[list[UUID], Field(max_length=100)]
    invited_at: AwareDatetime


def session_view(case: Any, session: Any, caller: Principal) -> SessionView:
    """Return a session as the caller sees it."""
    may = [] if on_the_panel(case, caller) else SESSION.actions(session, caller)
    if "open_session" not in CASE.actions(case, caller):
        may = [action for action in may if action != "open"]
    if case.terminal_at:
        may = [action for action in may if action != "notify"]
    return SessionView.of(
        session,
        notices=[NoticeView(**one) for one in session.notices],
        signed=[SignatureView(**one) for one in session.signed],
        present=ids_of(session.present),
        invitees=ids_of(session.invitees),
        has_record=session.record is not None,
        has_undisputed=session.undisputed is not None,
        actions=may,
    )


def invitee_view(invitee: Any) -> InviteeView:
    """Return somebody who is invited."""
    return InviteeView.of(invitee, agreed_by=ids_of(invitee.agreed_by))


def ids_of(written: list[str] | None) -> list[UUID] | None:
    """Return ids as they are, from how a column of lists keeps them."""
    return None if written is None else [UUID(id_) for id_ in written]
