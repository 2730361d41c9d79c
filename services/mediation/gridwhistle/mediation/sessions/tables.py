"""Sessions, and what is reported (调解会、报告)."""

from typing import Final, Literal

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import JSON

from gridwhistle.common.events.mediation import EscalatedFor, ReportedTo
from gridwhistle.common.personal import SealedText
from gridwhistle.common.problems import Term
from gridwhistle.common.sealed import PUBLIC, sealed
from gridwhistle.common.tables import moment, word
from gridwhistle.mediation.cases.states import DESK
from gridwhistle.mediation.cases.tables import cases
from gridwhistle.mediation.sessions.states import SESSION
from gridwhistle.mediation.tables import metadata

HarmKind = Literal["minor_harm", "domestic_violence", "crime_risk"]
HarmTo = Literal["police", "civil_affairs", "education"]
_RECORD: Final = Term("制作、保存调解笔录", "to write and keep the record of a session")

sessions: Final = Table(
    "session",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, ForeignKey(cases.c.id), nullable=False),
    Column("session_no", Integer, nullable=False),
    *word("state", SESSION.states),
    moment("starts_at", nullable=False),
    moment("ends_at", nullable=False),
    Column("venue", Text, nullable=False, info=PUBLIC),
    Column("is_online", Boolean, nullable=False),
    Column("is_open", Boolean, nullable=False),
    Column("notices", JSON, nullable=False),  # which parties were told, when, and in which manner
    Column("present", JSON),  # which parties were there
    Column("invitees", JSON),
    *sealed("record", SealedText, to=DESK, basis="statutory_duty", purpose=_RECORD),
    *sealed("undisputed", SealedText, to=DESK, basis="statutory_duty", purpose=_RECORD),
    Column("signed", JSON, nullable=False),  # who signed the record, when, and in which manner
    moment("opened_at"),
    moment("ended_at"),
    UniqueConstraint("case_id", "session_no"),
    CheckConstraint("ends_at > starts_at", name="ends_after_it_begins"),
    CheckConstraint("(opened_at IS NOT NULL) = (state IN ('open', 'ended'))", name="opened_at_once_open"),
    CheckConstraint("(ended_at IS NOT NULL) = (state = 'ended')", name="ended_at_iff_ended"),
    info={"thing": SESSION.thing},
)
Index("session_coming", sessions.c.starts_at, postgresql_where=sessions.c.state == "planned")
escalations: Final = Table(
    "escalation",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, ForeignKey(cases.c.id), nullable=False, index=True),
    *word("reported_to", ReportedTo),
    *word("reason_code", EscalatedFor),
    moment("reported_at", nullable=False),
    Column("reported_by", Text, nullable=False),
    Column("receipt_no", Text),
    info={"thing": Term("报告", "escalation")},
)
# No name of whom it is about, no words: that it was reported, to whom, and the receipt.
mandatory_reports: Final = Table(
    "mandatory_report",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, ForeignKey(cases.c.id), nullable=False, index=True),
    *word("kind", HarmKind),
    *word("reported_to", HarmTo),
    moment("reported_at", nullable=False),
    Column("by_role", Text, nullable=False),
    Column("receipt_no", Text),
    info={"thing": Term("强制报告", "mandatory report")},
)
