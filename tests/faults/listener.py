"""A second service for storms: it counts what the toolshed tells, notes in which order, and keeps a copy of each tool."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import BigInteger, Column, Identity, Integer, MetaData, Table, Text, UniqueConstraint, Uuid

from gridwhistle.common.consumers import Consumer
from gridwhistle.common.database import Db
from gridwhistle.common.events import Envelope
from gridwhistle.common.principal import system
from gridwhistle.common.service import Service
from gridwhistle.common.tables import NAMING, place, root
from tests.toolshed import ToolMoved, ToolTouched

TALLIES: Final = [uuid5(UUID(int=0), str(number)) for number in range(8)]
metadata = MetaData(naming_convention=NAMING)
tallies = Table("tally", metadata, *root(numbered=False), *place(), Column("events", Integer, nullable=False))
applied = Table(
    "applied",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("place", BigInteger, Identity(always=True), nullable=False),
    Column("thing_id", Uuid, nullable=False),
    Column("event_no", Integer, nullable=False),
    UniqueConstraint("thing_id", "event_no"),
)
known_tools = Table(
    "known_tool",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("event_no", Integer, nullable=False),
    Column("state", Text, nullable=False),
)
CONSUMER: Final = Consumer("listener")


CONSUMER.copies(ToolMoved, into=known_tools, why="Know where each tool is.")


async def _one_of_few(event: Envelope[Any], _db: Db) -> Sequence[UUID]:
    """Many tools share a tally, so that processes have to queue for it."""
    return [TALLIES[event.aggregate_id.int % len(TALLIES)]]


@CONSUMER.on(ToolMoved, each=_one_of_few)
@CONSUMER.on(ToolTouched, each=_one_of_few)
async def count(event: Envelope[Any], tally_id: UUID, db: Db) -> None:
    async with db.command(system("listener"), tallies, tally_id) as tx:
        tx.update(tx.row, events=tx.row.events + 1)
        tx.insert(applied, thing_id=event.aggregate_id, event_no=event.event_no)


LISTENER: Final = Service("listener", "Listener", [], CONSUMER, metadata, Path(__file__).parent / "no_versions")
