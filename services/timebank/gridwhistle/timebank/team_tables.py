"""Teams, who is in them, what they did together, and who was there (志愿队、队员、活动、点名)."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, Uuid

from gridwhistle.common.problems import Term
from gridwhistle.common.retention import Kept
from gridwhistle.common.sealed import PUBLIC
from gridwhistle.common.tables import code, moment, newest_first, place, root, word
from gridwhistle.timebank.tables import metadata
from gridwhistle.timebank.team_states import ACTIVITY, TEAM

teams = Table(
    "team",
    metadata,
    *root(),
    *place(),
    Column("name", Text, nullable=False, info=PUBLIC),
    *word("state", TEAM.states),
    Column("leader_id", Uuid, nullable=False),
    moment("founded_at", nullable=False),
    moment("terminal_at"),
    CheckConstraint("(terminal_at IS NOT NULL) = (state = 'disbanded')", name="terminal_at_iff_disbanded"),
    info={"thing": TEAM.thing, "kept": Kept("r2", since="terminal_at"), "machine": TEAM},
)
newest_first(teams, teams.c.id)
members = Table(
    "member",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("team_id", Uuid, ForeignKey(teams.c.id), nullable=False, index=True),
    Column("participant_id", Uuid, nullable=False),
    moment("asked_at", nullable=False),
    moment("joined_at"),
    moment("left_at"),
    info={"thing": Term("队员", "member")},
)
Index("member_once", members.c.team_id, members.c.participant_id, unique=True, postgresql_where=members.c.left_at.is_(None))
activities = Table(
    "activity",
    metadata,
    *root(),
    *place(),
    Column("team_id", Uuid, nullable=False, index=True),
    Column("leader_id", Uuid, nullable=False),
    *word("state", ACTIVITY.states),
    code("service_code"),
    Column("name", Text, nullable=False, info=PUBLIC),
    moment("start_at", nullable=False),
    moment("end_at", nullable=False),
    Column("people_present", Integer),
    Column("issued_minutes", Integer),
    moment("terminal_at"),
    CheckConstraint("end_at > start_at", name="ends_after_it_begins"),
    CheckConstraint("(issued_minutes IS NOT NULL) = (state = 'confirmed')", name="issued_iff_confirmed"),
    info={"thing": ACTIVITY.thing, "plural": "activities", "kept": Kept("r2", since="terminal_at"), "machine": ACTIVITY},
)
newest_first(activities, activities.c.id)
presences = Table(
    "presence",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("activity_id", Uuid, ForeignKey(activities.c.id), nullable=False),
    Column("participant_id", Uuid, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("call_no", Integer, nullable=False),  # the last roll that was called counts
    UniqueConstraint("activity_id", "participant_id", "call_no"),
    CheckConstraint("minutes BETWEEN 1 AND 1440", name="is_there_a_day_at_most"),
    info={"thing": Term("点名记录", "presence")},
)
Index(None, presences.c.participant_id)
