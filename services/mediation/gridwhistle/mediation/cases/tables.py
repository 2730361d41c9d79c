"""Cases, who is in them and who is heard (案件、当事人、受邀人员): of people all is sealed; the rest is codes and numbers."""

from typing import Final, Literal, get_args

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSON

from gridwhistle.common.events.mediation import CaseFrom, CaseSource, Channel, Grade
from gridwhistle.common.personal import AddressDetail, IdNumber, PersonName, Phone, SealedText
from gridwhistle.common.problems import Term
from gridwhistle.common.retention import Kept
from gridwhistle.common.sealed import sealed
from gridwhistle.common.tables import code, emergency_session, moment, newest_first, place, root, word
from gridwhistle.mediation.cases.states import CASE, DESK, ENDED, STATES
from gridwhistle.mediation.tables import metadata

Side = Literal["applicant", "respondent", "third"]
PartyKind = Literal["person", "organisation"]
InviteeKind = Literal["relative", "neighbour", "expert", "witness", "organisation"]
Capacity = Literal["full", "limited", "none"]
_TO_MEDIATE: Final = Term("调解纠纷、制作调解文书", "to mediate a dispute, and to write what the law asks for")
_INVITE: Final = Term("邀请有关人员参加调解", "to invite those who can help")
_TO_KNOW: Final = Term("核对当事人身份", "to check who a party is")


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)


cases: Final = Table(
    "case",
    metadata,
    *root(),
    *place(grid=False),
    *emergency_session(),
    Column("case_no", Text, nullable=False),
    *word("state", STATES),
    *word("source", CaseSource),
    Column("referred_from", Text),
    Column("letter_no", Text),
    *word("channel", Channel),
    Column("dispute_type", Text(collation="C")),
    Column("grade", Text),
    Column("may_become_criminal", Boolean),  # of the dispute, never of a person; gone when it ends
    Column("may_become_mass", Boolean),
    Column("is_complex", Boolean, nullable=False),
    Column("is_online", Boolean, nullable=False),
    Column("is_open", Boolean, nullable=False),
    Column("occurred_on", Date),
    *sealed("brief", SealedText, to=DESK, basis="statutory_duty", purpose=_TO_MEDIATE),
    Column("amount_fen", BigInteger),
    Column("group_size", Integer),
    Column("complained_org", Text),
    Column("incident_id", Uuid),
    Column("earlier_case_id", Uuid),
    Column("committee_id", Uuid),
    Column("has_both_sides", Boolean, nullable=False),
    Column("parties_to_answer", Integer, nullable=False),
    Column("presiding_id", Uuid),
    Column("is_three_houses", Boolean, nullable=False),
    Column("escalated_from", Text),
    Column("panel", JSON),  # who mediates it, by id
    Column("barred_ids", JSON),  # who has an interest in it, and sees nothing of it
    Column("follow_ups_left", Integer),
    Column("closing_asked_by", Text),
    Column("receipt_no", Text),
    Column("file_no", Text),
    Column("outcome", Text),
    Column("reason_code", Text),
    Column("transferred_to", Text),
    Column("registered_by", Text, nullable=False),
    moment("registered_at", nullable=False),
    *(
        moment(f"{step}_at")
        for step in ("asked", "accepted", "assigned", "rights_told", "first_session", "agreed", "ways_told", "closed")
    ),
    moment("terminal_at"),
    UniqueConstraint("case_no"),
    CheckConstraint(f"referred_from IN ({_listed(get_args(CaseFrom))})", name="referred_from_is_known"),
    CheckConstraint(f"grade IN ({_listed(get_args(Grade))})", name="grade_is_known"),
    CheckConstraint("(source = 'entrusted') = (letter_no IS NOT NULL)", name="letter_iff_entrusted"),
    CheckConstraint("letter_no IS NULL OR referred_from IS NOT NULL", name="letters_come_from_somebody"),
    CheckConstraint(
        "(transferred_to IS NOT NULL) = (state = 'transferred' OR outcome = 'transferred')", name="transferred_somewhere"
    ),
    CheckConstraint("dispute_type IS NOT NULL OR accepted_at IS NULL", name="type_once_accepted"),
    CheckConstraint("accepted_at IS NULL OR (has_both_sides AND parties_to_answer = 0)", name="accepted_once_all_are_willing"),
    CheckConstraint("parties_to_answer >= 0", name="nobody_answers_twice"),
    CheckConstraint("amount_fen >= 0", name="amount_is_not_negative"),
    CheckConstraint(
        "terminal_at IS NULL OR (may_become_criminal IS NULL AND may_become_mass IS NULL)", name="risks_end_with_it"
    ),
    CheckConstraint(f"(terminal_at IS NOT NULL) = (state IN ({_listed(ENDED)}))", name="terminal_at_iff_ended"),
    CheckConstraint("(outcome IS NOT NULL) = (terminal_at IS NOT NULL)", name="outcome_iff_ended"),
    CheckConstraint("(escalated_from IS NOT NULL) = (state = 'escalated')", name="escalated_from_something"),
    CheckConstraint("follow_ups_left BETWEEN 0 AND 3", name="is_followed_up_three_times"),
    CheckConstraint("(follow_ups_left IS NULL) = (agreed_at IS NULL)", name="followed_up_once_agreed"),
    CheckConstraint("closed_at IS NOT NULL OR file_no IS NULL", name="numbered_when_closed"),
    info={"thing": CASE.thing, "kept": Kept("r3", since="terminal_at"), "machine": CASE},
)
newest_first(cases, cases.c.registered_at, cases.c.id)
Index("case_of_incident_once", cases.c.incident_id, unique=True, postgresql_where=cases.c.incident_id.is_not(None))
Index("case_file_no_once", cases.c.county_code, cases.c.file_no, unique=True, postgresql_where=cases.c.file_no.is_not(None))
Index("case_of_committee", cases.c.committee_id, postgresql_where=cases.c.committee_id.is_not(None))
Index("case_open", cases.c.county_code, cases.c.state, postgresql_where=cases.c.terminal_at.is_(None))

