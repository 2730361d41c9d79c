"""The incidents service, put together."""

from pathlib import Path
from typing import Final

from gridwhistle.common import attachments
from gridwhistle.common.again import Changed
from gridwhistle.common.service import Service
from gridwhistle.incidents import api, cataloguing, intake, lists
from gridwhistle.incidents.consumers import CONSUMER
from gridwhistle.incidents.domain import PRESETS, HandledByYou
from gridwhistle.incidents.tables import incidents, metadata

INCIDENTS: Final = Service(
    name="incidents",
    title="Gridwhistle incidents 事件",
    routers=[
        intake.router,
        lists.router,
        cataloguing.router,
        api.router,
        attachments.routes("incidents", incidents, add="incidents:attach", see="incidents:read"),
    ],
    loops=[attachments.sweep_attachments],
    consumer=CONSUMER,
    tables=metadata,
    versions=Path(__file__).parent / "versions",
    presets=PRESETS,
    constraints={
        # A twin brought the same reference first: run again, and find it.
        "incident_ref_once": Changed,
        "category_county_code_code_once": Changed,  # likewise of a category
        "incident_nobody_checks_what_they_handled": HandledByYou,
    },
)
create: Final = INCIDENTS.create
"""For `uvicorn --factory`."""
