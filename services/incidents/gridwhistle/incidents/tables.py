"""What the incidents service stores: incidents, and copies of what personnel tells."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.schema import SchemaItem

from gridwhistle.common.clocks import LATE
from gridwhistle.common.database import Db
from gridwhistle.common.editions import grid_copies, grids_in
from gridwhistle.common.events.incidents import Urgency
from gridwhistle.common.machine import Machine
from gridwhistle.common.problems import Term
from gridwhistle.common.retention import Kept
from gridwhistle.common.sealed import PUBLIC
from gridwhistle.common.tables import LEVELS, NAMING, code, copy, emergency_session, moment, newest_first, place, root, word
from gridwhistle.incidents.children import ADJUSTMENT, OBJECTION, TASK
from gridwhistle.incidents.domain import ENDED, INCIDENT, checker_among
from gridwhistle.incidents.limits import in_a_response
from gridwhistle.incidents.refusals import UnknownOrganisation

LOOKED_AT: Final = ("verifying", "checking")
"""States in which a worker of the grid has to look."""
_DISPATCHED: Final = (
    "dispatched",
    "objected",
    "disputed",
    "in_progress",
    "suspended",
    "dept_review",
    "handled",
    "checking",
    "checked",
    "rework",
)
_FILED: Final = ("filed", *_DISPATCHED)


def _among(*states: str) -> str:
    listed = ", ".join(f"'{state}'" for state in states)
    return f"state IN ({listed})"


metadata = MetaData(naming_convention=NAMING)

incidents = Table(
    "incident",
    metadata,
    *root(),
    *place(grid=False),
    *emergency_session(),
    Column("grid_id", Uuid),  # the grid of the day it was found, and its edition of that day, however it is drawn since
    Column("grid_edition", Integer),
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
    Column("tracking_hash", LargeBinary),  # of the token by which who reported can follow it
    Column("handled_by", Text),
    Column("checker_id", Uuid),
    moment("found_at", nullable=False),
    moment("reported_at", nullable=False),
    Column("filed_by", Text),
    Column("standard_id", Uuid),  # the case standard (立案条件) that it was filed under
    Column("handle_amount", Integer),  # how long handling may take, where its standard says so
    Column("handle_unit", Text),
    Column("grade", Text),  # how fast it has to be handled, where no standard says so
    Column("handler_id", Text),  # whom the desk named
    Column("complained_org", Text),
    Column("parent_id", Uuid),
    Column("response_id", Uuid),  # the response (应急响应) during which it was reported
    Column("reason_code", Text),  # why it was rejected, sent elsewhere or voided
    Column("sent_to", Text),  # where the law sends it
    Column("verified_as", Text),
    Column("unclear_by", Uuid),  # the worker who could not tell; the next who cannot is the last
    Column("asked_for", Text),  # the open request for time, and how far it came; the request itself is a row of its own
    Column("asked_stage", Text),
    Column("void_asked_by", Text),
    Column("mediation", Text),  # how far mediation came with it, and its number there
    Column("mediation_no", Text),
    *(Column(f"{told}_times", Integer) for told in ("objected", "extended", "suspended", "rework", "reopened")),
    *(
        Column(name, Boolean)
        for name in (
            *("is_sampled", "is_fixed", "is_not_refusable", "is_contested", "is_callback_only", "is_overdue", "is_final"),
        )
    ),
    *(moment(f"{state}_at") for state in ("accepted", "filed", "dispatched", "signed", "handled", "checked", "closed")),
    moment("terminal_at"),
    moment(LATE),
    UniqueConstraint("incident_no"),
    CheckConstraint("(lon IS NULL) = (lat IS NULL)", name="lon_iff_lat"),
    CheckConstraint("(grid_id IS NULL) = (grid_edition IS NULL)", name="grid_id_iff_grid_edition"),
    CheckConstraint("(ref_system IS NULL) = (ref_code IS NULL)", name="ref_system_iff_ref_code"),
    CheckConstraint("closed_at IS NULL OR state IN ('closed', 'archived')", name="closed_at_only_when_closed"),
    CheckConstraint("closed_at IS NOT NULL OR state <> 'closed'", name="closed_has_its_time"),
    # The release before this one ends incidents without it.
    CheckConstraint(f"terminal_at IS NULL OR {_among(*ENDED, 'archived')}", name="terminal_at_only_when_ended"),
    CheckConstraint(f"category IS NOT NULL OR NOT ({_among(*_FILED)})", name="category_from_filed_on"),
    CheckConstraint(f"grid_code IS NOT NULL OR NOT ({_among(*_FILED)})", name="grid_from_filed_on"),
    CheckConstraint(f"lead_org IS NOT NULL OR NOT ({_among(*_DISPATCHED)})", name="lead_org_from_dispatched_on"),
    CheckConstraint("(parent_id IS NULL) OR state IN ('merged', 'archived')", name="parent_only_when_merged"),
    CheckConstraint("parent_id <> id", name="is_not_its_own_parent"),
    CheckConstraint("complained_org IS NULL OR lead_org IS NULL OR complained_org <> lead_org", name="no_house_judges_itself"),
    CheckConstraint("(asked_for IS NULL) = (asked_stage IS NULL)", name="asked_for_iff_asked_stage"),
    CheckConstraint("grade IN ('at_once', 'soon', 'ordinary', 'complex')", name="grade_is_known"),
    CheckConstraint("asked_for IS NULL OR state = 'in_progress'", name="time_is_asked_for_in_progress"),
    CheckConstraint("mediation IN ('asked', 'accepted', 'agreed', 'refused')", name="mediation_is_known"),
    CheckConstraint("state <> 'converted' OR mediation = 'accepted'", name="converted_to_mediation"),
    CheckConstraint("checker_id IS NULL OR checker_id::text <> handled_by", name="nobody_checks_what_they_handled"),
    info={"thing": INCIDENT.thing, "kept": Kept("r2", since="terminal_at"), "machine": INCIDENT, "limits": in_a_response},
)
Index("incident_of_response", incidents.c.response_id, postgresql_where=incidents.c.response_id.is_not(None))
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
    "incident_overdue_newest",
    *(*_newest, incidents.c.state, incidents.c.category, incidents.c.lead_org, *_where, incidents.c.county_code),
    postgresql_where=incidents.c[LATE].is_not(None),
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
    postgresql_where=incidents.c.state.in_(LOOKED_AT),
)


def _hangs_on_an_incident(name: str, machine: Machine, *columns: SchemaItem) -> Table:
    """Return a table whose rows belong to an incident and are changed through it alone."""
    return Table(
        name,
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("incident_id", Uuid, ForeignKey("incident.id", ondelete="CASCADE"), nullable=False, index=True),
        *word("state", machine.states),
        Column("asked_by", Text, nullable=False),
        moment("asked_at", nullable=False),
        moment("answered_at"),
        *columns,
        info={"thing": machine.thing},
    )


adjustments = _hangs_on_an_incident(
    "adjustment",
    ADJUSTMENT,
    *word("kind", ("extension", "suspension", "void")),
    Column("reason_code", Text, nullable=False),
    Column("days", Integer),  # of a suspension
    Column("subject_id", Text, nullable=False),  # who asks: never who approves
    Column("approved_by", Text),
    CheckConstraint("(kind = 'suspension') = (days IS NOT NULL)", name="days_iff_suspension"),
)
Index(
    "adjustment_one_waits",
    adjustments.c.incident_id,
    adjustments.c.kind == "void",
    unique=True,
    postgresql_where=adjustments.c.state.in_(("requested", "endorsed", "asked")),
)
objections = _hangs_on_an_incident("objection", OBJECTION, Column("org", Text))
Index("objection_one_waits", objections.c.incident_id, unique=True, postgresql_where=objections.c.state == "raised")
tasks = _hangs_on_an_incident(
    "task",
    TASK,
    *word("kind", ("verification", "check")),
    Column("worker_id", Uuid),  # who answered
    Column("result", Text),
    CheckConstraint("result IN ('yes', 'no', 'unclear')", name="result_is_known"),
    CheckConstraint("(state = 'answered') = (result IS NOT NULL AND worker_id IS NOT NULL)", name="answered_iff_result"),
)
Index("task_one_waits", tasks.c.incident_id, unique=True, postgresql_where=tasks.c.state == "given")
callbacks = Table(
    "callback",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("incident_id", Uuid, ForeignKey("incident.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("attempt_no", Integer, nullable=False),
    Column("called_by", Text, nullable=False),
    moment("called_at", nullable=False),
    Column("is_reached", Boolean, nullable=False),
    Column("is_resolved", Boolean),
    Column("satisfaction", Text),
    UniqueConstraint("incident_id", "attempt_no"),
    CheckConstraint(
        "satisfaction IN ('satisfied', 'fairly_satisfied', 'dissatisfied', 'no_answer')", name="satisfaction_is_known"
    ),
    CheckConstraint("is_reached = (is_resolved IS NOT NULL AND satisfaction IS NOT NULL)", name="says_something_iff_reached"),
    info={"thing": Term("回访", "callback")},
)
volunteer_works = Table(
    "volunteer_work",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("incident_id", Uuid, ForeignKey("incident.id", ondelete="CASCADE"), nullable=False),
    Column("participant_id", Uuid, nullable=False),
    Column("service_code", Text, nullable=False),
    moment("started_at", nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("told_by", Text, nullable=False),
    moment("told_at", nullable=False),
    UniqueConstraint("incident_id", "participant_id"),
    CheckConstraint("minutes BETWEEN 1 AND 1440", name="takes_a_day_at_most"),
    info={"thing": Term("志愿服务", "volunteer work")},
)
CHILDREN: Final = (adjustments, objections, tasks, callbacks, volunteer_works)

known_grids, known_grid_editions = grid_copies(metadata)
known_organisations = copy(
    "known_organisation",
    metadata,
    code("org"),
    Column("name", Text, nullable=False, info=PUBLIC),
    code("area_code", nullable=True),
    Column("kind", Text),
    moment("retired_at"),
    Index(None, "org"),
    kept=Kept("r8"),
)
# Responses that inventory told of: one that runs makes what is reported in its areas a part of it.
running_responses = Table(
    "running_response",
    metadata,
    *root(),
    *place(),
    Column("response_id", Uuid, nullable=False),
    Column("session_id", Uuid),
    Column("areas", JSON, nullable=False),
    moment("began_at", nullable=False),
    moment("ended_at"),
    UniqueConstraint("response_id"),
    info={"thing": Term("应急响应", "response"), "kept": Kept("r2", since="ended_at")},
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


GRIDS: Final = grids_in(known_grids, known_grid_editions)
"""The grids that personnel told of, as one index for points and days; a second old at most."""


async def known_organisation(db: Db, org: str) -> Any:
    """Return what personnel told of an organisation; of one that it told of long ago, `kind` and `area_code` may be missing.

    Raises:
        UnknownOrganisation: personnel told of no such organisation.
    """
    found = await db.first(select(known_organisations).where(known_organisations.c.org == org))
    if found is None:
        raise UnknownOrganisation
    return found


async def next_checker(db: Db, incident: Any) -> UUID | None:
    """Return the worker who shall look at an incident, from what personnel told of shifts; None while nobody is on shift."""
    on_shift = await db.fetch(
        select(known_shifts.c.worker_id).where(
            known_shifts.c.grid_code == incident.grid_code, known_shifts.c.ended_at.is_(None)
        )
    )
    open_checks = await db.fetch(
        select(incidents.c.checker_id, func.count().label("checks"))
        .where(incidents.c.grid_code == incident.grid_code, incidents.c.state.in_(LOOKED_AT))
        .group_by(incidents.c.checker_id)
    )
    worker: UUID | None = checker_among(
        [row.worker_id for row in on_shift],
        {incident.handled_by, incident.unclear_by and str(incident.unclear_by)},
        {row.checker_id: row.checks for row in open_checks},
        incident.checker_id,
    )
    return worker
