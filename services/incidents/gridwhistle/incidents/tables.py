"""What the incidents service stores: incidents, and copies of what personnel tells."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    Double,
    Index,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import JSON

from gridwhistle.common.database import Db
from gridwhistle.common.events.incidents import Urgency
from gridwhistle.common.known import grids_in
from gridwhistle.common.problems import Term
from gridwhistle.common.retention import Kept
from gridwhistle.common.sealed import PUBLIC
from gridwhistle.common.tables import LEVELS, NAMING, code, copy, moment, newest_first, place, root, word
from gridwhistle.incidents.domain import INCIDENT, checker_among

metadata = MetaData(naming_convention=NAMING)

incidents = Table(
    "incident",
    metadata,
    *root(),
    *place(grid=False),
    Column("incident_no", Text, nullable=False),
    *word("state", INCIDENT.states),
    Column("request_type", Text),
    Column("source", Text, nullable=False),
    *word("urgency", Urgency),
    Column("title", Text, nullable=False),
    Column("description", Text),
    Column("category", Text),
    Column("lon", Double),
    Column("lat", Double),
    Column("coord_sys", Text),
    Column("address_text", Text),
    Column("ref_system", Text),  # the caller's own number for it, by which a second report of the same thing is known
    Column("ref_code", Text),
    Column("attachments", JSON),  # a line for each, as it is shown: reading an incident stays one query
    Column("lead_org", Text),
    Column("reported_by", Text, nullable=False),
    Column("handled_by", Text),
    Column("checker_id", Uuid),
    moment("found_at", nullable=False),
    moment("reported_at", nullable=False),
    *(moment(f"{state}_at") for state in ("accepted", "filed", "dispatched", "signed", "handled", "checked", "closed")),
    UniqueConstraint("incident_no"),
    CheckConstraint("(lon IS NULL) = (lat IS NULL)", name="lon_iff_lat"),
    CheckConstraint("(ref_system IS NULL) = (ref_code IS NULL)", name="ref_system_iff_ref_code"),
    CheckConstraint("(closed_at IS NOT NULL) = (state = 'closed')", name="closed_at_iff_closed"),
    CheckConstraint("category IS NOT NULL OR state IN ('reported', 'accepted')", name="category_from_filed_on"),
    CheckConstraint("grid_code IS NOT NULL OR state IN ('reported', 'accepted')", name="grid_from_filed_on"),
    CheckConstraint("lead_org IS NOT NULL OR state IN ('reported', 'accepted', 'filed')", name="lead_org_from_dispatched_on"),
    CheckConstraint("checker_id IS NULL OR checker_id::text <> handled_by", name="nobody_checks_what_they_handled"),
    info={"thing": INCIDENT.thing, "kept": Kept("r2", since="closed_at")},
)
# Lists are by area and time; level columns keep them fast however many incidents there are, and the open copies stay small.
_newest = incidents.c.reported_at.desc(), incidents.c.id.desc()
_where = incidents.c.grid_code, incidents.c.community_code, incidents.c.town_code
newest_first(incidents, incidents.c.reported_at, incidents.c.id, levels=(*LEVELS, "grid_code"))
# What two filters ask for is found within one index, which the columns behind the order are there for: rows that do not
# belong are passed over without being read. `bench/lists.py` measures every pair.
Index(
    "incident_open_newest",
    *(incidents.c.state, *_newest, incidents.c.category, incidents.c.lead_org, *_where),
    postgresql_where=incidents.c.state.not_in(["closed", "archived"]),  # where nearly all of them end
)
Index(
    "incident_category_newest",
    *(incidents.c.category, *_newest, incidents.c.state, incidents.c.lead_org, *_where),
    postgresql_where=incidents.c.category.is_not(None),
)
Index(
    "incident_ref_once",
    incidents.c.county_code,
    incidents.c.ref_system,
    incidents.c.ref_code,
    unique=True,
    postgresql_where=incidents.c.ref_code.is_not(None),
)
Index(
    "incident_org_newest",
    *(incidents.c.lead_org, *_newest, incidents.c.state, incidents.c.category, *_where),
    postgresql_where=incidents.c.lead_org.is_not(None),
)
Index(
    "incident_checks",
    incidents.c.grid_code,
    incidents.c.checker_id,
    postgresql_where=incidents.c.state == "checking",
)

known_grids = copy(
    "known_grid",
    metadata,
    *place(grid=True),
    Column("name", Text, nullable=False, info=PUBLIC),
    Column("boundary", JSON, nullable=False),
    Index(None, "grid_code"),
    thing=Term("网格", "grid"),
    kept=Kept("r8"),
)
known_organisations = copy(
    "known_organisation",
    metadata,
    code("org"),
    Column("name", Text, nullable=False, info=PUBLIC),
    Index(None, "org"),
    kept=Kept("r8"),
)
known_shifts = copy(
    "known_shift",
    metadata,
    Column("worker_id", Uuid, nullable=False),
    code("grid_code"),
    moment("started_at", nullable=False),
    moment("ended_at"),
    kept=Kept("r0", since="ended_at"),
)
Index("known_shift_on", known_shifts.c.grid_code, postgresql_where=known_shifts.c.ended_at.is_(None))


GRIDS: Final = grids_in(known_grids, known_grids.c.event_no)
"""The grids that personnel told of, as one index for points; a second old at most."""


async def next_checker(db: Db, incident: Any) -> UUID | None:
    """Return the worker who shall check an incident, from what personnel told of shifts; None while nobody is on shift."""
    on_shift = await db.fetch(
        select(known_shifts.c.worker_id).where(
            known_shifts.c.grid_code == incident.grid_code, known_shifts.c.ended_at.is_(None)
        )
    )
    open_checks = await db.fetch(
        select(incidents.c.checker_id, func.count().label("checks"))
        .where(incidents.c.grid_code == incident.grid_code, incidents.c.state == "checking")
        .group_by(incidents.c.checker_id)
    )
    worker: UUID | None = checker_among(
        [row.worker_id for row in on_shift],
        incident.handled_by,
        {row.checker_id: row.checks for row in open_checks},
        incident.checker_id,
    )
    return worker
