"""The time bank, put together."""

from pathlib import Path
from typing import Final

from gridwhistle.common import attachments
from gridwhistle.common.again import Changed
from gridwhistle.common.service import Service
from gridwhistle.timebank import (
    accounts,
    activities,
    afterwards,
    books,
    claiming,
    disputing,
    offering,
    ordering,
    papers,
    participants,
    postings,
    proposals,
    relatives,
    serving,
    statements,
    teams,
    transfers,
)
from gridwhistle.timebank.checking import GAUGES, check_ledger
from gridwhistle.timebank.consumers import CONSUMER
from gridwhistle.timebank.domain import REFUSED, AccountThere
from gridwhistle.timebank.eligibility import ServingOneself
from gridwhistle.timebank.freezing import thaw
from gridwhistle.timebank.limits import FREEZE, PRESETS, TRANSFER_ANSWER
from gridwhistle.timebank.order_by_itself import ORDER_CLOCKS
from gridwhistle.timebank.order_refusals import ClaimedAlready, RatedAlready
from gridwhistle.timebank.order_tables import claims
from gridwhistle.timebank.people import sees_files
from gridwhistle.timebank.pools import watch_pools
from gridwhistle.timebank.rule_sets import RULE_SETS
from gridwhistle.timebank.tables import metadata

TIMEBANK: Final = Service(
    name="timebank",
    title="Gridwhistle time bank 时间银行",
    routers=[
        accounts.router,
        postings.router,
        proposals.router,
        books.router,
        statements.router,
        participants.router,
        papers.router,
        relatives.router,
        offering.router,
        ordering.router,
        claiming.router,
        serving.router,
        disputing.router,
        afterwards.router,
        teams.router,
        activities.router,
        transfers.router,
        attachments.routes("timebank", claims, add="claims:own", see="claims:read", seen_by=sees_files),
    ],
    loops=[attachments.sweep_attachments, check_ledger, watch_pools],
    gauges=GAUGES,
    consumer=CONSUMER,
    tables=metadata,
    versions=Path(__file__).parent / "versions",
    presets=PRESETS,
    rule_sets=RULE_SETS,
    on_clock={**ORDER_CLOCKS, TRANSFER_ANSWER: transfers.lapse, FREEZE: thaw},
    constraints={
        **REFUSED,
        "participant_registers_once": participants.AlreadyRegistered,
        "training_participant_id_course_once": papers.TrainedAlready,
        "relative_linked_once": relatives.LinkedAlready,
        "service_kind_once_in_use": offering.AlreadyOffered,
        "claim_one_place_each": ClaimedAlready,
        "member_once": teams.MemberAlready,
        # Another event told of the same thing first: run again, and find it.
        "order_origin_once": Changed,
        "claim_nobody_serves_themselves": ServingOneself,
        "evaluation_claim_id_by_side_once": RatedAlready,
        "account_one_a_kind_of_owner": AccountThere,
        "account_one_a_kind_of_area": Changed,  # run again, and find it
    },
)
create: Final = TIMEBANK.create
"""For `uvicorn --factory`."""
