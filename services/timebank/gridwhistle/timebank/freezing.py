"""Freezing (冻结) of participants and accounts: nothing moves while something is looked into, and it ends by itself."""

from typing import Annotated

from pydantic import Field

from gridwhistle.common.clocks import Limit
from gridwhistle.common.commands import Command
from gridwhistle.common.events.timebank import AccountUnfrozen
from gridwhistle.common.events.timebank_orders import ParticipantUnfrozen
from gridwhistle.common.reasons import Why
from gridwhistle.common.rows import Row
from gridwhistle.timebank.limits import FREEZE
from gridwhistle.timebank.tables import accounts


class Freeze(Why):
    """For how many days, and why."""

    days: Annotated[int, Field(ge=1, le=30, examples=[10])] = 30

    @property
    def limits(self) -> dict[str, Limit]:
        """When it ends by itself."""
        return {FREEZE: Limit(self.days, "natural_day")}


async def thaw(tx: Command, frozen: Row, _clock: Row, _percent: int) -> None:
    """Let things go on with a participant or an account when the days of a freeze are over."""
    tx.move(frozen, frozen.table.info["machine"].step(frozen, "unfreeze", tx.caller))
    tx.tell(frozen, AccountUnfrozen(kind=frozen.kind) if frozen.table is accounts else ParticipantUnfrozen())
