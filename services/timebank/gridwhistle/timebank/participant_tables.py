"""Who takes part in the time bank (参与人), what they have learnt and are entitled to, and where stations are (网点)."""

from typing import Final, Literal

from sqlalchemy import (
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
    func,
)

from gridwhistle.common.personal import BirthYear, Entitlement, PersonName, Phone, RealNameToken
from gridwhistle.common.problems import Term
from gridwhistle.common.retention import Kept
from gridwhistle.common.sealed import PUBLIC, sealed
from gridwhistle.common.tables import code, emergency_session, moment, newest_first, place, root, word
from gridwhistle.timebank.participant_states import LINK, PARTICIPANT
from gridwhistle.timebank.tables import metadata

ParticipantKind = Literal["volunteer", "beneficiary", "both"]
Kinship = Literal["parent", "child", "grandparent", "grandchild", "spouse", "sibling", "other"]
_STATION: Final = frozenset({"station_clerk"})
_TO_REACH: Final = Term("联系参与人安排服务", "to reach a participant about a service")
_TO_CHECK: Final = Term("核对参与人身份和年龄", "to check who a participant is, and of what age")
_TO_PROTECT: Final = Term("征得监护人同意", "to ask a guardian")
_TO_ENTITLE: Final = Term("认定可由公益池付时间", "to say whose services the pool pays")

# Tokens carry the id as their subject, as a worker's do.
participants = Table(
    "participant",
    metadata,
    *root(),
    *place(),
    *emergency_session(),
    *word("kind", ParticipantKind),
    *word("state", PARTICIPANT.states),
    *sealed("name", PersonName, to=_STATION, basis="consent", purpose=_TO_REACH),
    *sealed("phone", Phone, to=_STATION, basis="consent", purpose=_TO_REACH),
    *sealed("real_name_token", RealNameToken, to=_STATION, basis="consent", purpose=_TO_CHECK, found=True),
    *sealed("birth_year", BirthYear, to=_STATION, basis="consent", purpose=_TO_CHECK),
    *sealed("guardian_name", PersonName, to=_STATION, basis="consent", purpose=_TO_PROTECT),
    *sealed("guardian_phone", Phone, to=_STATION, basis="consent", purpose=_TO_PROTECT),
    moment("guardian_agreed_at"),
    Column("station_id", Uuid),
    Column("insured_until", Date),
    moment("paused_until"),
    Column("earned_minutes", Integer, nullable=False),
    Column("rating_sum", Integer, nullable=False),
    Column("rating_count", Integer, nullable=False),
    Column("registered_by", Text, nullable=False),
    moment("registered_at", nullable=False),
    moment("terminal_at"),
    CheckConstraint("earned_minutes >= 0", name="earned_is_not_negative"),
    CheckConstraint("rating_sum BETWEEN rating_count AND 5 * rating_count", name="ratings_are_one_to_five"),
    CheckConstraint("(terminal_at IS NOT NULL) = (state = 'closed')", name="terminal_at_iff_closed"),
    info={
        "thing": PARTICIPANT.thing,
        "own": "id",
        "kept": Kept("r4", since="terminal_at"),
        "machine": PARTICIPANT,
    },
)
Index(
    "participant_registers_once",
    participants.c.county_code,
    participants.c.real_name_token_mark,
    unique=True,
    postgresql_where=participants.c.terminal_at.is_(None),
)
newest_first(participants, participants.c.id)
trainings = Table(
    "training",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("participant_id", Uuid, ForeignKey(participants.c.id), nullable=False),
    Column("course", Text, nullable=False),
    Column("passed_on", Date, nullable=False),
    Column("entered_by", Text, nullable=False),
    UniqueConstraint("participant_id", "course"),
    info={"thing": Term("培训记录", "training")},
)
entitlements = Table(
    "entitlement",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("participant_id", Uuid, ForeignKey(participants.c.id), nullable=False, index=True),
    *sealed("category", Entitlement, to=_STATION, basis="consent", purpose=_TO_ENTITLE),
    Column("issued_by", Text, nullable=False),
    Column("valid_until", Date, nullable=False),
    moment("entered_at", nullable=False),
    moment("withdrawn_at"),  # when it was said to be wrong
    info={"thing": Term("资格认定", "entitlement")},
)
# Two participants who are of one family, once both have said so and a clerk has seen a proof.
relatives = Table(
    "relative",
    metadata,
    *root(),
    *place(),
    Column("asked_by_id", Uuid, nullable=False),
    Column("other_id", Uuid, nullable=False),
    *word("kinship", Kinship),
    *word("state", LINK.states),
    moment("asked_at", nullable=False),
    moment("agreed_at"),
    moment("checked_at"),
    Column("checked_by", Text),
    moment("ended_at"),
    CheckConstraint("asked_by_id <> other_id", name="two_people"),
    CheckConstraint("state <> 'checked' OR (agreed_at IS NOT NULL AND checked_by IS NOT NULL)", name="checked_once_both_agree"),
    info={"thing": LINK.thing, "kept": Kept("r4", since="ended_at"), "machine": LINK},
)
Index(
    "relative_linked_once",
    func.least(relatives.c.asked_by_id, relatives.c.other_id),
    func.greatest(relatives.c.asked_by_id, relatives.c.other_id),
    unique=True,
    postgresql_where=relatives.c.ended_at.is_(None),
)
Index(None, relatives.c.asked_by_id)
Index(None, relatives.c.other_id)
newest_first(relatives, relatives.c.id)
stations = Table(
    "station",
    metadata,
    *root(numbered=False),
    *place(),
    Column("name", Text, nullable=False, info=PUBLIC),
    Column("hours", Text, nullable=False, info=PUBLIC),
    moment("closed_at"),
    info={"thing": Term("网点", "station"), "kept": Kept("r8")},
)
newest_first(stations, stations.c.id)
service_kinds = Table(
    "service_kind",
    metadata,
    *root(numbered=False),
    *place(),
    code("service_code"),
    Column("name", Text, nullable=False, info=PUBLIC),
    Column("max_minutes", Integer, nullable=False),
    Column("minors_allowed", Boolean, nullable=False),
    Column("training_required", Text),
    moment("withdrawn_at"),
    CheckConstraint("max_minutes BETWEEN 15 AND 1440", name="takes_a_day_at_most"),
    info={"thing": Term("服务类别", "kind of service"), "kept": Kept("r8")},
)
Index(
    "service_kind_once_in_use",
    service_kinds.c.county_code,
    service_kinds.c.service_code,
    unique=True,
    postgresql_where=service_kinds.c.withdrawn_at.is_(None),
)
newest_first(service_kinds, service_kinds.c.id)
