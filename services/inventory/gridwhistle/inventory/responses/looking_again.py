"""Looks again what a response lacks, while it lasts: stock comes in, is given back, or is free again where it was not."""

import asyncio
import logging
from typing import Final
from uuid import UUID

from sqlalchemy import select

from gridwhistle.common.again import Away, again
from gridwhistle.common.database import Database, Db
from gridwhistle.common.ids import new_id
from gridwhistle.common.problems import Busy
from gridwhistle.common.running import Running
from gridwhistle.inventory.responses.first_batch import wants_supplies
from gridwhistle.inventory.responses.setting_off import promise_from, stores_of
from gridwhistle.inventory.responses.tables import responses

log = logging.getLogger(__name__)
_EVERY_S: Final = 300.0


async def look_again(service: Running) -> None:
    """Promise every five minutes what running responses lack."""
    while True:
        await asyncio.sleep(_EVERY_S)
        try:
            await promise_what_lacks(service.database)
        except (Busy, Away):
            log.info("what responses lack waits: the database is busy")


async def promise_what_lacks(database: Database) -> None:
    """Promise each running response what it lacks, store by store, as far as it is free now."""
    for response in await _db(database).fetch(select(responses).where(responses.c.state == "active")):
        if wants_supplies(response):
            for point_id in await stores_of(_db(database), response.area_code):
                await _promise(database, response.id, point_id)


async def _promise(database: Database, response_id: UUID, point_id: UUID) -> None:
    db = _db(database)

    async def work() -> None:
        db.start_over()
        await promise_from(db, response_id, point_id)

    await again(work)


def _db(database: Database) -> Db:
    return Db(database, scope="look_again", key=None, request_id=str(new_id()), background=True)
