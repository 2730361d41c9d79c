"""Committees, mediators and what they have been trained in (调委会、调解员、培训)."""

from typing import Final

from sqlalchemy import Boolean, CheckConstraint, Column, Date, ForeignKey, Index, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSON

from gridwhistle.common.events.mediation import CommitteeKind, MediatorKind
from gridwhistle.common.problems import Term
from gridwhistle.common.retention import Kept
from gridwhistle.common.sealed import PUBLIC
from gridwhistle.common.tables import code, moment, newest_first, place, root, word
from gridwhistle.mediation.committees.states import COMMITTEE, MEDIATOR
from gridwhistle.mediation.tables import metadata

committees: Final = Table(
    "committee",
    metadata,
    *root(),
    *place(),
    Column("name", Text, nullable=False, info=PUBLIC),
    Column("short_name", Text, nullable=False, info=PUBLIC),  # which begins the numbers of its files
    *word("kind", CommitteeKind),
    Column("industries", JSON),  # an industry's committee takes on these kinds of dispute, and no others
    *word("state", COMMITTEE.states),
    Column("seal_no", Text),
    Column("chair_id", Uuid),
    # Said by whoever put it on file; of whom it is true is nobody's business here.
    Column("has_women", Boolean, nullable=False),
    Column("mirrors_mixed_area", Boolean, nullable=False),
    Column("elected_on", Date, nullable=False),
    Column("term_end_on", Date, nullable=False),
    moment("set_up_at", nullable=False),
    moment("filed_at"),
    Column("file_year", Integer),  # the year of its last file, and the file's number in it
    Column("file_no_last", Integer, nullable=False),
    moment("terminal_at"),
    CheckConstraint("term_end_on > elected_on", name="term_ends_after_it_begins"),
    CheckConstraint("(industries IS NOT NULL) = (kind = 'industry')", name="industries_iff_of_an_industry"),
    CheckConstraint("state <> 'filed' OR (seal_no IS NOT NULL AND chair_id IS NOT NULL)", name="filed_has_seal_and_chair"),
    CheckConstraint("(terminal_at IS NOT NULL) = (state = 'dissolved')", name="terminal_at_iff_dissolved"),
    CheckConstraint("file_no_last >= 0 AND (file_no_last = 0 OR file_year IS NOT NULL)", name="files_are_counted_by_year"),
    info={"thing": COMMITTEE.thing, "kept": Kept("r3", since="terminal_at"), "machine": COMMITTEE},
)
newest_first(committees, committees.c.id)
Index("committee_short_name_once", committees.c.county_code, committees.c.short_name, unique=True)

# Who mediates is named in public, so the name is no secret; nothing else about them is kept.
mediators: Final = Table(
    "mediator",
    metadata,
    *root(),
    *place(),
    Column("name", Text, nullable=False, info=PUBLIC),
    *word("kind", MediatorKind),
    *word("state", MEDIATOR.states),
    Column("committee_id", Uuid),
    Column("is_member", Boolean, nullable=False),
    Column("is_full_time", Boolean, nullable=False),
    Column("worker_id", Uuid),  # of a grid worker who mediates as well
    code("org", nullable=True),
    Column("licence_no", Text, info=PUBLIC),
    Column("specialties", JSON, nullable=False),
    Column("grade", Text),
    Column("appointed_on", Date, nullable=False),
    Column("term_end_on", Date),
    Column("insured_until", Date),
    Column("training_hours", Integer, nullable=False),
    Column("recalled_for", Text),
    moment("registered_at", nullable=False),
    moment("terminal_at"),
    CheckConstraint("grade IN ('first', 'second', 'third', 'fourth')", name="grade_is_known"),
    CheckConstraint("NOT is_member OR (committee_id IS NOT NULL AND kind = 'elected')", name="members_are_elected"),
    CheckConstraint("committee_id IS NOT NULL OR kind NOT IN ('elected', 'appointed')", name="committee_has_its_own"),
    CheckConstraint("kind <> 'lawyer' OR (org IS NOT NULL AND licence_no IS NOT NULL)", name="lawyers_have_a_licence"),
    CheckConstraint("kind <> 'police' OR org IS NOT NULL", name="police_have_a_station"),
    CheckConstraint("term_end_on > appointed_on", name="term_ends_after_it_begins"),
    CheckConstraint("training_hours >= 0", name="training_is_not_negative"),
    CheckConstraint("(recalled_for IS NOT NULL) = (state = 'recalled')", name="recalled_for_something"),
    CheckConstraint("(terminal_at IS NOT NULL) = (state = 'recalled')", name="terminal_at_iff_recalled"),
    info={"thing": MEDIATOR.thing, "own": "id", "kept": Kept("r3", since="terminal_at"), "machine": MEDIATOR},
)
newest_first(mediators, mediators.c.id)
Index(None, mediators.c.committee_id)
Index("mediator_worker_id", mediators.c.worker_id, postgresql_where=mediators.c.worker_id.is_not(None))
trainings: Final = Table(
    "mediator_training",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("mediator_id", Uuid, ForeignKey(mediators.c.id), nullable=False, index=True),
    Column("course", Text, nullable=False, info=PUBLIC),
    Column("hours", Integer, nullable=False),
    Column("held_on", Date, nullable=False),
    Column("entered_by", Text, nullable=False),
    CheckConstraint("hours BETWEEN 1 AND 400", name="takes_some_hours"),
    info={"thing": Term("培训记录", "training")},
)
