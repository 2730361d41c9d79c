"""Reminders (督促): what is owed and late is told of on its day, and every seven days until it is done or given up."""

import asyncio
import datetime as dt
import logging
from contextlib import suppress
from typing import Final
from uuid import UUID

from sqlalchemy import func, or_, select

from gridwhistle.common.again import Away, Replay, again
from gridwhistle.common.calendars import day_of
from gridwhistle.common.database import Database, Db
from gridwhistle.common.events.mediation import PerformanceOverdue
from gridwhistle.common.ids import new_id
from gridwhistle.common.principal import system
from gridwhistle.common.problems import Busy
from gridwhistle.common.rules import RULES
from gridwhistle.common.running import Running
from gridwhistle.mediation.agreements.performing import is_late, terms_owed
from gridwhistle.mediation.agreements.tables import agreement_terms, agreements
from gridwhistle.mediation.cases.steps import facts_of
from gridwhistle.mediation.cases.tables import cases
from gridwhistle.mediation.limits import REMIND_EVERY

log = logging.getLogger(__name__)
_SYSTEM: Final = system("mediation")
_EVERY_S: Final = 600.0
_AT_ONCE: Final = 500


async def remind(service: Running) -> None:
    """Look every ten minutes what is late."""
    while True:
        try:
            await remind_once(service.database)
        except (Busy, Away):
            log.info("reminders wait: the database is busy")
        await asyncio.sleep(_EVERY_S)


async def remind_once(database: Database) -> int:
    """Tell of what is late and was not told of for some days; return of how many cases."""
    db = _db(database, None)
    now = await database.now(database.background)
    rules, day = await RULES.of(db), day_of(now)
    owed = agreements.c.state == "effective", cases.c.state == "performing"  # of what was dropped nothing is owed
    late = *owed, agreement_terms.c.done_on.is_(None), agreement_terms.c.due_on < day
    recent = now - dt.timedelta(days=1)
    asked = or_(agreement_terms.c.reminded_at.is_(None), agreement_terms.c.reminded_at < recent)
    found = select(cases.c.id, cases.c.area_code).join(agreement_terms, agreement_terms.c.case_id == cases.c.id)
    found = found.join(agreements, agreements.c.id == agreement_terms.c.agreement_id)
    # Who was never told comes first: those told some days ago are looked at as well, and may be more than are taken at once.
    longest_ago = func.min(agreement_terms.c.reminded_at).nulls_first(), cases.c.id
    some = found.where(*late, asked).group_by(cases.c.id, cases.c.area_code).order_by(*longest_ago).limit(_AT_ONCE)
    rows = await db.fetch(some)
    for row in rows:
        every = dt.timedelta(days=rules.of(REMIND_EVERY, row.area_code, now).amount)
        await _remind(database, row.id, day, every)
    return len(rows)


async def _remind(database: Database, case_id: UUID, day: dt.date, every: dt.timedelta) -> None:
    db = _db(database, f"{case_id}|{day}")

    async def work() -> None:
        db.start_over()
        async with db.command(_SYSTEM, cases, case_id) as tx:
            if tx.row.state != "performing":
                return
            owed = [
                term
                for term in await terms_owed(tx)
                if term.due_on and is_late(term, day) and (term.reminded_at is None or tx.now - term.reminded_at >= every)
            ]
            if not owed:
                return
            for term in owed:
                tx.update(term, reminders=term.reminders + 1, reminded_at=tx.now)
            tx.record(tx.row, "remind")
            tx.tell(tx.row, PerformanceOverdue(**facts_of(tx.row), terms=len(owed)))

    with suppress(Replay):  # another process was faster
        await again(work)


def _db(database: Database, key: str | None) -> Db:
    return Db(database, scope="remind", key=key, request_id=str(new_id()), background=True)
