"""What happens to orders and claims by itself, when a clock is due."""

from collections.abc import Mapping
from typing import Final

from gridwhistle.common.commands import Command
from gridwhistle.common.events.timebank_orders import ClaimLapsed, OrderExpired, OrderNoShow
from gridwhistle.common.firing import OnClock
from gridwhistle.common.rows import Row
from gridwhistle.timebank.limits import (
    CONFIRM,
    DISPUTE,
    NO_SHOW,
    SETTLE,
    WINDOW,
)
from gridwhistle.timebank.no_shows import pause
from gridwhistle.timebank.order_states import CLAIM, ORDER
from gridwhistle.timebank.order_steps import claim_facts, close_if_done, end_claim, facts_of, order_of
from gridwhistle.timebank.participant_tables import participants
from gridwhistle.timebank.payments import release, set_free
from gridwhistle.timebank.serving import settle_by_itself


async def window_over(tx: Command, order: Row, _clock: Row, _percent: int) -> None:
    """Let nobody come forward any more; where nobody did, it has expired."""
    step = ORDER.step(order, "window_over", tx.caller)
    if step.target == "expired":
        tx.move(order, step, terminal_at=tx.now)
        tx.tell(order, OrderExpired(**facts_of(order)))
        return
    tx.move(order, step)
    await close_if_done(tx, order)


async def lapse(tx: Command, claim: Row, _clock: Row, _percent: int) -> None:
    """Free the place of who had no answer."""
    await _lapse(tx, await order_of(tx, claim), claim)


async def no_show(tx: Command, claim: Row, _clock: Row, _percent: int) -> None:
    """Give back what was held for who did not come; who lets others wait too often rests for some days.

    Who is frozen may not come, so their place lapses, and nobody says that they let somebody wait.
    """
    order = await order_of(tx, claim)
    volunteer = (await tx.hold(participants, [claim.volunteer_id]))[0]
    assert volunteer is not None, "participants stay as long as their claims"
    await release(tx, order, claim)
    if volunteer.state == "frozen":
        await _lapse(tx, order, claim)
        return
    await end_claim(tx, order, claim, CLAIM.step(claim, "no_show", tx.caller), gives_back=True)
    tx.tell(order, OrderNoShow(**claim_facts(order, claim)))
    await pause(tx, volunteer)


async def close(tx: Command, claim: Row, _clock: Row, _percent: int) -> None:
    """Let minutes be spent once the days for a dispute are over; what nobody has decided about goes to the pool."""
    order = await order_of(tx, claim)
    if claim.overflow_minutes and not claim.overflow_to:
        tx.update(claim, overflow_to="pool")
    await set_free(tx, order, claim)
    await end_claim(tx, order, claim, CLAIM.step(claim, "close", tx.caller), gives_back=False)


async def _lapse(tx: Command, order: Row, claim: Row) -> None:
    await end_claim(tx, order, claim, CLAIM.step(claim, "lapse", tx.caller), gives_back=True)
    tx.tell(order, ClaimLapsed(**claim_facts(order, claim)))


ORDER_CLOCKS: Final[Mapping[str, OnClock]] = {
    WINDOW: window_over,
    CONFIRM: lapse,
    NO_SHOW: no_show,
    SETTLE: settle_by_itself,
    DISPUTE: close,
}