parties: Final = Table(
    "party",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, ForeignKey(cases.c.id), nullable=False, index=True),
    *word("side", Side),
    *word("kind", PartyKind),
    *word("capacity", Capacity),
    Column("is_representative", Boolean, nullable=False),
    code("home_area", nullable=True),  # community of a party, for who is the right committee
    *sealed("name", PersonName, to=DESK, basis="statutory_duty", purpose=_TO_MEDIATE),
    *sealed("org_name", SealedText, to=DESK, basis="statutory_duty", purpose=_TO_MEDIATE),
    *sealed("id_number", IdNumber, to=DESK, basis="statutory_duty", purpose=_TO_KNOW),
    *sealed("phone", Phone, to=DESK, basis="statutory_duty", purpose=_TO_MEDIATE),
    *sealed("address", AddressDetail, to=DESK, basis="statutory_duty", purpose=_TO_MEDIATE),
    *sealed("guardian_name", PersonName, to=DESK, basis="statutory_duty", purpose=_TO_MEDIATE),
    *sealed("guardian_phone", Phone, to=DESK, basis="statutory_duty", purpose=_TO_MEDIATE),
    *sealed("agent_name", PersonName, to=DESK, basis="statutory_duty", purpose=_TO_MEDIATE),
    *sealed("agent_phone", Phone, to=DESK, basis="statutory_duty", purpose=_TO_MEDIATE),
    Column("agent_may", Text),
    Column("is_willing", Boolean),
    Column("answered_by", Text),  # in which manner
    moment("answered_at"),
    moment("added_at", nullable=False),
    moment("struck_at"),  # they were entered by mistake; nothing is known of them any more
    CheckConstraint("agent_may IN ('speak', 'settle')", name="agent_may_is_known"),
    CheckConstraint("answered_by IN ('in_writing', 'by_word', 'online')", name="answered_by_is_known"),
    CheckConstraint("(is_willing IS NULL) = (answered_at IS NULL)", name="answered_iff_it_is_known"),
    info={"thing": Term("当事人", "party"), "plural": "parties"},
)

invitees: Final = Table(
    "invitee",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, ForeignKey(cases.c.id), nullable=False, index=True),
    *word("kind", InviteeKind),
    *sealed("name", PersonName, to=DESK, basis="consent", purpose=_INVITE),
    Column("agreed_by", JSON, nullable=False),  # which parties want them there
    moment("invited_at", nullable=False),
    info={"thing": Term("受邀人员", "invitee")},
)
