"""What rules say where something lies."""

import datetime as dt

from gridwhistle.common.calendars import day_of


def today(now: dt.datetime) -> dt.date:
    """Return the day that it is in the county."""
    return day_of(now)


def years_after(day: dt.date, years: int) -> dt.date:
    """Return the day so many years later; after a 29th of February, the 1st of March where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return dt.date(day.year + years, 3, 1)
