"""The personnel service, put together."""

from pathlib import Path
from typing import Final

from gridwhistle.common.service import Service
from gridwhistle.personnel import access, areas, grids, micro_grids, points, shifts, workers
from gridwhistle.personnel.consumers import CONSUMER
from gridwhistle.personnel.domain import (
    PRESETS,
    AlreadyAssigned,
    AlreadyOnShift,
    CodeTaken,
    ContractEndsTooSoon,
    EndsBeforeItBegins,
)
from gridwhistle.personnel.tables import metadata

PERSONNEL: Final = Service(
    name="personnel",
    title="Gridwhistle personnel 网格员",
    routers=[areas.router, grids.router, micro_grids.router, points.router, workers.router, shifts.router, access.router],
    consumer=CONSUMER,
    tables=metadata,
    versions=Path(__file__).parent / "versions",
    presets=PRESETS,
    constraints={
        "area_area_code_once": CodeTaken,
        "organisation_org_once": CodeTaken,
        "grid_grid_code_once": CodeTaken,
        "micro_grid_micro_grid_code_once": CodeTaken,
        "worker_contract_ends_after_it_begins": ContractEndsTooSoon,
        "assignment_ends_after_it_begins": EndsBeforeItBegins,
        "assignment_once_while_it_lasts": AlreadyAssigned,
        "shift_ends_after_it_starts": EndsBeforeItBegins,
        "shift_one_at_a_time": AlreadyOnShift,
    },
)
create: Final = PERSONNEL.create
"""For `uvicorn --factory`."""
