"""Agreements, what somebody owes by one, what a court said, and how it went (协议、履行、司法确认、回访)."""

from typing import Final, Literal

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

from gridwhistle.common.personal import SealedText
from gridwhistle.common.problems import Term
from gridwhistle.common.sealed import PUBLIC, sealed
from gridwhistle.common.tables import moment, word
from gridwhistle.mediation.agreements.states import AGREEMENT, CONFIRMATION
from gridwhistle.mediation.cases.states import DESK
from gridwhistle.mediation.cases.tables import cases
from gridwhistle.mediation.tables import metadata

Form = Literal["written", "oral"]
Extent = Literal["whole", "part"]
TermKind = Literal["pay", "hand_over", "repair", "stop", "apologise", "other"]
CourtBy = Literal["inviting_court", "party_home", "object_place", "committee_seat"]
Satisfied = Literal["satisfied", "fairly_satisfied", "dissatisfied", "not_said"]
_AGREED: Final = Term("制作、履行调解协议", "to write what was agreed, and to see that it is done")

agreements: Final = Table(
    "agreement",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, ForeignKey(cases.c.id), nullable=False),
    *word("state", AGREEMENT.states),
    *word("form", Form),
    *word("extent", Extent),
    Column("is_asked_in_writing", Boolean, nullable=False),
    Column("is_major", Boolean, nullable=False),
    *sealed("content", SealedText, to=DESK, basis="statutory_duty", purpose=_AGREED),
    Column("copies", Integer, nullable=False),
    Column("signed", JSON, nullable=False),  # which parties signed, when, and in which manner
    moment("mediator_signed_at"),
    Column("mediator_signed_by", Text),
    moment("sealed_at"),
    Column("seal_no", Text),
    moment("drafted_at", nullable=False),
    moment("effective_at"),
    moment("confirm_by"),  # until when a court can be asked
    CheckConstraint("(effective_at IS NOT NULL) = (state = 'effective')", name="effective_at_iff_effective"),
    CheckConstraint("form = 'written' OR NOT (is_asked_in_writing OR is_major)", name="is_written_where_it_must_be"),
    CheckConstraint(
        "form = 'oral' OR state <> 'effective' OR mediator_signed_at IS NOT NULL", name="written_takes_effect_by_signatures"
    ),
    CheckConstraint("(seal_no IS NOT NULL) = (sealed_at IS NOT NULL)", name="sealed_with_a_seal"),
    CheckConstraint("copies BETWEEN 0 AND 100", name="copies_are_counted"),
    info={"thing": AGREEMENT.thing},
)
Index("agreement_one_stands", agreements.c.case_id, unique=True, postgresql_where=agreements.c.state != "dropped")
agreement_terms: Final = Table(
    "agreement_term",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, ForeignKey(cases.c.id), nullable=False),
    Column("agreement_id", Uuid, nullable=False),
    Column("term_no", Integer, nullable=False),
    *word("kind", TermKind),
    Column("party_id", Uuid, nullable=False),  # who owes it
    *sealed("content", SealedText, to=DESK, basis="statutory_duty", purpose=_AGREED),
    Column("amount_fen", BigInteger),
    Column("due_on", Date),  # none: at once
    Column("done_on", Date),
    Column("proof", Text),
    Column("reminders", Integer, nullable=False),
    moment("reminded_at"),
    UniqueConstraint("agreement_id", "term_no"),
    CheckConstraint("(kind = 'pay') = (amount_fen IS NOT NULL)", name="amount_iff_paid"),
    CheckConstraint("amount_fen > 0", name="amount_is_something"),
    CheckConstraint("(proof IS NOT NULL) = (done_on IS NOT NULL)", name="proof_iff_done"),
    info={"thing": Term("协议内容", "term")},
)
Index(None, agreement_terms.c.case_id)
Index("agreement_term_due", agreement_terms.c.due_on, postgresql_where=agreement_terms.c.done_on.is_(None))
confirmations: Final = Table(
    "confirmation",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, ForeignKey(cases.c.id), nullable=False),
    Column("agreement_id", Uuid, nullable=False),
    *word("state", CONFIRMATION.states),
    Column("court", Text, nullable=False, info=PUBLIC),
    *word("court_by", CourtBy),
    Column("applied_by", JSON, nullable=False),
    moment("applied_at", nullable=False),
    moment("accepted_at"),
    moment("extended_at"),
    moment("decided_at"),
    Column("ruling_no", Text),
    CheckConstraint("extended_at IS NULL OR accepted_at IS NOT NULL", name="extended_once_accepted"),
    info={"thing": CONFIRMATION.thing},
)
Index(
    "confirmation_one_is_asked_for",
    confirmations.c.case_id,
    unique=True,
    postgresql_where=confirmations.c.state.in_(("applied", "accepted", "confirmed")),
)
follow_ups: Final = Table(
    "follow_up",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, ForeignKey(cases.c.id), nullable=False),
    Column("follow_up_no", Integer, nullable=False),
    Column("is_performed", Boolean, nullable=False),
    *word("satisfied", Satisfied),
    Column("is_new_dispute", Boolean, nullable=False),
    Column("asked_by", Text, nullable=False),
    moment("asked_at", nullable=False),
    UniqueConstraint("case_id", "follow_up_no"),
    CheckConstraint("follow_up_no BETWEEN 1 AND 3", name="happens_three_times"),
    info={"thing": Term("回访", "follow-up")},
)
