"""A service for the bench alone: one counter a row, raised under a key, told and written to the audit like anything else."""

from pathlib import Path
from typing import Final
from uuid import UUID

from fastapi import FastAPI
from sqlalchemy import Column, Integer, MetaData, Table

from gridwhistle.common.consumers import Consumer
from gridwhistle.common.data_classes import Count
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events import Event
from gridwhistle.common.service import Service
from gridwhistle.common.settings import Settings
from gridwhistle.common.tables import NAMING, place, root
from gridwhistle.common.wire import Body, View

metadata = MetaData(naming_convention=NAMING)
counters = Table("counter", metadata, *root(), *place(), Column("raised", Integer, nullable=False))
router = Router("hot", "Counters")


class CounterRaised(Event, type="gw.hot.counter.raised.v1"):
    """Somebody raised a counter."""

    raised: Count


class Raise(Body):
    """By how much."""

    by: int = 1


class CounterView(View):
    """A counter."""

    id: UUID
    version: int
    area_code: str
    raised: int


@router.post("/counters/{counter_id}/raise", may="incidents:handle")
async def raise_counter(counter_id: UUID, body: Raise, caller: Caller, db: Db) -> CounterView:
    """Raise a counter; whoever comes at the same time waits for their turn."""
    async with db.command(caller, counters, counter_id) as tx:
        counter = tx.row
        tx.update(counter, raised=counter.raised + body.by)
        tx.record(counter, "raise")
        tx.tell(counter, CounterRaised(raised=counter.raised))
        return tx.answer(CounterView.of(counter))


HOT: Final = Service(
    name="hot",
    title="Counters",
    routers=[router],
    consumer=Consumer("hot"),
    tables=metadata,
    versions=Path(__file__).parent / "sql",  # no migrations are there: the bench makes the table from what is said above
)


def create() -> FastAPI:
    """Return the service for `uvicorn --factory`, set by the environment."""
    return HOT.app(Settings())
