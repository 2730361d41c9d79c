"""What the personnel service stores."""

from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSON

from gridwhistle.common.events.personnel import Duty, GridKind, Level, OrganisationKind
from gridwhistle.common.known import grids_in
from gridwhistle.common.problems import Term
from gridwhistle.common.retention import Kept
from gridwhistle.common.sealed import PUBLIC
from gridwhistle.common.tables import NAMING, code, moment, newest_first, place, root, word
from gridwhistle.personnel.domain import SHIFT, Employment, RevokedFor

metadata = MetaData(naming_convention=NAMING)

areas = Table(
    "area",
    metadata,
    *root(),
    *place(),
    *word("level", Level),
    Column("name", Text, nullable=False, info=PUBLIC),
    UniqueConstraint("area_code"),
    CheckConstraint("area_code ~ '^[0-9]{12}$'", name="code_has_12_digits"),
    info={"thing": Term("区划", "area"), "kept": Kept("r8")},
)
organisations = Table(
    "organisation",
    metadata,
    *root(),
    code("org"),
    *place(),
    Column("name", Text, nullable=False, info=PUBLIC),
    *word("kind", OrganisationKind),
    UniqueConstraint("org"),
    info={"thing": Term("单位", "organisation"), "kept": Kept("r8")},
)
grids = Table(
    "grid",
    metadata,
    *root(),
    *place(grid=True),
    Column("name", Text, nullable=False, info=PUBLIC),
    *word("kind", GridKind),
    Column("households", Integer, nullable=False),
    Column("boundary", JSON, nullable=False),
    UniqueConstraint("grid_code"),
    CheckConstraint("grid_code ~ '^[0-9]{15}$'", name="code_has_15_digits"),
    CheckConstraint("households >= 0", name="households_not_negative"),
    info={"thing": Term("网格", "grid"), "kept": Kept("r8")},
)
workers = Table(
    "worker",
    metadata,
    *root(),
    *place(),
    Column("name", Text, nullable=False, info=PUBLIC),  # published on the posting board by law
    *word("employment", Employment),
    code("org"),
    info={"thing": Term("网格员", "grid worker"), "own": "id", "kept": Kept("r2")},
)
# A child of its worker: changed only by commands that hold the worker.
assignments = Table(
    "assignment",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("worker_id", ForeignKey(workers.c.id), nullable=False, index=True),
    code("grid_code"),
    *word("duty", Duty),
    moment("assigned_at", nullable=False),
    UniqueConstraint("worker_id", "grid_code"),
)
shifts = Table(
    "shift",
    metadata,
    *root(),
    *place(grid=True),
    Column("worker_id", ForeignKey(workers.c.id), nullable=False),
    *word("state", SHIFT.states),
    moment("started_at", nullable=False),
    moment("ended_at"),
    CheckConstraint("(ended_at IS NOT NULL) = (state = 'ended')", name="ended_at_iff_ended"),
    CheckConstraint("ended_at >= started_at", name="ends_after_it_starts"),
    info={"thing": Term("班次", "shift"), "kept": Kept("r2", since="ended_at")},
)
revocations = Table(
    "revocation",
    metadata,
    *root(),
    *place(),
    Column("subject_id", Text, nullable=False),
    *word("reason_code", RevokedFor),
    moment("revoked_at", nullable=False),
    info={"thing": Term("吊销", "revocation"), "kept": Kept("r7", since="revoked_at")},
)
# A worker is on one shift at a time: the database says so, whatever the code does.
Index("shift_one_at_a_time", shifts.c.worker_id, unique=True, postgresql_where=shifts.c.state == "on")
newest_first(shifts, shifts.c.started_at, shifts.c.id)
for _table in (areas, organisations, grids, workers, revocations):
    newest_first(_table, _table.c.id)


GRIDS: Final = grids_in(grids, grids.c.version)
"""The grids as one index for points; a second old at most."""
