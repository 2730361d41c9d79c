"""Teams that a response calls by its level, and those that it calls off when it is over. Heard by `consumers.py`."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from gridwhistle.common.calendars import day_of
from gridwhistle.common.database import Db
from gridwhistle.common.events import Envelope
from gridwhistle.common.ids import area_code_of
from gridwhistle.common.principal import system
from gridwhistle.common.reasons import Remark
from gridwhistle.inventory.teams.mobilized import not_needed
from gridwhistle.inventory.teams.mobilizing import NewMobilization, fit_teams, mobilize, proposed
from gridwhistle.inventory.teams.tables import mobilizations, mobilized_teams

_SYSTEM: Final = system("inventory")
_LEVELS: Final[Mapping[str, Any]] = {"i": 1, "ii": 2, "iii": 3, "iv": 4}
_WAY: Final = dt.timedelta(hours=1)
_MEETING_PLACE: Final = "由现场指挥部通知"
"""Where teams assemble is said by whoever leads on the spot; a response knows areas."""


async def mobilize_teams(event: Envelope[Any], response_id: UUID, db: Db) -> None:
    """Call the teams that a response's level calls, where they are ready and somebody of them is insured to its end."""
    told, level = event.data, _LEVELS[event.data.level]
    ends_at = told.expected_until
    areas = list(getattr(told, "areas", None) or [area_code_of(event.area_code)])
    async with db.command(_SYSTEM) as tx:
        found = {row.id: row for area in areas for row in await proposed(db, _SYSTEM, level, area)}
        ready = await fit_teams(tx, list(found), day_of(ends_at))
        if not ready or ends_at <= tx.now + _WAY:
            return
        wish = NewMobilization(
            level=level,
            area_code=areas[0],
            response_id=response_id,
            meeting_place=_MEETING_PLACE,
            assemble_at=tx.now + _WAY,
            ends_at=ends_at,
        )
        await mobilize(tx, areas[0], wish, ready)


async def parts_to_call_off(event: Envelope[Any], db: Db) -> Sequence[UUID]:
    """Return the parts of teams that a response called and that have not come."""
    of_it = select(mobilizations.c.id).where(mobilizations.c.response_id == event.aggregate_id)
    waiting = mobilized_teams.c.mobilization_id.in_(of_it), mobilized_teams.c.state.in_(("ordered", "assembling"))
    return [row.id for row in await db.fetch(select(mobilized_teams.c.id).where(*waiting).order_by(mobilized_teams.c.id))]


async def call_off_part(_event: Envelope[Any], part_id: UUID, db: Db) -> None:
    """Let a team rest that was called for a response that is over; who is on site is released by a person."""
    async with db.command(_SYSTEM, mobilized_teams, part_id) as tx:
        if tx.row.state in {"ordered", "assembling"}:
            await not_needed(tx, "call_off", Remark())
