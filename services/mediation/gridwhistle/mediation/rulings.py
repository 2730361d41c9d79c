"""What rules say where something lies."""

import datetime as dt

from gridwhistle.common.calendars import day_of
from gridwhistle.common.commands import Command
from gridwhistle.common.rules import RULES


async def amount(tx: Command, key: str, area_code: str | None = None) -> int:
    """Return a rule's number as it holds where the held thing lies."""
    return (await RULES.of(tx.db)).of(key, area_code or tx.row.area_code, tx.now).amount


def today(now: dt.datetime) -> dt.date:
    """Return the day that it is in the county."""
    return day_of(now)


def years_after(day: dt.date, years: int) -> dt.date:
    """Return the day so many years later; after a 29th of February, the 1st of March where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return dt.date(day.year + years, 3, 1)
