"""Responses, their emergency sessions, what is reported while they last, and the thread of all that follows from them."""

from typing import Final

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSON

from gridwhistle.common.events.inventory_responses import EventClass, ReportKind, ResponseLevel
from gridwhistle.common.problems import Term
from gridwhistle.common.retention import Kept
from gridwhistle.common.tables import code, copy, moment, newest_first, place, root, word
from gridwhistle.inventory.responses.domain import EMERGENCY_SESSION, ENDED, RESPONSE, SITUATION
from gridwhistle.inventory.tables import metadata

NUMBERS: Final = ("dead", "missing", "relocated", "urgent_aid", "houses_collapsed", "houses_damaged")
"""What is counted in a report, besides hectares and money."""

sessions: Final = Table(
    "emergency_session",
    metadata,
    *root(),
    *place(),
    *word("state", EMERGENCY_SESSION.states),
    moment("opened_at", nullable=False),
    moment("lifted_at"),
    moment("purge_told_at"),
    moment("purged_at"),
    CheckConstraint("(lifted_at IS NULL) = (state = 'open')", name="lifted_at_iff_lifted"),
    CheckConstraint("(purged_at IS NOT NULL) = (state = 'purged')", name="purged_at_iff_purged"),
    info={"thing": EMERGENCY_SESSION.thing, "kept": Kept("r8"), "machine": EMERGENCY_SESSION},
)
newest_first(sessions, sessions.c.opened_at, sessions.c.id)
session_purges: Final = Table(
    "session_purge",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("session_id", Uuid, ForeignKey(sessions.c.id), nullable=False),
    Column("service", Text, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("certificates", Integer, nullable=False),
    moment("told_at", nullable=False),
    UniqueConstraint("session_id", "service"),
    info={"thing": Term("清除回执", "answer of a service to a purge")},
)

responses: Final = Table(
    "response",
    metadata,
    *root(),
    *place(),
    *word("state", RESPONSE.states),
    *word("event_class", EventClass),
    *word("level", ResponseLevel),
    Column("areas", JSON, nullable=False),
    Column("reason", Text, nullable=False),
    Column("warning_id", Uuid),
    Column("trigger", JSON),  # the numbers by which it was proposed
    Column("correlation_id", Text, nullable=False),
    Column("proposed_by", Text, nullable=False),
    moment("proposed_at", nullable=False),
    moment("phoned_at"),
    moment("written_at"),
    Column("decided_by", Text),
    Column("decided_role", Text),
    moment("decided_at"),
    moment("expected_until"),
    Column("measures", JSON),
    Column("expected_persons", Integer, nullable=False),
    Column("expected_days", Integer, nullable=False),
    Column("volunteers", JSON),  # which service, how many, and when
    Column("session_id", Uuid),
    moment("first_batch_at"),  # when the first supplies came that it was promised
    moment("lifted_at"),
    moment("reviewed_at"),
    Column("findings", Text),
    moment("terminal_at"),
    CheckConstraint("(session_id IS NOT NULL) = (state IN ('active', 'lifted', 'reviewed'))", name="session_iff_it_began"),
    CheckConstraint("(lifted_at IS NOT NULL) = (state IN ('lifted', 'reviewed'))", name="lifted_at_iff_lifted"),
    CheckConstraint("(reviewed_at IS NOT NULL) = (state = 'reviewed')", name="reviewed_at_iff_reviewed"),
    CheckConstraint("(decided_at IS NOT NULL) = (state <> 'proposed')", name="decided_at_iff_decided"),
    CheckConstraint("expected_persons BETWEEN 0 AND 1000000", name="expects_a_county_at_most"),
    CheckConstraint("expected_days BETWEEN 1 AND 100", name="lasts_a_hundred_days_at_most"),
    CheckConstraint("decided_by <> proposed_by", name="who_proposes_does_not_decide"),
    CheckConstraint(
        f"(terminal_at IS NOT NULL) = (state IN ({', '.join(repr(state) for state in ENDED)}))", name="terminal_at_iff_ended"
    ),
    info={"thing": RESPONSE.thing, "kept": Kept("r3", since="terminal_at"), "machine": RESPONSE},
)
newest_first(responses, responses.c.proposed_at, responses.c.id)
Index("response_correlation_id", responses.c.correlation_id)
Index("response_session_id", responses.c.session_id, unique=True)
Index(
    "response_one_of_a_warning",
    responses.c.warning_id,
    unique=True,
    postgresql_where=responses.c.state.in_(("proposed", "active")) & responses.c.warning_id.is_not(None),
)

situations: Final = Table(
    "situation",
    metadata,
    *root(),
    *place(),
    Column("response_id", Uuid, nullable=False),
    *word("state", SITUATION.states),
    *word("level", ("county", "township")),
    Column("missed_times", Integer, nullable=False),
    *(Column(name, Integer, nullable=False) for name in NUMBERS),
    Column("crop_hectares", Numeric(15, 3), nullable=False),
    Column("loss_10k_yuan", Numeric(15, 3), nullable=False),
    moment("data_to"),
    moment("began_at", nullable=False),
    moment("due_at"),  # of the next report
    moment("reported_at"),
    moment("terminal_at"),
    UniqueConstraint("response_id", "area_code"),
    CheckConstraint("(terminal_at IS NOT NULL) = (state = 'done')", name="terminal_at_iff_done"),
    info={"thing": SITUATION.thing, "kept": Kept("r3", since="terminal_at"), "machine": SITUATION},
)
newest_first(situations, situations.c.began_at, situations.c.id)
reports: Final = Table(
    "situation_report",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("situation_id", Uuid, ForeignKey(situations.c.id), nullable=False),
    *word("kind", ReportKind),
    *(Column(name, Integer, nullable=False) for name in NUMBERS),
    Column("crop_hectares", Numeric(15, 3), nullable=False),
    Column("loss_10k_yuan", Numeric(15, 3), nullable=False),
    moment("data_to", nullable=False),
    moment("due_at"),
    moment("submitted_at", nullable=False),
    Column("submitted_by", Text, nullable=False),
    Column("is_late", Boolean, nullable=False),
    Column("skips_level", Boolean, nullable=False),
    Index(None, "situation_id"),
    CheckConstraint(" AND ".join(f"{name} >= 0" for name in NUMBERS), name="counts_are_not_negative"),
    info={"thing": Term("灾情报告", "situation report")},
)

# Volunteers that a response calls for; the time bank makes orders of it.
calls: Final = Table(
    "volunteer_call",
    metadata,
    *root(),
    *place(),
    Column("response_id", Uuid, nullable=False),
    Column("service_code", Text, nullable=False),
    Column("people_needed", Integer, nullable=False),
    moment("start_at", nullable=False),
    moment("end_at", nullable=False),
    moment("called_at", nullable=False),
    UniqueConstraint("response_id", "service_code", "start_at"),
    info={"thing": Term("志愿者招募", "call for volunteers"), "kept": Kept("r2", since="end_at")},
)

# What was told because of a response, by whichever service: one thread.
threads: Final = Table(
    "response_event",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("response_id", Uuid, ForeignKey(responses.c.id), nullable=False),
    Column("event_id", Uuid, nullable=False),  # in the order in which a service told
    Column("event_type", Text, nullable=False),
    Column("thing_id", Uuid, nullable=False),
    code("area_code"),
    Column("actor_role", Text, nullable=False),
    moment("at", nullable=False),
    Index(None, "response_id", "at", "event_id"),
    Index(None, "thing_id"),
    info={"thing": Term("响应事项", "event of a response")},
)

known_areas: Final = copy(
    "known_area",
    metadata,
    code("area_code"),
    Column("level", Text, nullable=False),
    Column("name", Text, nullable=False),
    moment("retired_at"),
    Index(None, "area_code"),
    kept=Kept("r8"),
)
