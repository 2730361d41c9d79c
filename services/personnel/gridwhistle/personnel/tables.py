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

from gridwhistle.common.known import grids_in
from gridwhistle.common.problems import Term
from gridwhistle.common.retention import Kept
from gridwhistle.common.sealed import PUBLIC
from gridwhistle.common.tables import NAMING, code, moment, place, root
from gridwhistle.personnel.domain import REVOKED_FOR

metadata = MetaData(naming_convention=NAMING)

areas = Table(
    "area",
    metadata,
    *root(),
    *place(),
    Column("level", Text, nullable=False),
    Column("name", Text, nullable=False, info=PUBLIC),
    UniqueConstraint("area_code"),
    CheckConstraint("level IN ('county', 'township', 'community')", name="level_is_known"),
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
    Column("kind", Text, nullable=False),
    UniqueConstraint("org"),
    CheckConstraint("kind IN ('township', 'department', 'company')", name="kind_is_known"),
    info={"thing": Term("单位", "organisation"), "kept": Kept("r8")},
)
grids = Table(
    "grid",
    metadata,
    *root(),
    *place(grid=True),
    Column("name", Text, nullable=False, info=PUBLIC),
    Column("kind", Text, nullable=False),
    Column("households", Integer, nullable=False),
    Column("boundary", JSON, nullable=False),
    UniqueConstraint("grid_code"),
    CheckConstraint("kind IN ('general', 'dedicated')", name="kind_is_known"),
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
    Column("employment", Text, nullable=False),
    code("org"),
    CheckConstraint("employment IN ('full_time', 'part_time', 'committee_member')", name="employment_is_known"),
    info={"thing": Term("网格员", "grid worker"), "own": "id", "kept": Kept("r2")},
)
# A child of its worker: changed only by commands that hold the worker.
assignments = Table(
    "assignment",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("worker_id", ForeignKey(workers.c.id), nullable=False, index=True),
    code("grid_code"),
    Column("duty", Text, nullable=False),
    moment("assigned_at", nullable=False),
    UniqueConstraint("worker_id", "grid_code"),
    CheckConstraint("duty IN ('leader', 'full_time', 'part_time', 'guide')", name="duty_is_known"),
)
shifts = Table(
    "shift",
    metadata,
    *root(),
    *place(grid=True),
    Column("worker_id", ForeignKey(workers.c.id), nullable=False),
    Column("state", Text, nullable=False),
    moment("started_at", nullable=False),
    moment("ended_at"),
    CheckConstraint("state IN ('on', 'ended')", name="state_is_known"),
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
    Column("reason_code", Text, nullable=False),
    moment("revoked_at", nullable=False),
    CheckConstraint("reason_code IN ({})".format(", ".join(f"'{code}'" for code in REVOKED_FOR)), name="reason_code_is_known"),
    info={"thing": Term("吊销", "revocation"), "kept": Kept("r7", since="revoked_at")},
)
# A worker is on one shift at a time: the database says so, whatever the code does.
Index("shift_one_at_a_time", shifts.c.worker_id, unique=True, postgresql_where=shifts.c.state == "on")
for _column in (shifts.c.community_code, shifts.c.town_code, shifts.c.county_code):
    Index(f"shift_{_column.name}_newest", _column, shifts.c.started_at.desc(), shifts.c.id.desc())
for _table in (areas, organisations, grids, workers, revocations):
    for _column in (_table.c.community_code, _table.c.town_code, _table.c.county_code):
        Index(f"{_table.name}_{_column.name}_newest", _column, _table.c.id.desc())


GRIDS: Final = grids_in(grids, grids.c.version)
"""The grids as one index for points; a second old at most."""
