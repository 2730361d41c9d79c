"""The days that a service has lived through: what deletes for good asks them whether the database's clock can be believed.

A clock that is years ahead makes everything look past its time. So a service notes each day on which it runs, and believes a
date when it ran in the week before the last one as well. A service that was stopped for long, or is new, waits a week and
goes on; one whose clock is put right goes on at once. A clock that is some days ahead is believed, and takes things those days
too early.
"""

import datetime as dt
import logging
from typing import Final

from sqlalchemy import Column, Date, Table

from gridwhistle.common.database import Database
from gridwhistle.common.tables import plumbing

log = logging.getLogger(__name__)
lived_days = Table("lived_day", plumbing, Column("lived_on", Date, primary_key=True))
_NEW: Final = dt.timedelta(days=7)
_LIVE: Final = (
    "WITH noted AS (INSERT INTO lived_day (lived_on) VALUES ($1::date) ON CONFLICT DO NOTHING)"
    " SELECT min(lived_on) AS first, bool_or(lived_on BETWEEN $1::date - 14 AND $1::date - 7) AS believed FROM lived_day"
)
DOUBTED: Final = """
SELECT (NOT EXISTS (
  SELECT FROM lived_day, (SELECT (clock_timestamp() AT TIME ZONE 'UTC')::date AS today) AS clock
  WHERE lived_on BETWEEN today - 14 AND today - 7
))::int
"""
"""1 while the date is not believed."""


async def believed(database: Database, service: str, now: dt.datetime) -> bool:
    """Note that a service lives today, and tell whether it can be believed that it is today."""
    [known] = await database.run(database.background, _LIVE, now.date())
    if known["believed"]:
        return True
    if known["first"] is None or known["first"] > now.date() - _NEW:
        log.info("%s is new here: nothing is taken away by its age in the first week", service)
    else:
        log.critical(
            "the database's clock says %s, and %s did not run in the week before the last one: it was stopped for long, or the"
            " clock is wrong. Nothing is taken away by its age until it has run for a week, or the clock is put right",
            now.date(),
            service,
        )
    return False
