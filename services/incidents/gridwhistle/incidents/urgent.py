"""Responses (应急响应): what is reported in their areas while they run is part of them, and its clocks run day and night.

What was open before keeps its clocks. A clock that runs is never moved by what holds from now on, and that something lies in
the areas does not say that it belongs to the disaster: of a hundred open matters there, most are lamps and litter.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import func, select

from gridwhistle.common.database import Db
from gridwhistle.common.ids import prefix_of
from gridwhistle.common.known import Known
from gridwhistle.incidents.tables import running_responses


class Running(NamedTuple):
    """A response that runs."""

    response_id: UUID
    session_id: UUID | None
    prefixes: tuple[str, ...]


async def _load(db: Db) -> list[Running]:
    columns = (running_responses.c[name] for name in ("response_id", "session_id", "areas"))
    rows = await db.fetch(select(*columns).where(running_responses.c.ended_at.is_(None)).order_by(running_responses.c.id))
    return [Running(row.response_id, row.session_id, tuple(map(prefix_of, row.areas))) for row in rows]


RUNNING: Final = Known(select(func.count(), func.sum(running_responses.c.version)).select_from(running_responses), _load)


def covering(running: Sequence[Running], code: str) -> Running | None:
    """Return the response in whose areas an area or grid lies, the first that began; None, if there is none."""
    return next((one for one in running if code.startswith(one.prefixes)), None)
