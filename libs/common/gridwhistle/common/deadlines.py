"""When something is due, and why: limits in working and in continuous time, with pauses, extensions and rework."""

import datetime as dt
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from gridwhistle.common.calendars import LOCAL, SATURDAY, WorkTime
from gridwhistle.common.problems import Term

Unit = Literal[
    "urgent_minute",
    "urgent_hour",
    "natural_day",
    "work_hour",
    "work_day_rolling",
    "work_day_legal",
    "natural_day_legal",
    "same_day",
]
UNITS: Final[dict[str, Term]] = {
    "urgent_minute": Term("紧急工作分钟", "minutes, day and night"),
    "urgent_hour": Term("紧急工作时", "hours, day and night"),
    "natural_day": Term("自然日", "days of 24 hours"),
    "work_hour": Term("工作时", "working hours"),
    "work_day_rolling": Term("工作日(滚动)", "working days, rolling"),
    "work_day_legal": Term("工作日(法定)", "working days by law"),
    "natural_day_legal": Term("日(法定)", "days by law"),
    "same_day": Term("当日", "the same day"),
}
Cutoff = Literal["close", "midnight"]
"""When a day by law ends: at close of business, or at 24:00 where the act can be filed online."""
WARN: Final = 80
"""Percent of the limit after which whoever has the thing is warned."""
ESCALATIONS: Final = (150, 200)
"""Percent at which it goes to the county's supervisor, and at which it becomes a candidate for listing (挂牌)."""
_MINUTE: Final = dt.timedelta(minutes=1)
_DAY: Final = dt.timedelta(days=1)
_CONTINUOUS: Final = {"urgent_minute": _MINUTE, "urgent_hour": 60 * _MINUTE, "natural_day": _DAY}
_ZERO: Final = dt.timedelta(0)
Pause = tuple[dt.datetime, dt.datetime]


class Line(NamedTuple):
    """One step of an explanation, and how much of the limit passes in it."""

    zh: str
    en: str
    counted: dt.timedelta = dt.timedelta(0)


