"""Which days people work: the nation's holidays and make-up days, what a county adds, and the windows of a working day."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.metadata import version
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from gridwhistle.common.problems import Term

LOCAL: Final = ZoneInfo("Asia/Shanghai")
SATURDAY: Final = 5
_DAY: Final = dt.timedelta(days=1)
_ZERO: Final = dt.timedelta(0)
_MIDNIGHT: Final = dt.time()
# The statutory days that fall on the same date every year (全国年节及纪念日放假办法, as of 2025).
_FIXED: Final = {
    (1, 1): Term("元旦", "New Year's Day"),
    (5, 1): Term("劳动节", "Labour Day"),
    (5, 2): Term("劳动节", "Labour Day"),
    (10, 1): Term("国庆节", "National Day"),
    (10, 2): Term("国庆节", "National Day"),
    (10, 3): Term("国庆节", "National Day"),
}
_WEEKDAY: Final = Term("工作日", "a working day")
_WEEKEND: Final = Term("周末", "weekend")
_MADE_UP: Final = Term("调休上班", "a make-up working day")


def day_of(moment: dt.datetime) -> dt.date:
    """Return the day that a moment lies in where counties are."""
    return moment.astimezone(LOCAL).date()


class Day(NamedTuple):
    """Whether a day is worked, and why."""

    is_workday: bool
    why: Term
    source: str


class Calendar:
    """The working days of one place: those of the nation, and over them what is said of single days there."""

    def __init__(self, said: Mapping[dt.date, Day] | None = None, published: Iterable[int] = ()) -> None:
        """Take the days that were put in, and the years that count as published by them."""
        self._said, self._published = said or {}, frozenset(published)
        self._days: dict[dt.date, Day] = {}

    def day(self, on: dt.date) -> Day:
        """Return what kind of day it is."""
        day = self._days.get(on)
        if day is None:
            day = self._days[on] = self._said.get(on) or _national(on)
        return day

    def published(self, year: int) -> bool:
        """Tell whether the State Council's notice for the year is known; before that nobody knows its make-up days."""
        return year in self._published or national_year(year) is not None

    def special(self, year: int) -> dict[dt.date, Day]:
        """Return the days of a year that are not what their weekday says, and all that was put in."""
        first = dt.date(year, 1, 1)
        days = (first + _DAY * number for number in range((dt.date(year + 1, 1, 1) - first).days))
        return {on: self.day(on) for on in days if on in self._said or self.day(on).why not in {_WEEKDAY, _WEEKEND}}


def _national(on: dt.date) -> Day:
    known = national_year(on.year)
    if known is not None and on in known:
        return known[on]
    if known is None and (fixed := _FIXED.get((on.month, on.day))):
        return Day(is_workday=False, why=fixed, source="statutory")
    weekday = on.weekday() < SATURDAY
    return Day(is_workday=weekday, why=_WEEKDAY if weekday else _WEEKEND, source="weekday")


@lru_cache(maxsize=64)
def national_year(year: int) -> dict[dt.date, Day] | None:
    """Return the holidays and make-up days of a year; None when its notice is not known.

    The library answers for such years too, without make-up days and without a word. Every notice since 2001 has some, so
    none means that there is no notice yet.
    """
    import holidays  # noqa: PLC0415  takes a sixth of a second, which commands that print help need not wait for

    zh, en = (holidays.country_holidays("CN", years=year, language=language) for language in ("zh_CN", "en_US"))
    made_up = {day for day in zh.weekend_workdays if day.year == year}
    if not made_up:
        return None
    source = f"holidays {version('holidays')}"
    days = {on: Day(is_workday=False, why=Term(zh[on], en[on]), source=source) for on in zh if on.year == year}
    return days | {on: Day(is_workday=True, why=_MADE_UP, source=source) for on in made_up}


# --- the windows of a working day --------------------------------------------------------------------------------------------

_Window = tuple[dt.timedelta, dt.timedelta]
_WINDOW = r"([0-2][0-9]):([0-5][0-9])-([0-2][0-9]):([0-5][0-9])"
_DATE = r"(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_SEASON = re.compile(rf"(?:{_DATE}\.\.{_DATE} )?({_WINDOW}(?: {_WINDOW})*)")
ORDINARY_WINDOWS: Final = "08:00-12:00 14:00-18:00"


class BadWindows(ValueError):
    """The text is not of the form `08:00-12:00 14:00-18:00; 05-01..09-30 08:00-12:00 14:30-17:30`."""


