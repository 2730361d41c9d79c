"""Following up (回访): seven, thirty and ninety days after an agreement takes effect, is it performed, and is there peace?"""

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import select

from gridwhistle.common.calendars import day_of
from gridwhistle.common.database import Db as Work
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.mediation import CaseFollowedUp
from gridwhistle.common.reading import one
from gridwhistle.common.rules import RULES
from gridwhistle.common.wire import Body
from gridwhistle.mediation.agreements.refusals import FollowedUpAlready, TooEarlyToFollowUp
from gridwhistle.mediation.agreements.tables import Satisfied, agreements, follow_ups
from gridwhistle.mediation.agreements.views import FollowUps, FollowUpView, agreement_of
from gridwhistle.mediation.cases.states import CASE
from gridwhistle.mediation.cases.steps import facts_of
from gridwhistle.mediation.cases.tables import cases
from gridwhistle.mediation.limits import FOLLOW_UP_DAYS

router = Router("mediation", "Agreements 调解协议: follow-up 回访")


class FollowUp(Body):
    """What somebody heard who asked. A new dispute is registered as a case of its own, which names this one."""

    is_performed: bool
    satisfied: Satisfied
    is_new_dispute: bool = False


@router.post("/cases/{case_id}/follow_up", may="cases:handle")
async def follow_up(case_id: UUID, body: FollowUp, caller: Caller, db: Db) -> FollowUps:
    """Write down how it went (回访), each time its day has come."""
    async with db.command(caller, cases, case_id) as tx:
        case, step = tx.row, CASE.step(tx.row, "follow_up", caller)
        before, agreement = await tx.children(follow_ups), await agreement_of(tx)
        day = await next_on(db, agreement, case.area_code, len(before))
        if day is None:
            raise FollowedUpAlready
        if day_of(tx.now) < day:
            raise TooEarlyToFollowUp(day=day.isoformat())
        number = len(before) + 1
        made = tx.insert(follow_ups, case_id=case_id, follow_up_no=number, asked_by=caller.id, asked_at=tx.now, **dict(body))
        tx.move(case, step, follow_ups_left=len(FOLLOW_UP_DAYS) - number)
        told: dict[str, Any] = {"follow_up_no": number, **dict(body)}
        tx.tell(case, CaseFollowedUp(**facts_of(case), **told))
        shown = [FollowUpView.of(row) for row in [*before, made]]
        return tx.answer(FollowUps(items=shown, next_on=await next_on(db, agreement, case.area_code, number)))


@router.get("/cases/{case_id}/follow_ups", may="cases:read")
async def list_follow_ups(case_id: UUID, caller: Caller, db: Db) -> FollowUps:
    """Return what was followed up, and from when on the next is due."""
    case = await one(db, caller, cases, case_id)
    done = await db.fetch(select(follow_ups).where(follow_ups.c.case_id == case_id).order_by(follow_ups.c.follow_up_no))
    stands = agreements.c.case_id == case_id, agreements.c.state == "effective"
    agreement = await db.first(select(agreements.c.effective_at).where(*stands))
    day = await next_on(db, agreement, case.area_code, len(done)) if agreement else None
    return FollowUps(items=[FollowUpView.of(row) for row in done], next_on=day)


async def next_on(db: Work, agreement: Any, area_code: str, done: int) -> dt.date | None:
    """Return from which day on the next follow-up is due; None when all of them are done."""
    if done >= len(FOLLOW_UP_DAYS):
        return None
    days = (await RULES.of(db)).of(FOLLOW_UP_DAYS[done], area_code, agreement.effective_at).amount
    return day_of(agreement.effective_at) + dt.timedelta(days=days)
