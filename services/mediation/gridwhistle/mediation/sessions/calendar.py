"""The sessions of who asks as a calendar that phones read (iCalendar, RFC 5545): when and where, by the case's number alone."""

import datetime as dt
import hashlib
from collections.abc import Sequence
from typing import Any, Final

from icalendar import Calendar, Event
from sqlalchemy import cast, select
from sqlalchemy.dialects.postgresql import JSONB

from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.jurisdiction import within
from gridwhistle.common.wire import File
from gridwhistle.mediation.cases.tables import cases
from gridwhistle.mediation.sessions.tables import sessions

router = Router("mediation", "Sessions 调解会: calendar 日历")
MEDIA_TYPE: Final = "text/calendar"
_MOST: Final = 500
_SINCE: Final = dt.timedelta(days=90)
_STATUS: Final = {"planned": "CONFIRMED", "open": "CONFIRMED", "ended": "CONFIRMED", "cancelled": "CANCELLED"}


@router.get("/session_calendar", may="cases:read", gives=(MEDIA_TYPE,))
async def get_session_calendar(caller: Caller, db: Db) -> File:
    """Return the sessions of the cases that you mediate, of the last ninety days and to come, as iCalendar."""
    now = await db.now()
    mine = cast(cases.c.panel, JSONB).has_key(caller.id), sessions.c.starts_at > now - _SINCE, within(cases, caller)
    asked = select(
        *(sessions.c[name] for name in ("id", "session_no", "state", "starts_at", "ends_at", "venue", "is_online")),
        *(cases.c.case_no, cases.c.terminal_at),
    ).join(cases, cases.c.id == sessions.c.case_id)
    content = written(await db.fetch(asked.where(*mine).order_by(sessions.c.starts_at, sessions.c.id).limit(_MOST)))

    async def read() -> bytes:
        return content

    return File(MEDIA_TYPE, "sessions", hashlib.sha256(content).hexdigest(), read, ending=".ics")


def written(rows: Sequence[Any]) -> bytes:
    """Return sessions as a calendar; each is stamped with its own beginning, so that the same sessions are the same bytes."""
    calendar = Calendar()
    calendar.add("prodid", "-//Gridwhistle//mediation//ZH")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", "调解会")
    for row in rows:
        event = Event()
        event.add("uid", f"{row.id}@mediation.gridwhistle")
        event.add("dtstamp", row.starts_at.astimezone(dt.UTC))
        event.add("dtstart", row.starts_at.astimezone(dt.UTC))
        event.add("dtend", row.ends_at.astimezone(dt.UTC))
        event.add("summary", f"调解会 {row.case_no} 第{row.session_no}次")
        event.add("location", f"{row.venue}(在线)" if row.is_online else row.venue)
        never_takes_place = row.state == "planned" and row.terminal_at
        event.add("status", "CANCELLED" if never_takes_place else _STATUS[row.state])
        event.add("class", "CONFIDENTIAL")
        calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content