class Windows:
    """The working windows (工作时段) of a day, by season.

    Written `08:00-12:00 14:00-18:00; 05-01..09-30 08:00-12:00 15:00-18:00`: the ordinary windows first, then those of seasons.
    """

    def __init__(self, text: str) -> None:
        """Read the windows.

        Raises:
            BadWindows: the text says none, or windows overlap, or a season comes before the ordinary windows.
        """
        self.text = text
        self._seasons: list[tuple[tuple[int, int], tuple[int, int], tuple[_Window, ...]]] = []
        for number, part in enumerate(text.split("; ")):
            found = _SEASON.fullmatch(part)
            if found is None or (number == 0) != (found[1] is None):
                raise BadWindows(text)
            windows = _windows_in(found[5])
            if number == 0:
                self.ordinary = windows
            else:
                first, last = (int(found[1]), int(found[2])), (int(found[3]), int(found[4]))
                self._seasons.append((first, last, windows))
        self.day = sum((closes - opens for opens, closes in self.ordinary), _ZERO)
        """What "a day of work" is worth where hours are counted."""

    def on(self, date: dt.date) -> tuple[_Window, ...]:
        """Return the windows of a date, as times since midnight."""
        day = (date.month, date.day)
        for first, last, windows in self._seasons:
            if (first <= day <= last) if first <= last else (day >= first or day <= last):
                return windows
        return self.ordinary


def _windows_in(text: str) -> tuple[_Window, ...]:
    windows: list[_Window] = []
    for hours, minutes, end_hours, end_minutes in re.findall(_WINDOW, text):
        opens = dt.timedelta(hours=int(hours), minutes=int(minutes))
        closes = dt.timedelta(hours=int(end_hours), minutes=int(end_minutes))
        if closes <= opens or closes > _DAY or (windows and opens < windows[-1][1]):
            raise BadWindows(text)
        windows.append((opens, closes))
    return tuple(windows)


class WorkTime:
    """Working time of one place: how much of it lies between two moments, and where an amount of it ends.

    Moments here are local and carry no zone: windows are times of the wall clock.
    """

    def __init__(self, calendar: Calendar, windows: Windows) -> None:
        self.calendar, self.windows = calendar, windows
        self._on: dict[dt.date, tuple[_Window, ...]] = {}

    def on(self, date: dt.date) -> tuple[_Window, ...]:
        """Return the windows in which a date is worked; none on a rest day."""
        windows = self._on.get(date)
        if windows is None:
            windows = self._on[date] = self.windows.on(date) if self.calendar.day(date).is_workday else ()
        return windows

    def spans(self, start: dt.datetime) -> Iterable[tuple[dt.date, list[tuple[dt.datetime, dt.datetime]]]]:
        """Yield each date from the start on, with what is worked of it after the start."""
        date = start.date()
        while True:
            midnight = dt.datetime.combine(date, _MIDNIGHT)
            spans = [(midnight + opens, midnight + closes) for opens, closes in self.on(date)]
            yield date, [(max(opens, start), closes) for opens, closes in spans if closes > start]
            date += _DAY

    def after(self, start: dt.datetime, amount: dt.timedelta) -> dt.datetime:
        """Return the moment at which the amount has been worked since the start."""
        if not amount:
            return start
        midnight = dt.datetime.combine(start.date(), _MIDNIGHT)
        at = start - midnight
        while True:
            for opens, closes in self.on(midnight.date()):
                begins = max(opens, at)
                if begins < closes:
                    if amount <= closes - begins:
                        return midnight + begins + amount
                    amount -= closes - begins
            midnight, at = midnight + _DAY, _ZERO

    def between(self, start: dt.datetime, end: dt.datetime) -> dt.timedelta:
        """Return how much was worked between two moments."""
        worked = _ZERO
        midnight = dt.datetime.combine(start.date(), _MIDNIGHT)
        while midnight < end:
            begin, stop = start - midnight, end - midnight
            for opens, closes in self.on(midnight.date()):
                from_, to = max(opens, begin), min(closes, stop)
                if from_ < to:
                    worked += to - from_
            midnight += _DAY
        return worked

    def opening(self, date: dt.date) -> dt.datetime:
        """Return when the working day opens; a rest day opens when a working day would."""
        return dt.datetime.combine(date, _MIDNIGHT) + (self.on(date) or self.windows.on(date))[0][0]

    def closing(self, date: dt.date) -> dt.datetime:
        """Return close of business of a date."""
        return dt.datetime.combine(date, _MIDNIGHT) + (self.on(date) or self.windows.on(date))[-1][1]
