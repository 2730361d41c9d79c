"""Keeps copies of what others told: all of a table in one statement, each row guarded by the number of its event."""

import logging
from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import Table

from gridwhistle.common.consumers import Consumer
from gridwhistle.common.database import Database
from gridwhistle.common.events import Envelope
from gridwhistle.common.logs import told_safely
from gridwhistle.common.statements import arrays_of, upsert

log = logging.getLogger(__name__)
Faults = dict[UUID, str]
"""Why events did not take effect, by their ids."""


async def copy(consumer: Consumer, database: Database, events: Sequence[Envelope[Any]]) -> Faults:
    """Upsert copies, all of a table at once; return the faults of those that the database refuses."""
    rows: dict[Table, list[tuple[Envelope[Any], dict[str, Any]]]] = defaultdict(list)
    faults: Faults = {}
    for event in events:
        for table, row in consumer.rows_of(event):
            rows[table].append((event, row))
    for table, copies in rows.items():
        latest = {row["id"]: row for _, row in copies}
        try:
            await _upsert(table, list(latest.values()), database)
        except asyncpg.PostgresError:
            faults |= await _one_by_one(table, copies, database)
    return faults


async def _one_by_one(table: Table, copies: list[tuple[Envelope[Any], dict[str, Any]]], database: Database) -> Faults:
    """Upsert copies in their order; behind one that is refused, those of its thing are left out."""
    refused: set[UUID] = set()
    faults: Faults = {}
    for event, row in copies:
        if event.aggregate_id in refused:
            continue
        try:
            await _upsert(table, [row], database)
        except asyncpg.PostgresError as error:
            log.error("no copy of event %s: %s", event.id, told_safely(error))  # noqa: TRY400
            faults[event.id] = told_safely(error)
            refused.add(event.aggregate_id)
    return faults


async def _upsert(table: Table, rows: list[dict[str, Any]], database: Database) -> None:
    await database.run(database.background, upsert(table), *arrays_of(table, rows))
