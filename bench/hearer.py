"""Another service, in a process of its own, that keeps a copy of every report; set by GW_DATABASE_URL and GW_NATS_URL."""

import gc
import os
from pathlib import Path
from typing import Final

import uvloop
from nats.aio.client import Client
from sqlalchemy import Column, DateTime, Integer, MetaData, Table, Text, Uuid

from gridwhistle.common.bus import connect
from gridwhistle.common.consumers import Consumer
from gridwhistle.common.database import Database
from gridwhistle.common.events.incidents import IncidentReported
from gridwhistle.common.hearing import Hearing
from gridwhistle.common.sealing import Seal
from gridwhistle.common.service import Service

HERE: Final = Path(__file__).parent
# The table itself is made by bench/sql/heard.sql; it notes by itself when a row came.
heard_report = Table(
    "heard_report",
    MetaData(),
    Column("id", Uuid, primary_key=True),
    Column("event_no", Integer),
    Column("incident_no", Text),
    Column("grid_code", Text),
    Column("urgency", Text),
    Column("occurred_at", DateTime(timezone=True)),
)
CONSUMER = Consumer("hearer")
CONSUMER.copies(IncidentReported, into=heard_report, why="Keep a report, and when it happened.")
HEARER: Final = Service("hearer", "Hearer", [], CONSUMER, MetaData(), HERE / "no_versions")


async def main() -> None:
    """Listen until stopped, with the memory settings that services have."""
    database = Database(os.environ["GW_DATABASE_URL"], Seal({1: bytes(32)}), {})
    async with database.connected():
        nats = Client()
        await connect(nats, os.environ["GW_NATS_URL"], "hearer")
        gc.freeze()
        gc.set_threshold(20_000, 50, 1_000)
        await Hearing(CONSUMER, database).run(nats)


if __name__ == "__main__":
    uvloop.run(main())
