"""What the personnel service stores."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    cast,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSON, ExcludeConstraint

from gridwhistle.common.database import Db
from gridwhistle.common.events.personnel import Duty, Employment, GridKind, Level, OrganisationKind
from gridwhistle.common.known import Known
from gridwhistle.common.moved import MERGERS_MAX
from gridwhistle.common.places import GridIndex
from gridwhistle.common.problems import Term
from gridwhistle.common.retention import Kept
from gridwhistle.common.sealed import PUBLIC
from gridwhistle.common.tables import NAMING, code, moment, newest_first, place, root, word
from gridwhistle.personnel.domain import (
    GRID,
    SHIFT,
    WORKER,
    AdjustReason,
    RevokedFor,
    UnknownArea,
    UnknownOrg,
)

metadata = MetaData(naming_convention=NAMING)

areas = Table(
    "area",
    metadata,
    *root(),
    *place(),
    *word("level", Level),
    Column("name", Text, nullable=False, info=PUBLIC),
    moment("retired_at"),
    code("merged_into", nullable=True),
    UniqueConstraint("area_code"),
    CheckConstraint("area_code ~ '^[0-9]{12}$'", name="code_has_12_digits"),
    CheckConstraint("merged_into IS NULL OR retired_at IS NOT NULL", name="merged_only_when_retired"),
    CheckConstraint("merged_into <> area_code", name="not_merged_into_itself"),
    info={"thing": Term("区划", "area"), "kept": Kept("r8")},
)
# What other services understand old codes by. Apart from areas, which are many, and few of which they need.
mergers = Table(
    "merger",
    metadata,
    *root(),
    *place(),
    code("merged_into"),
    moment("merged_at", nullable=False),
    UniqueConstraint("area_code"),
    CheckConstraint("merged_into <> area_code", name="not_into_itself"),
    info={"thing": Term("区划合并", "merger"), "kept": Kept("r8")},
)
organisations = Table(
    "organisation",
    metadata,
    *root(),
    code("org"),
    *place(),
    Column("name", Text, nullable=False, info=PUBLIC),
    *word("kind", OrganisationKind),
    moment("retired_at"),
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
    *word("state", GRID.states),
    Column("edition", Integer, nullable=False),
    moment("valid_from"),
    moment("valid_to"),
    UniqueConstraint("grid_code"),
    CheckConstraint("grid_code ~ '^[0-9]{15}$'", name="code_has_15_digits"),
    CheckConstraint("households >= 0", name="households_not_negative"),
    CheckConstraint("valid_from IS NOT NULL OR state NOT IN ('filed', 'adjusting')", name="holds_from_filing_on"),
    CheckConstraint("valid_to IS NULL OR state = 'retired'", name="holds_until_retired"),
    info={"thing": Term("网格", "grid"), "kept": Kept("r8")},
)
# A child of its grid. What holds has a beginning; what is drawn and not filed yet has none.
grid_versions = Table(
    "grid_version",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("grid_id", ForeignKey(grids.c.id), nullable=False),
    Column("edition", Integer, nullable=False),
    Column("name", Text, nullable=False, info=PUBLIC),
    Column("households", Integer, nullable=False),
    Column("boundary", JSON, nullable=False),
    *word("adjust_reason", AdjustReason),
    moment("valid_from"),
    moment("valid_to"),
    UniqueConstraint("grid_id", "edition"),
    CheckConstraint("edition > 0", name="counts_from_one"),
    CheckConstraint("valid_to >= valid_from", name="ends_after_it_begins"),
    CheckConstraint("valid_to IS NULL OR valid_from IS NOT NULL", name="ends_only_when_begun"),
    # Looked at when the statement is done: it ends one version and begins the next, in no promised order.
    ExcludeConstraint(
        ("grid_id", "="),
        using="btree",
        where=text("valid_from IS NOT NULL AND valid_to IS NULL"),
        deferrable=True,
        initially="IMMEDIATE",
        name="grid_version_holds_one_at_a_time",
    ),
)
Index("grid_version_drawn_one_at_a_time", grid_versions.c.grid_id, unique=True, postgresql_where=text("valid_from IS NULL"))
# A child of its grid.
micro_grids = Table(
    "micro_grid",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("grid_id", ForeignKey(grids.c.id), nullable=False, index=True),
    code("micro_grid_code"),
    Column("name", Text, nullable=False, info=PUBLIC),
    Column("households", Integer, nullable=False),
    UniqueConstraint("micro_grid_code"),
    CheckConstraint("micro_grid_code ~ '^[0-9]{17}$'", name="code_has_17_digits"),
    CheckConstraint("households >= 0", name="households_not_negative"),
)
workers = Table(
    "worker",
    metadata,
    *root(),
    *place(),
    Column("name", Text, nullable=False, info=PUBLIC),  # published on the posting board by law
    *word("employment", Employment),
    code("org"),
    *word("state", WORKER.states),
    Column("contract_from", Date),
    Column("contract_to", Date),
    Column("contract_signed_on", Date),
    Column("confidentiality_signed_on", Date),
    moment("exited_at"),  # or rejected: from then on they are kept for so long
    CheckConstraint("contract_to >= contract_from", name="contract_ends_after_it_begins"),
    CheckConstraint("exited_at IS NOT NULL OR state <> 'exited'", name="exited_at_some_time"),
    CheckConstraint("exited_at IS NULL OR state IN ('exited', 'rejected')", name="exited_at_only_when_over"),
    info={"thing": Term("网格员", "grid worker"), "own": "id", "kept": Kept("r2", since="exited_at")},
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
    moment("ended_at"),
    CheckConstraint("ended_at >= assigned_at", name="ends_after_it_begins"),
    Index(None, "grid_code"),
)
Index(
    "assignment_once_while_it_lasts",
    assignments.c.worker_id,
    assignments.c.grid_code,
    unique=True,
    postgresql_where=assignments.c.ended_at.is_(None),
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
# Who could be called when a response (应急响应) began, counted; who it is, their township knows.
rosters = Table(
    "roster",
    metadata,
    *root(),
    *place(),
    Column("response_id", Uuid, nullable=False),
    Column("workers", Integer, nullable=False),
    Column("on_shift", Integer, nullable=False),
    moment("counted_at", nullable=False),
    UniqueConstraint("response_id"),
    info={"thing": Term("可调度网格员", "roster of a response"), "kept": Kept("r2", since="counted_at")},
)
# A worker is on one shift at a time: the database says so, whatever the code does.
Index("shift_one_at_a_time", shifts.c.worker_id, unique=True, postgresql_where=shifts.c.state == "on")
newest_first(shifts, shifts.c.started_at, shifts.c.id)
for _table in (areas, organisations, grids, workers, revocations):
    newest_first(_table, _table.c.id)


@dataclass(frozen=True, slots=True)
class Filed:
    """The grids that hold: which one a point lies in, and which edition of it holds."""

    index: GridIndex
    editions: Mapping[str, int]


async def _filed(db: Db) -> Filed:
    columns = grids.c.grid_code, grids.c.edition, cast(grids.c.boundary, Text).label("boundary")
    rows = await db.fetch(select(*columns).where(grids.c.state.in_(("filed", "adjusting"))))
    index = GridIndex([row.grid_code for row in rows], [row.boundary for row in rows])
    return Filed(index, {row.grid_code: row.edition for row in rows})


GRIDS: Final = Known(select(func.count(), func.sum(grids.c.version)), _filed)
"""The grids as one index for points; a second old at most."""


async def area_of(db: Db, area_code: str) -> str:
    """Return the code that an area has today: its own, or that of the area it was merged into.

    Raises:
        UnknownArea: there is no such area, or it was retired for none.
    """
    asked = area_code
    for _ in range(MERGERS_MAX):
        area = await db.first(select(areas.c.retired_at, areas.c.merged_into).where(areas.c.area_code == area_code))
        if area is None or (area.retired_at and not area.merged_into):
            break
        if not area.merged_into:
            if area_code != asked:
                db.moved[asked] = area_code
            return area_code
        area_code = area.merged_into
    raise UnknownArea


async def check_org(db: Db, org: str) -> None:
    """Check that an organisation is there and in use.

    Raises:
        UnknownOrg: it is not.
    """
    if not await db.first(select(organisations.c.id).where(organisations.c.org == org, organisations.c.retired_at.is_(None))):
        raise UnknownOrg
