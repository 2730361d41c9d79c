"""The first batch (首批物资): a response has one clock for it, from the decision on, whichever order brings it."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from gridwhistle.common.commands import Command
from gridwhistle.common.consumers import Consumer
from gridwhistle.common.database import Db
from gridwhistle.common.events import Envelope
from gridwhistle.common.events.inventory_dispatch import DispatchOrderApproved, DispatchOrderReceived
from gridwhistle.common.principal import system
from gridwhistle.common.rows import Row
from gridwhistle.inventory.dispatch.limits import FIRST_BATCH
from gridwhistle.inventory.dispatch.making import start_first_batch
from gridwhistle.inventory.responses.tables import responses

_SYSTEM: Final = system("inventory")


async def expect_first_batch(tx: Command, response: Row) -> None:
    """Let the clock of the first batch count from the decision on, unless one has come, or the clock was started before."""
    if not response.first_batch_at and all(clock.rule_key != FIRST_BATCH for clock in await tx.clocks.of(response)):
        start_first_batch(tx, response, response.decided_at)
        tx.record(response, "expect_first_batch")


def wants_supplies(response: Any) -> bool:
    """Tell whether a response, or what is told of one, asks for supplies to be promised."""
    return "reserve_supplies" in response.measures and response.expected_persons > 0


async def _its_response(event: Envelope[Any], db: Db) -> Sequence[UUID]:
    if not event.data.lines:  # all of it is damaged
        return []
    of_it = select(responses.c.id).where(responses.c.id == event.data.response_id, responses.c.first_batch_at.is_(None))
    return [row.id for row in await db.fetch(of_it)]


async def batch_promised(_event: Envelope[Any], response_id: UUID, db: Db) -> None:
    """Count the time for the first batch, now that an order of the response is approved."""
    async with db.command(_SYSTEM, responses, response_id) as tx:
        if tx.row.state == "active":
            await expect_first_batch(tx, tx.row)


async def batch_came(event: Envelope[Any], response_id: UUID, db: Db) -> None:
    """Note that the first batch has come, and stop its clock."""
    async with db.command(_SYSTEM, responses, response_id) as tx:
        if tx.row.first_batch_at is None:
            tx.update(tx.row, first_batch_at=event.occurred_at)
            tx.clocks.stop(tx.row, FIRST_BATCH)
            tx.record(tx.row, "first_batch_came")


def hear_of_batches(consumer: Consumer) -> None:
    """Let the consumer count the time for the first batch of each response, and note when it has come."""
    consumer.on(DispatchOrderApproved, each=_its_response)(batch_promised)
    consumer.on(DispatchOrderReceived, each=_its_response)(batch_came)
