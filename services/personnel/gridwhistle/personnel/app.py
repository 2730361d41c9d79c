"""The personnel service, put together."""

from pathlib import Path
from typing import Final

from gridwhistle.common.service import Service
from gridwhistle.personnel import access, api
from gridwhistle.personnel.consumers import CONSUMER
from gridwhistle.personnel.domain import AlreadyAssigned, AlreadyOnShift, CodeTaken
from gridwhistle.personnel.tables import metadata

PERSONNEL: Final = Service(
    name="personnel",
    title="Gridwhistle personnel 网格员",
    routers=[api.router, access.router],
    consumer=CONSUMER,
    tables=metadata,
    versions=Path(__file__).parent / "versions",
    constraints={
        "area_area_code_once": CodeTaken,
        "organisation_org_once": CodeTaken,
        "grid_grid_code_once": CodeTaken,
        "assignment_worker_id_grid_code_once": AlreadyAssigned,
        "shift_one_at_a_time": AlreadyOnShift,
    },
)
create: Final = PERSONNEL.create
"""For `uvicorn --factory`."""
