"""The time bank, put together."""

from pathlib import Path
from typing import Final

from gridwhistle.common.service import Service
from gridwhistle.timebank import accounts
from gridwhistle.timebank.consumers import CONSUMER
from gridwhistle.timebank.domain import AccountThere
from gridwhistle.timebank.tables import metadata

TIMEBANK: Final = Service(
    name="timebank",
    title="Gridwhistle time bank 时间银行",
    routers=[accounts.router],
    consumer=CONSUMER,
    tables=metadata,
    versions=Path(__file__).parent / "versions",
    constraints={
        "account_one_a_kind_of_owner": AccountThere,
        "account_one_a_kind_of_area": AccountThere,
    },
)
create: Final = TIMEBANK.create
"""For `uvicorn --factory`."""
