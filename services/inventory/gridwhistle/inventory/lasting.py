"""Whether a response lasts: orders, shelters and teams ask it of what they are for, and know no more of responses."""

from typing import Final
from uuid import UUID

from sqlalchemy import Text, Uuid, column, select, table

from gridwhistle.common.database import Db
from gridwhistle.common.problems import Invalid

# Responses are built upon orders, shelters and teams, so their own table cannot be imported from below.
_RESPONSES: Final = table(
    "response",
    column("id", Uuid),
    column("state", Text),
    column("county_code", Text),
    column("correlation_id", Text),
    column("session_id", Uuid),
)


class NoSuchResponse(Invalid):
    """What is done for a response is done for one that lasts."""

    code = "no_such_response"
    zh, en = "该县没有这一进行中的应急响应。", "The county has no such response that lasts; leave response_id out, or name one."


async def lasts(db: Db, response_id: UUID, area_code: str) -> bool:
    """Tell whether there is a response of that id which is active in the county of an area."""
    its = _RESPONSES.c.id == response_id, _RESPONSES.c.county_code == area_code[:6], _RESPONSES.c.state == "active"
    return await db.first(select(_RESPONSES.c.id).where(*its)) is not None


async def check_lasts(db: Db, response_id: UUID | None, area_code: str) -> None:
    """Check that a response, if one is named, lasts in the county of an area; what is told then is part of its thread.

    Raises:
        NoSuchResponse: there is none of that id, it lies in another county, or it is not active.
    """
    if response_id is not None and not await lasts(db, response_id, area_code):
        raise NoSuchResponse
    await follow(db, response_id)


async def follow(db: Db, response_id: UUID | None) -> None:
    """Let what is told from here on be part of a response's thread, if one is named and there."""
    its = select(_RESPONSES.c.correlation_id, _RESPONSES.c.session_id).where(_RESPONSES.c.id == response_id)
    if response_id and (found := await db.first(its)):
        db.correlation_id, db.emergency_session_id = found.correlation_id, found.session_id
