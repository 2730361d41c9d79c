"""What security administrators can ask of the personnel service: that somebody's tokens are good no longer."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime, Field

from gridwhistle.common.commands import Command
from gridwhistle.common.data_classes import Word
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.personnel import SubjectRevoked
from gridwhistle.common.ids import ActorId, AreaCode, area_code_of
from gridwhistle.common.moved import MOVED
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import OutsideYourArea
from gridwhistle.common.reading import page
from gridwhistle.common.rows import Row
from gridwhistle.common.tables import revoked
from gridwhistle.common.wire import Body, Keyset, Page, PageQuery, Version, View
from gridwhistle.personnel.domain import RevokedFor, WhichArea
from gridwhistle.personnel.tables import revocations

router = Router("personnel", "Access 访问控制")
_NEWEST = Keyset(revocations.c.id)


class Revoke(Body):
    """Whose tokens, and why."""

    subject_id: Annotated[ActorId, Field(description="The tokens' `sub`; a worker's is its id.")]
    reason_code: RevokedFor
    area_code: Annotated[AreaCode | None, Field(description="Where they are good no longer; your own area, if left out.")] = (
        None
    )


class RevocationView(View):
    """A revocation: tokens of the subject that were issued before it, for places within its area, are refused."""

    id: UUID
    version: Version
    area_code: AreaCode
    subject_id: ActorId
    reason_code: Word
    revoked_at: AwareDatetime


@router.post("/revocations", may="access:write", status_code=201)
async def revoke_tokens(body: Revoke, caller: Caller, db: Db) -> RevocationView:
    """Revoke somebody's tokens (吊销): here at once, elsewhere within a second. Tokens issued later are good again."""
    if not caller.areas:
        raise OutsideYourArea
    await db.database.look_at_clock()  # a token that was issued just now is one of those
    async with db.command(caller) as tx:
        area_code = body.area_code or await _own_area(db, caller)
        made = revoke(tx, body.subject_id, body.reason_code, area_code)
        view = tx.answer(RevocationView.of(made))
    await db.database.revoked.look(db.database)
    return view


@router.get("/revocations", may="access:read")
async def list_revocations(query: Annotated[PageQuery, Query()], caller: Caller, db: Db) -> Page[RevocationView]:
    """List the revocations of your jurisdiction, newest first."""
    return await page(db, caller, revocations, _NEWEST, query, RevocationView)


async def _own_area(db: Db, caller: Principal) -> str:
    """Return the caller's area, by the code that it has today.

    Raises:
        WhichArea: there are several.
    """
    moved = await MOVED.of(db)
    own = {moved.today(area_code_of(area)) for area in caller.areas}
    if len(own) > 1:
        raise WhichArea
    return own.pop()


def revoke(tx: Command, subject_id: str, reason_code: RevokedFor, area_code: str) -> Row:
    """Let tokens that were issued to somebody until now be good no longer."""
    made = tx.create(revocations, None, area_code=area_code, subject_id=subject_id, reason_code=reason_code, revoked_at=tx.now)
    tx.tell(made, SubjectRevoked(subject_id=made.subject_id, reason_code=made.reason_code, since=tx.now))
    tx.insert(revoked, id=made.id, event_no=made.event_no, subject_id=made.subject_id, since=tx.now, area_code=made.area_code)
    return made
