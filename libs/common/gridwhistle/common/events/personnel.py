"""What the personnel service tells: areas, organisations, grids, workers and their shifts."""

from typing import Annotated, Literal

from pydantic import Field

from gridwhistle.common.data_classes import OPEN, P0, P1, Count, Instant, PublicName, ThingId, Word
from gridwhistle.common.events import Event
from gridwhistle.common.events.inventory import SessionPurged
from gridwhistle.common.events.timebank_orders import ServiceCode
from gridwhistle.common.ids import ActorId, AreaCode, GridCode, OrgCode
from gridwhistle.common.places import CheckedGeoJson

Level = Literal["county", "township", "community"]
OrganisationKind = Literal["township", "department", "company", "committee"]
"""A committee is that of a village or of residents (村民委员会、居民委员会)."""
GridKind = Literal["general", "dedicated"]
Duty = Literal["leader", "full_time", "part_time", "guide"]
Employment = Literal["full_time", "part_time", "committee_member"]
GridState = Literal["draft", "agreed", "filed", "adjusting", "retired"]
GRIDS_MAX = 200


class AreaChanged(Event, type="gw.personnel.area.changed.v1"):
    """An area came into being or was changed; the whole of it."""

    area_code: AreaCode
    level: Annotated[Level, OPEN, P0]
    name: PublicName
    retired_at: Instant | None = None
    merged_into: AreaCode | None = None


class AreaMerged(Event, type="gw.personnel.merger.made.v1"):
    """An area is part of another from now on, whose code is understood for its own. Told apart from areas, which are many."""

    area_code: AreaCode
    merged_into: AreaCode


class OrganisationChanged(Event, type="gw.personnel.organisation.changed.v1"):
    """An organisation came into being or was changed; the whole of it."""

    org: OrgCode
    name: PublicName
    kind: Annotated[OrganisationKind, OPEN, P0]
    area_code: AreaCode
    retired_at: Instant | None = None


class GridChanged(Event, type="gw.personnel.grid.changed.v1"):
    """A grid was filed, adjusted or retired; the whole of it as it holds, its boundary as GeoJSON in WGS-84 included."""

    grid_code: GridCode
    name: PublicName
    kind: Annotated[GridKind, OPEN, P0]
    households: Count
    version: Count
    boundary: Annotated[CheckedGeoJson, P0]
    state: Annotated[GridState, OPEN, P0] = "filed"
    edition: Annotated[Count, Field(description="Which version of the grid this is, counted from 1 as they were drawn.")] = 1
    valid_from: Instant | None = None
    valid_to: Instant | None = None


class WorkerAssigned(Event, type="gw.personnel.worker.assigned.v1"):
    """A worker became responsible for a grid."""

    grid_code: GridCode
    duty: Annotated[Duty, OPEN, P1]


class _WorkerEvent(Event):
    worker_id: ThingId
    employment: Annotated[Employment, OPEN, P1]
    grids: Annotated[list[GridCode], Field(max_length=GRIDS_MAX)]


class WorkerUnassigned(_WorkerEvent, type="gw.personnel.worker.unassigned.v1"):
    """A worker is no longer responsible for a grid; `grids` are those that are left."""


class WorkerActivated(_WorkerEvent, type="gw.personnel.worker.activated.v1"):
    """A worker works from now on, or again."""


class WorkerSuspended(_WorkerEvent, type="gw.personnel.worker.suspended.v1"):
    """A worker does not work until told so."""


class WorkerExited(_WorkerEvent, type="gw.personnel.worker.exited.v1"):
    """A worker has left; `grids` are those they were responsible for."""


class ShiftStarted(Event, type="gw.personnel.shift.started.v1"):
    """A worker is on shift in a grid from now on."""

    worker_id: ThingId
    grid_code: GridCode
    started_at: Instant


class ShiftEnded(Event, type="gw.personnel.shift.ended.v1"):
    """A worker's shift is over."""

    worker_id: ThingId
    grid_code: GridCode
    started_at: Instant
    ended_at: Instant


class PostDone(Event, type="gw.personnel.post.done.v1"):
    """What a post (岗位) asked for was done, by somebody who let it be linked to them as a participant of the time bank."""

    participant_id: ThingId
    service_code: ServiceCode
    started_at: Instant
    minutes: Annotated[int, Field(ge=1, le=1_440, examples=[90]), P1]


class SubjectRevoked(Event, type="gw.personnel.revocation.made.v1"):
    """Tokens of the subject that were issued before `since`, for places within the area, are refused."""

    subject_id: ActorId
    reason_code: Word
    since: Instant


class PersonnelSessionPurged(SessionPurged, type="gw.personnel.session.purged.v1"):
    """What was personal in an emergency session is gone from this service; counts alone remain."""


class RosterCounted(Event, type="gw.personnel.response.roster_counted.v1"):
    """A response has begun: so many grid workers of its areas can be called, and so many of them are on shift."""

    workers: Count
    on_shift: Count
