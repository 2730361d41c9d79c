"""The incidents service, put together."""

from pathlib import Path
from typing import Final

from gridwhistle.common import attachments
from gridwhistle.common.again import Changed
from gridwhistle.common.service import Service
from gridwhistle.incidents import (
    adjustments,
    catalogue_files,
    categories,
    closed_elsewhere,
    contacts,
    deciding,
    disputes,
    handling,
    intake,
    judging,
    lists,
    matter_list,
    residents,
    responsibility,
    timeline,
    tracking,
    volunteers,
)
from gridwhistle.incidents.by_itself import ON_CLOCK
from gridwhistle.incidents.consumers import CONSUMER
from gridwhistle.incidents.limits import PRESETS, RULE_SETS
from gridwhistle.incidents.refusals import AlreadyAsked, ConflictOfInterest, HandledByYou
from gridwhistle.incidents.tables import incidents, metadata

INCIDENTS: Final = Service(
    name="incidents",
    title="Gridwhistle incidents 事件",
    routers=[
        intake.router,
        closed_elsewhere.router,
        lists.router,
        categories.router,
        responsibility.router,
        matter_list.router,
        catalogue_files.router,
        timeline.router,
        deciding.router,
        handling.router,
        adjustments.router,
        judging.router,
        contacts.router,
        residents.router,
        tracking.router,
        volunteers.router,
        disputes.router,
        attachments.routes("incidents", incidents, add="incidents:attach", see="incidents:read"),
    ],
    loops=[attachments.sweep_attachments],
    consumer=CONSUMER,
    tables=metadata,
    versions=Path(__file__).parent / "versions",
    presets=PRESETS,
    rule_sets=RULE_SETS,
    on_clock=ON_CLOCK,
    constraints={
        # A twin brought the same reference first: run again, and find it.
        "incident_ref_once": Changed,
        "category_county_code_code_once": Changed,  # likewise of a category
        "incident_no_house_judges_itself": ConflictOfInterest,
        "adjustment_one_waits": AlreadyAsked,
        "objection_one_waits": AlreadyAsked,
        "task_one_waits": AlreadyAsked,
        "incident_nobody_checks_what_they_handled": HandledByYou,
    },
)
create: Final = INCIDENTS.create
"""For `uvicorn --factory`."""
