"""What the personnel service tells: areas, organisations, grids, workers and their shifts."""

import datetime as dt
from typing import Any
from uuid import UUID

from gridwhistle.common.events import Event
from gridwhistle.common.events.inventory import SessionPurged


class AreaChanged(Event, type="gw.personnel.area.changed.v1"):
    """An area came into being or was changed; the whole of it."""

    area_code: str
    level: str
    name: str


class OrganisationChanged(Event, type="gw.personnel.organisation.changed.v1"):
    """An organisation came into being or was changed; the whole of it."""

    org: str
    name: str
    kind: str
    area_code: str


class GridChanged(Event, type="gw.personnel.grid.changed.v1"):
    """A grid came into being or was changed; the whole of it, its boundary as GeoJSON in WGS-84 included."""

    grid_code: str
    name: str
    kind: str
    households: int
    version: int
    boundary: dict[str, Any]


class WorkerAssigned(Event, type="gw.personnel.worker.assigned.v1"):
    """A worker became responsible for a grid."""

    grid_code: str
    duty: str


class ShiftStarted(Event, type="gw.personnel.shift.started.v1"):
    """A worker is on shift in a grid from now on."""

    worker_id: UUID
    grid_code: str
    started_at: dt.datetime


class ShiftEnded(Event, type="gw.personnel.shift.ended.v1"):
    """A worker's shift is over."""

    worker_id: UUID
    grid_code: str
    started_at: dt.datetime
    ended_at: dt.datetime


class SubjectRevoked(Event, type="gw.personnel.revocation.made.v1"):
    """Tokens of the subject that were issued before `since`, for places within the area, are refused."""

    subject_id: str
    reason_code: str
    since: dt.datetime


class PersonnelSessionPurged(SessionPurged, type="gw.personnel.session.purged.v1"):
    """What was personal in an emergency session is gone from this service; counts alone remain."""
