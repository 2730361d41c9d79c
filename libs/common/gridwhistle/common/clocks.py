"""Clocks: how long a stage may take, as rows beside the thing whose stage it is; commands start and stop them.

A clock is a child of its thing: whoever changes one holds the thing. It keeps what it was started with, so a rule that changes
moves no clock that runs.
"""

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import Boolean, Column, Index, Integer, Table, Text, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import JSON

from gridwhistle.common.deadlines import ESCALATIONS, WARN, Deadline, Line, first_moments
from gridwhistle.common.presets import WINDOWS
from gridwhistle.common.problems import Conflict, Term
from gridwhistle.common.rows import Row, row_from
from gridwhistle.common.rules import RULES, Rules
from gridwhistle.common.statements import read_rows
from gridwhistle.common.tables import code, moment, plumbing

if TYPE_CHECKING:
    from gridwhistle.common.commands import Command

_MINUTE: Final = dt.timedelta(minutes=1)

clocks = Table(
    "clock",
    plumbing,
    Column("id", Uuid, nullable=False),
    Column("owner", Text, nullable=False),  # the table of the thing
    Column("owner_id", Uuid, nullable=False),
    code("area_code"),
    Column("rule_key", Text, nullable=False),
    Column("rule_id", Uuid, nullable=False),
    Column("amount", Integer, nullable=False),
    Column("unit", Text, nullable=False),
    Column("cutoff", Text),
    Column("windows", Text, nullable=False),
    Column("minutes", Integer),  # of a rework, instead of the amount
    Column("extended_times", Integer, nullable=False),
    Column("pauses", JSON),  # those that are over: from, to
    Column("is_provisional", Boolean, nullable=False),
    moment("started_at", nullable=False),
    moment("warn_at", nullable=False),
    moment("due_at", nullable=False),
    moment("next_at"),  # when it is to fire next
    moment("paused_at"),
    moment("warned_at"),
    moment("breached_at"),
    moment("escalated_at"),
    moment("listed_at"),
    moment("stopped_at"),
    # At most one of a kind runs, and the same index finds the clocks of a thing: one index less for each clock to be put into.
    UniqueConstraint("owner_id", "rule_key", "stopped_at", name="clock_one_of_a_kind_runs", postgresql_nulls_not_distinct=True),
    info={"thing": Term("时限", "clock")},
)
Index("clock_next", clocks.c.next_at, postgresql_where=clocks.c.next_at.is_not(None))
Index(
    "clock_overdue",
    clocks.c.due_at,
    postgresql_where=clocks.c.breached_at.is_not(None) & clocks.c.stopped_at.is_(None),
)
LATE: Final = "overdue_since"
"""Where a thing's table has this column, it says since when a clock of the thing runs past its limit: lists ask by it."""
STAGES: Final = (
    (WARN, "warned_at", "clock_warned"),
    (100, "breached_at", "clock_breached"),
    (ESCALATIONS[0], "escalated_at", "clock_escalated"),
    (ESCALATIONS[1], "listed_at", "clock_escalated"),
)
"""What a clock fires, in this order: at which percent, what it then has, and what is told."""


class Limit(NamedTuple):
    """How long a clock runs, if not as long as its rule says; `minutes` stand for a rework, in the unit's own time."""

    amount: int
    unit: str
    minutes: int | None = None


