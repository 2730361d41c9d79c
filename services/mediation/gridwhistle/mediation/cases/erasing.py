"""Erasing what is known of parties at their wish (删除个人信息): where the law asks for no file, and nobody holds the case."""

from collections.abc import Sequence
from typing import Annotated, Final
from uuid import UUID

from pydantic import Field
from sqlalchemy import select

from gridwhistle.common.commands import Command
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.holds import holds
from gridwhistle.common.problems import Conflict
from gridwhistle.common.reasons import Why
from gridwhistle.common.retention import certify
from gridwhistle.common.rows import Row
from gridwhistle.common.sealed import sealed_columns
from gridwhistle.common.wire import View
from gridwhistle.mediation.cases.states import ENDED
from gridwhistle.mediation.cases.tables import cases, parties

router = Router("mediation", "Files 卷宗: erasure 删除")
_OF_CASES: Final = tuple(sealed_columns(cases))
_OF_PARTIES: Final = (*sealed_columns(parties), parties.c.home_area.name)


class FileIsKept(Conflict):
    """The law asks for a file of what was accepted (人民调解法 art. 27), and what goes on needs to know who they are."""

    code = "file_is_kept"
    zh, en = (
        "案件已受理或尚未了结,依法须保存卷宗,不能删除。",
        "The case was accepted or goes on, so the law has its file kept; nothing can be erased.",
    )


class CaseOnHold(Conflict):
    """What is disputed or looked into may not go away meanwhile."""

    code = "case_on_hold"
    zh, en = "该案依法封存,解除之前不能删除。", "The case is on legal hold; nothing goes before it is lifted."


class Erased(View):
    """What was taken away, and under which certificate it can be proven."""

    case_id: UUID
    rows: Annotated[int, Field(ge=0, le=1_000)]
    certificate_id: UUID | None


@router.post("/cases/{case_id}/erase_parties", may="privacy:write")
async def erase_parties(case_id: UUID, body: Why, caller: Caller, db: Db) -> Erased:
    """Erase who the parties are and what they said, of a case that ended before it was accepted; it is certified."""
    async with db.command(caller, cases, case_id) as tx:
        case = tx.row
        if case.accepted_at or case.state not in ENDED:
            raise FileIsKept
        there = [row for row in await tx.children(parties) if any(getattr(row, name) is not None for name in _OF_PARTIES)]
        certificate = await erase(tx, "erase_parties", there)
        tx.update(case, **dict.fromkeys(_OF_CASES))
        tx.record(case, "erase_parties", body.reason)
        return tx.answer(Erased(case_id=case.id, rows=len(there), certificate_id=certificate and certificate.id))


async def erase(tx: Command, why: str, rows: Sequence[Row]) -> Row | None:
    """Erase what is known of parties of the held case; return the certificate of it, None if there was nobody.

    Raises:
        CaseOnHold: somebody holds the case by law.
    """
    case = tx.row
    if await tx.db.first(select(holds.c.id).where(holds.c.thing_id == case.id, holds.c.state == "held")):
        raise CaseOnHold
    if not rows:
        return None
    for row in rows:
        tx.update(row, **dict.fromkeys(_OF_PARTIES))
    return certify(tx, parties.name, [str(row.id) for row in rows], "request", why=why, taken=_OF_PARTIES)
