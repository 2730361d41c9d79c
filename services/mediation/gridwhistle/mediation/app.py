"""Mediation, put together."""

from pathlib import Path
from typing import Final

from gridwhistle.common.again import Changed
from gridwhistle.common.service import Service
from gridwhistle.mediation.agreements import agreeing, confirming, following_up, performing
from gridwhistle.mediation.agreements.refusals import AgreementThere, ConfirmationThere, MustBeWritten
from gridwhistle.mediation.agreements.reminding import remind
from gridwhistle.mediation.cases import dissolving, erasing, intake, parties, willingness
from gridwhistle.mediation.cases.refusals import AlreadyHere
from gridwhistle.mediation.committees import api as committees
from gridwhistle.mediation.committees import mediators
from gridwhistle.mediation.committees.refusals import IndustriesUnclear, NameTaken, TermUnclear
from gridwhistle.mediation.consumers import CONSUMER
from gridwhistle.mediation.files import closing, statistics
from gridwhistle.mediation.limits import CONFIRM_APPLY, CONSENT, MEDIATE, PRESETS
from gridwhistle.mediation.panels import choosing, recusal
from gridwhistle.mediation.sessions import calendar, ending, escalating, holding, inviting
from gridwhistle.mediation.tables import metadata

MEDIATION: Final = Service(
    name="mediation",
    title="Gridwhistle mediation 调解",
    routers=[
        committees.router,
        mediators.router,
        dissolving.router,
        intake.router,
        parties.router,
        willingness.router,
        choosing.router,
        recusal.router,
        holding.router,
        inviting.router,
        ending.router,
        escalating.router,
        calendar.router,
        agreeing.router,
        performing.router,
        confirming.router,
        following_up.router,
        closing.router,
        statistics.router,
        erasing.router,
    ],
    loops=[remind],
    consumer=CONSUMER,
    tables=metadata,
    versions=Path(__file__).parent / "versions",
    presets=PRESETS,
    on_clock={CONSENT: willingness.no_answer, MEDIATE: ending.time_over, CONFIRM_APPLY: confirming.due_soon},
    constraints={
        "case_file_no_once": Changed,  # another process closed one as well: run again, and take the next number
        "agreement_one_stands": AgreementThere,
        "confirmation_one_is_asked_for": ConfirmationThere,
        "agreement_is_written_where_it_must_be": MustBeWritten,
        "case_of_incident_once": AlreadyHere,
        "committee_short_name_once": NameTaken,
        "committee_industries_iff_of_an_industry": IndustriesUnclear,
        "mediator_term_ends_after_it_begins": TermUnclear,
    },
)
create: Final = MEDIATION.create
"""For `uvicorn --factory`."""