def until(now: dt.datetime, moment: dt.datetime) -> Limit:
    """Return the limit of a clock that is due at a moment, and a minute from now at the earliest."""
    return Limit(max(1, -((now - moment) // _MINUTE)), "urgent_minute")


class NoClockRuns(Conflict):
    """There is no clock of that kind to be paused, resumed or extended as things stand."""

    code = "no_clock_runs"
    zh, en = "没有可供此操作的时限:{stage}。", "No clock of that kind can be changed so now: {stage}."


class Clocks:
    """The clocks of the things that a command holds or makes: `tx.clocks`."""

    def __init__(self, tx: "Command") -> None:
        self._tx = tx
        self._made: dict[tuple[Any, str], Row] = {}
        self._known: dict[Any, list[Row]] = {}
        self._less_late: dict[Any, Row] = {}
        self._stopped: set[tuple[Any, str]] = set()

    def start(self, row: Row, key: str, limit: Limit | None = None) -> None:
        """Start a clock by a rule, or with a limit of its own.

        What its machine does by itself at the end is fired when it is due, and not before.
        """
        tx = self._tx
        if not tx.db.starts_clocks:
            return
        rules, area = self._rules(), _place_of(row)
        if own := row.table.info.get("limits"):  # what the thing itself says of how long its clocks run
            limit = own(row, key, limit, lambda name: rules.of(name, area, tx.now))
        rule, windows = rules.of(key, area, tx.now), rules.of(WINDOWS, area, tx.now).value
        time, cutoff = rules.time(area, windows), rule.cutoff or "close"
        amount, unit, minutes = limit or (rule.amount, rule.unit, None)
        if minutes is None:
            warn_at, due_at, is_provisional = first_moments(amount, unit, tx.now, time, cutoff)  # type: ignore[arg-type]
        else:
            deadline = Deadline(amount, unit, tx.now, time, cutoff=cutoff, minutes=minutes)  # type: ignore[arg-type]
            warn_at, due_at, is_provisional = deadline.at(WARN), deadline.due_at, deadline.provisional
        happens_by_itself = key in auto_of(row)
        self._made[row.id, key] = tx.insert(
            clocks,
            owner=row.table.name,
            owner_id=row.id,
            area_code=area,
            rule_key=key,
            rule_id=rule.id,
            amount=amount,
            unit=unit,
            cutoff=rule.cutoff,
            windows=windows,
            minutes=minutes,
            extended_times=0,
            is_provisional=is_provisional,
            started_at=tx.now,
            warn_at=warn_at,
            due_at=due_at,
            next_at=due_at if happens_by_itself else warn_at,
            warned_at=tx.now if happens_by_itself else None,  # so that whatever counts it out again leaves the warning out
        )

    def due_at(self, row: Row, key: str) -> dt.datetime | None:
        """Return when a clock is due that this command has started; None, if it has started none."""
        made = self._made.get((row.id, key))
        return made.due_at if made else None

    def stop(self, row: Row, key: str) -> None:
        """Stop a clock, if one runs."""
        if made := self._made.get((row.id, key)):
            self._tx.update(made, stopped_at=self._tx.now, next_at=None)
        else:
            self._change(row, key, stopped_at=self._tx.now, next_at=None)
            self._stopped.add((row.id, key))
            if row.__dict__.get(LATE):
                self._less_late[row.id] = row

    async def settle(self) -> None:
        """Note of things that were overdue, and whose clocks the command stopped, whether another clock still makes them so."""
        for row in self._less_late.values():
            late = [
                clock.breached_at
                for clock in await self.of(row)
                if clock.breached_at and not clock.stopped_at and (row.id, clock.rule_key) not in self._stopped
            ]
            self._tx.update(row, **{LATE: min(late, default=None)})

    async def pause(self, row: Row, key: str) -> None:
        """Pause a clock (挂账): its time stands still."""
        await self._running(row, key, paused=False)
        self._change(row, key, paused_at=self._tx.now, next_at=None)
        self._tx.record(row, "pause_clock", key)

    async def resume(self, row: Row, key: str) -> None:
        """Let a paused clock run on with the time that was left."""
        clock = await self._running(row, key, paused=True)
        clock.__dict__.update(paused_at=None, pauses=[*(clock.pauses or []), [clock.paused_at, self._tx.now]])
        self._change(row, key, paused_at=None, pauses=clock.pauses, **moments(clock, self._rules()))
        self._tx.record(row, "resume_clock", key)

    async def extend(self, row: Row, key: str) -> dt.datetime:
        """Give a clock its original limit once more, measured from its start. It warns anew. Return when it is due now."""
        clock = await self._running(row, key, paused=False)
        clock.__dict__.update(extended_times=clock.extended_times + 1, warned_at=None)
        times = moments(clock, self._rules())
        self._change(row, key, extended_times=clock.extended_times, warned_at=None, **times)
        self._tx.record(row, "extend_clock", key)
        due_at: dt.datetime = times["due_at"]
        return due_at

    async def prolong(self, row: Row, key: str, amount: int) -> None:
        """Give a clock so much more, in its own unit, measured from its start. It warns anew."""
        clock = await self._running(row, key, paused=False)
        clock.__dict__.update(amount=clock.amount + amount, warned_at=None)
        self._change(row, key, amount=clock.amount, warned_at=None, **moments(clock, self._rules()))
        self._tx.record(row, "prolong_clock", key)

    async def set_again(self, row: Row, key: str, limit: Limit) -> None:
        """Let a clock count another limit, from now on; start it, if none of that kind runs."""
        if not self._tx.db.starts_clocks:
            return
        running = [clock for clock in await self.of(row) if clock.rule_key == key and not clock.stopped_at]
        if not running:
            self.start(row, key, limit)
            return
        now = self._tx.now
        values: dict[str, Any] = {
            **limit._asdict(),
            "started_at": now,
            "extended_times": 0,
            "pauses": None,
            "paused_at": None,
            "warned_at": now if key in auto_of(row) else None,
            **{column: None for _, column, _ in STAGES[1:]},
        }
        running[0].__dict__.update(values)
        self._change(row, key, **values, **moments(running[0], self._rules()))

    async def rework(self, row: Row, key: str) -> Limit:
        """Return the limit for work that was sent back: what was left, or half of the limit if that is more.

        Raises:
            NoClockRuns: no clock of that kind has ended.
        """
        ended = [clock for clock in await self.of(row) if clock.rule_key == key and clock.stopped_at]
        if not ended:
            raise NoClockRuns(stage=Term(key, key))
        last = max(ended, key=lambda clock: clock.stopped_at)
        return Limit(last.amount, last.unit, deadline_of(last, self._rules()).rework_minutes(last.paused_at or last.stopped_at))

    def fired(self, row: Row, clock: Row) -> tuple[int, str]:
        """Note that a clock reached its next stage; return at how many percent, and what is to be told."""
        percent, column, told = next(stage for stage in STAGES if getattr(clock, stage[1]) is None)
        clock.__dict__[column] = self._tx.now
        if column == "breached_at" and LATE in row.table.c and getattr(row, LATE) is None:
            self._tx.update(row, **{LATE: self._tx.now})
        self._change(row, clock.rule_key, **{column: self._tx.now}, next_at=moments(clock, self._rules())["next_at"])
        return percent, told

    def recount(self, row: Row, clock: Row) -> bool:
        """Count a clock out again, because the calendar has changed; tell whether anything is otherwise now."""
        times = counted_anew(clock, self._rules())
        if times is None:
            return False
        self._change(row, clock.rule_key, **times)
        # Days that change places may move the warning alone.
        what, name = (", warning", "warn_at") if times["due_at"] == clock.due_at != times["warn_at"] else ("", "due_at")
        before, after = getattr(clock, name).isoformat(), times[name].isoformat()
        self._tx.record(row, "recount_clock", f"{clock.rule_key}{what}: {before} → {after}")
        return True

    async def running(self, row: Row, key: str) -> Row:
        """Return the clock of that kind that runs and is not paused.

        Raises:
            NoClockRuns: there is none.
        """
        return await self._running(row, key, paused=False)

    async def of(self, row: Row) -> list[Row]:
        """Return the clocks of a held thing, as they were read."""
        if row.id not in self._known:
            records = await self._tx.db.read(read_rows(clocks, "owner_id", many=False), row.id)
            self._known[row.id] = [row_from(clocks, record, self._tx.db.database.seal) for record in records]
        return self._known[row.id]

    async def _running(self, row: Row, key: str, *, paused: bool) -> Row:
        for clock in await self.of(row):
            if clock.rule_key == key and not clock.stopped_at and bool(clock.paused_at) == paused:
                return clock
        raise NoClockRuns(stage=Term(key, key))

    def _change(self, row: Row, key: str, **values: Any) -> None:
        self._tx.update_where(clocks, {"owner_id": row.id, "rule_key": key, "stopped_at": None}, **values)

    def _rules(self) -> Rules:
        return RULES.kept(self._tx.db.database)


def auto_of(row: Row) -> Mapping[str, str]:
    """Return what a thing does by itself when clocks are due: actions by the clocks' rules."""
    machine = row.table.info.get("machine")
    return machine.auto if machine else {}


def deadline_of(clock: Any, rules: Rules) -> Deadline:
    """Return the limit of a clock as it runs."""
    pauses = [(_moment(pause), _moment(resume)) for pause, resume in clock.pauses or ()]
    return Deadline(
        clock.amount,
        clock.unit,
        clock.started_at,
        rules.time(clock.area_code, clock.windows),
        cutoff=clock.cutoff or "close",
        extended_times=clock.extended_times,
        pauses=tuple(pauses),
        minutes=clock.minutes,
    )


def moments(clock: Any, rules: Rules) -> dict[str, Any]:
    """Return when a clock warns, is due, and fires next."""
    deadline = deadline_of(clock, rules)
    ahead = next((percent for percent, column, _ in STAGES if getattr(clock, column) is None), None)
    return {
        "warn_at": deadline.at(WARN),
        "due_at": deadline.due_at,
        "next_at": ahead and deadline.at(ahead),
        "is_provisional": deadline.provisional,
    }


def counted_anew(clock: Any, rules: Rules) -> dict[str, Any] | None:
    """Return when a clock warns, is due and fires next by the calendar as it is now; None when nothing is otherwise."""
    times = moments(clock, rules)
    if all(times[name] == getattr(clock, name) for name in ("warn_at", "due_at", "is_provisional")):
        return None
    return times | ({"next_at": None} if clock.paused_at else {})


def explained(clock: Any, rules: Rules) -> list[Line]:
    """Return why a clock is due when it is, step by step."""
    deadline = deadline_of(clock, rules)
    if clock.paused_at is None:
        return deadline.explain()
    used = deadline.used(clock.paused_at) // dt.timedelta(minutes=1)
    left = max(deadline.total // dt.timedelta(minutes=1) - used, 0)
    line = Line(f"暂停中:已用 {used} 分钟,恢复后尚余 {left} 分钟。", f"It is paused: {used} minutes are used, {left} are left.")
    if clock.stopped_at:
        line = Line(f"暂停期间结束:已用 {used} 分钟。", f"It ended while it was paused: {used} minutes were used.")
    return [*deadline.explain()[:1], line]


def _place_of(row: Row) -> str:
    place: str = row.__dict__.get("grid_code") or row.area_code
    return place


def _moment(written: Any) -> dt.datetime:
    return dt.datetime.fromisoformat(written) if isinstance(written, str) else written