class Deadline:
    """A limit that runs: from its start, over pauses, to the moment when it is due.

    Percentages, pauses and rework count in the limit's own time: continuous, or worked. A limit by law counts whole days; its
    working time runs from the opening of its first day.
    """

    def __init__(
        self,
        amount: int,
        unit: Unit,
        started_at: dt.datetime,
        time: WorkTime,
        *,
        cutoff: Cutoff = "close",
        extended_times: int = 0,
        pauses: tuple[Pause, ...] = (),
        minutes: int | None = None,
    ) -> None:
        """Count out a limit.

        Args:
            amount: of units.
            unit: in what it is counted.
            started_at: when it began.
            time: working time of the place.
            cutoff: when a day by law ends.
            extended_times: each gives the original limit once more, measured from the start.
            pauses: which are over, in order.
            minutes: of a rework, in the limit's own time, instead of the amount.
        """
        self.unit, self.amount, self.minutes, self._time = unit, amount, minutes, time
        self.started_at, self.extended_times, self.pauses = started_at, extended_times, pauses
        self._limits = 1 + extended_times
        self._midnight = cutoff == "midnight" and unit == "natural_day_legal"
        self._start = self._origin = _local(started_at)
        self._local_pauses = [(_local(pause), _local(resume)) for pause, resume in pauses]
        self._by_law = unit in {"work_day_legal", "natural_day_legal"} and minutes is None
        self.total = self._total()
        """The limit in its own time."""
        self._end = self._reach(self.total)
        if self._midnight:
            self._end = dt.datetime.combine(self._end.date() + _DAY, dt.time())
        years = range(self._start.year, self._end.year + 1)
        self.provisional = unit not in _CONTINUOUS and not all(map(time.calendar.published, years))
        """Whether it runs into a year whose make-up days nobody knows yet."""

    @property
    def due_at(self) -> dt.datetime:
        """When it is due."""
        return _aware(self._end)

    def at(self, percent: int) -> dt.datetime:
        """Return when so much of the limit has passed; more than a hundred lies behind the due time."""
        return self.due_at if percent == 100 else _aware(self._reach(self.total * percent / 100))  # noqa: PLR2004  all of it

    def used(self, until: dt.datetime) -> dt.timedelta:
        """Return how much of its own time has passed."""
        end, begin, used = _local(until), self._origin, _ZERO
        for pause, resume in self._local_pauses:
            if end <= pause:
                break
            used += self._between(begin, pause)
            begin = max(begin, resume)
        return used + self._between(begin, end)

    def rework_minutes(self, stopped_at: dt.datetime) -> int:
        """Return the limit of a rework: what was left, or half of the original if that is more."""
        original = Deadline(self.amount, self.unit, self.started_at, self._time).total
        return -(-max(self.total - self.used(stopped_at), original / 2) // _MINUTE)

    def _total(self) -> dt.timedelta:
        """Return the limit in its own time, and set where that begins to count."""
        time, amount = self._time, self.amount * self._limits
        if self.minutes is not None:
            return self.minutes * self._limits * _MINUTE
        if self.unit in _CONTINUOUS:
            return amount * _CONTINUOUS[self.unit]
        if self.unit == "work_hour":
            return amount * 60 * _MINUTE
        if self.unit == "work_day_rolling":
            return amount * time.windows.day
        if self.unit == "same_day":
            last = (
                self._start.date() if time.on(self._start.date()) and self._start < time.closing(self._start.date()) else None
            )
            return time.between(self._start, time.closing(last or self._workday_after(self._start.date(), 1)))
        first, last = self._days()
        self._origin = time.opening(first)
        return time.between(self._origin, time.closing(last))

    def _days(self) -> tuple[dt.date, dt.date]:
        """Return the first and the last day of a limit by law; the day of the start is not counted (民法典 201, 203)."""
        start = self._start.date()
        if self.unit == "work_day_legal":
            return self._workday_after(start, 1), self._workday_after(start, self.amount * self._limits)
        last = start + self.amount * self._limits * _DAY
        return start + _DAY, last if self._time.on(last) else self._workday_after(last, 1)

    def _workday_after(self, date: dt.date, number: int) -> dt.date:
        while number:
            date += _DAY
            if self._time.on(date):
                number -= 1
        return date

    def _reach(self, amount: dt.timedelta) -> dt.datetime:
        """Return when so much of the limit's own time has passed."""
        begin = self._origin
        for pause, resume in self._local_pauses:
            worked = self._between(begin, pause)
            if worked >= amount:
                break
            amount -= worked
            begin = max(begin, resume)
        return begin + amount if self.unit in _CONTINUOUS else self._time.after(begin, amount)

    def _between(self, begin: dt.datetime, end: dt.datetime) -> dt.timedelta:
        if end <= begin:
            return _ZERO
        return end - begin if self.unit in _CONTINUOUS else self._time.between(begin, end)

    # --- why -----------------------------------------------------------------------------------------------------------------

    def explain(self) -> list[Line]:
        """Return, step by step, how the due time comes about: each window, each skipped day and why, each pause."""
        term = UNITS[self.unit]
        if self.minutes is not None:
            minutes = self.minutes * self._limits
            limit = Line(f"返工时限 {minutes} 分钟", f"for rework, {minutes} minutes")
        elif self.unit == "same_day":
            limit = Line("当日下班前", "until close of business of the same day")
        else:
            amount = self.amount * self._limits
            limit = Line(f"{amount} {term.zh}", f"{amount} {term.en}")
        extended = Line("", "")
        if self.extended_times:
            extended = Line(f",含延期 {self.extended_times} 次", f", extended {self.extended_times} times")
        zh, en = _said(self._start)
        lines = [Line(f"{zh} 开始计时;时限:{limit.zh}{extended.zh}。", f"Starts {en}; the limit: {limit.en}{extended.en}.")]
        if self._by_law and not self._local_pauses:
            lines += self._by_days()
        else:
            lines += self._by_minutes()
        zh, en = _said(self._end)
        if self._midnight:
            zh, en = (said.replace(" 00:00", "") for said in _said(self._end - _DAY))
            zh, en = f"{zh} 24:00", f"{en} 24:00"
        lines.append(Line(f"到期:{zh}。", f"Due {en}."))
        if self.provisional:
            lines.append(
                Line(
                    "其中年度的放假安排尚未公布,暂按周一至周五扣除固定法定假日计算;公布后重新计算。",
                    "The holidays of a year in it are not published yet: it is counted by weekdays less the fixed holidays,"
                    " and again when they are.",
                )
            )
        return lines

    def _by_days(self) -> Iterator[Line]:
        """Explain a limit by law, day by day."""
        date, number, amount = self._start.date(), 0, self.amount * self._limits
        zh, en = _date(date)
        yield Line(f"{zh} 当日不计入。", f"{en} is the day of the start and not counted.")
        while date < self._end.date() - (_DAY if self._midnight else _ZERO):
            date += _DAY
            zh, en = _date(date)
            day = self._time.calendar.day(date)
            if self.unit == "natural_day_legal" and number < amount:
                number += 1
                if number in {1, amount}:
                    yield Line(f"{zh} 为第 {number} 日。", f"{en} is day {number}.")
            if day.is_workday:
                if self.unit == "work_day_legal":
                    number += 1
                    made_up = f"({day.why.zh})" if date.weekday() >= SATURDAY else ""
                    made_up_en = f" ({day.why.en})" if made_up else ""
                    yield Line(f"{zh} 为第 {number} 个工作日{made_up}。", f"{en} is working day {number}{made_up_en}.")
            elif self.unit == "work_day_legal":
                yield Line(f"{zh} {day.why.zh},不计。", f"{en} is skipped: {day.why.en}.")
            elif number == amount:
                yield Line(f"{zh} {day.why.zh},顺延。", f"{en} is no working day ({day.why.en}): the next one counts.")

    def _by_minutes(self) -> Iterator[Line]:
        """Explain by what is counted between pauses."""
        if self._by_law:
            minutes = self.total // _MINUTE
            zh, en = _said(self._origin)
            yield Line(f"自 {zh} 起共 {minutes} 工作分钟。", f"From {en} that is {minutes} working minutes.")
        left, begin = self.total, self._origin
        for pause, resume in [*self._local_pauses, (None, None)]:
            used = left if pause is None else min(left, self._between(begin, pause))
            yield from self._counted(begin, used)
            left -= used
            if pause is None or resume is None or not left:
                return
            (zh, en), (zh_on, en_on) = _said(pause), _said(resume)
            minutes = left // _MINUTE
            yield Line(
                f"{zh} 暂停,{zh_on} 恢复,尚余 {minutes} 分钟。", f"Paused {en}, resumed {en_on}: {minutes} minutes left."
            )
            begin = max(begin, resume)

    def _counted(self, begin: dt.datetime, amount: dt.timedelta) -> Iterator[Line]:
        """Explain how an amount of the limit's own time passes from a moment on."""
        if not amount:
            return
        if self.unit in _CONTINUOUS:
            minutes, (zh, en) = amount // _MINUTE, _said(begin + amount)
            yield Line(f"昼夜连续计 {minutes} 分钟,至 {zh}。", f"Counts day and night, {minutes} minutes, to {en}.", amount)
            return
        for date, spans in self._time.spans(begin):
            zh, en = _date(date)
            day = self._time.calendar.day(date)
            if not day.is_workday:
                yield Line(f"{zh} {day.why.zh},不计。", f"{en} is skipped: {day.why.en}.")
                continue
            counted = []
            for opens, closes in spans:
                ends = min(closes, opens + amount)
                amount -= ends - opens
                if opens < ends:
                    counted.append((opens, ends))
            if counted:
                worked = sum((ends - opens for opens, ends in counted), _ZERO)
                minutes = worked // _MINUTE
                windows = [f"{opens:%H:%M}–{ends:%H:%M}" for opens, ends in counted]
                yield Line(
                    f"{zh} 计 {'、'.join(windows)},共 {minutes} 分钟。",
                    f"{en} counts {' and '.join(windows)}: {minutes} minutes.",
                    worked,
                )
            else:
                yield Line(f"{zh} 工作时段已过,不计。", f"{en} is over: no working time is left of it.")
            if not amount:
                return


def first_moments(
    amount: int, unit: Unit, started_at: dt.datetime, time: WorkTime, cutoff: Cutoff = "close"
) -> tuple[dt.datetime, dt.datetime, bool]:
    """Return when a limit that starts warns and is due, and whether that is provisional; day and night it needs no calendar."""
    if whole := _CONTINUOUS.get(unit):
        limit = amount * whole
        return started_at + limit * WARN / 100, started_at + limit, False
    deadline = Deadline(amount, unit, started_at, time, cutoff=cutoff)
    return deadline.at(WARN), deadline.due_at, deadline.provisional


def _local(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(LOCAL).replace(tzinfo=None)


def _aware(local: dt.datetime) -> dt.datetime:
    return local.replace(tzinfo=LOCAL).astimezone(dt.UTC)


def _date(date: dt.date) -> tuple[str, str]:
    return f"{date}(周{'一二三四五六日'[date.weekday()]})", f"{date:%a} {date}"


def _said(local: dt.datetime) -> tuple[str, str]:
    zh, en = _date(local.date())
    return f"{zh} {local:%H:%M}", f"{en} {local:%H:%M}"
