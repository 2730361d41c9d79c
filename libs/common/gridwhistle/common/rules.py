"""Rules as rows: every number that a county may set otherwise, with its source, its level and its validity.

A service declares presets beside its domain. What a county sets stands over them as a row of its own; rows are never edited.
Reading costs a command nothing: the rows are in memory, a second old at most.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid5

from sqlalchemy import Boolean, CheckConstraint, Column, Computed, Date, Table, Text, func, select

from gridwhistle.common.calendars import BadWindows, Calendar, Day, Windows, WorkTime
from gridwhistle.common.deadlines import UNITS
from gridwhistle.common.known import Known
from gridwhistle.common.presets import UNCONFIRMED
from gridwhistle.common.problems import Invalid, Term
from gridwhistle.common.tables import code, moment, plumbing, root

if TYPE_CHECKING:
    from gridwhistle.common.database import Database, Db

rules = Table(
    "rule",
    plumbing,
    *root(numbered=False),
    code("area_code"),  # a prefix: none, 2, 4 or 6 digits
    Column(
        "level",
        Text,
        Computed(
            "CASE length(area_code) WHEN 0 THEN 'national' WHEN 2 THEN 'province' WHEN 4 THEN 'city' ELSE 'county' END",
            persisted=True,
        ),
    ),
    Column("key", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("cutoff", Text),
    Column("source_ref", Text, nullable=False),
    Column("note", Text),
    moment("effective_from", nullable=False),
    moment("effective_to"),
    Column("approved_by", Text),
    CheckConstraint("length(area_code) IN (0, 2, 4, 6)", name="area_is_county_or_wider"),
    CheckConstraint("effective_to > effective_from", name="ends_after_it_begins"),
    info={"thing": Term("规则", "rule")},
)
calendar_days = Table(
    "calendar_day",
    plumbing,
    *root(numbered=False),
    code("area_code"),
    Column("date", Date, nullable=False),
    Column("is_workday", Boolean, nullable=False),
    Column("name", Text, nullable=False),
    Column("of_notice", Boolean, nullable=False),  # one of the days by which the notice for its year is put in, all of it
    Column("source_ref", Text, nullable=False),
    moment("put_in_at", nullable=False),
    Column("put_in_by", Text, nullable=False),
    moment("applied_at"),  # when the clocks that it concerns had been computed again
    CheckConstraint("length(area_code) IN (0, 2, 4, 6)", name="area_is_county_or_wider"),
    info={"thing": Term("日历日", "calendar day")},
)
_SINCE_EVER: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_PRESETS: Final = UUID("5f0c1bd8-6b0e-4a53-9a8e-0d6c7f6f3c11")
_AMOUNT_MAX: Final = 10_000
_NUMBER_CHARS_MAX: Final = 12
# What is kept for no day at all would be taken away as soon as it is written.
_NEVER_NONE: Final = {"day": Term("天", "days"), "year": Term("年", "years"), "look": Term("次", "looks")} | {
    "metre": Term("米", "metres"),
    "hour": Term("小时", "hours"),
    "square_decimetre": Term("平方分米", "square decimetres"),
}


class NoSuchValue(Invalid):
    """The value is not one that the unit can have."""

    code = "no_such_value"
    zh = "该规则的单位为“{unit}”,取值须为:{form}。"
    en = "The rule is in {unit}, so its value is {form}."


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as it was read."""

    id: UUID
    area_code: str
    level: str
    key: str
    value: str
    unit: str
    cutoff: Any
    source_ref: str
    note: str | None
    effective_from: dt.datetime
    effective_to: dt.datetime | None
    approved_by: str | None

    @property
    def amount(self) -> int:
        """The value as a whole number."""
        return int(self.value)

    @property
    def confirmed(self) -> bool:
        """Whether somebody has said yes to it, or a document stands behind it."""
        return self.approved_by is not None or not self.source_ref.startswith(UNCONFIRMED)

    def valid_at(self, now: dt.datetime) -> bool:
        """Tell whether it holds at a moment."""
        return self.effective_from <= now and (self.effective_to is None or now < self.effective_to)


@dataclass
class Rules:
    """All rules and calendar days of a service, in memory."""

    rows: Sequence[Rule]
    days: Sequence[Any]
    _by_key: dict[str, list[Rule]] = field(default_factory=lambda: defaultdict(list))
    _times: dict[tuple[str, str], WorkTime] = field(default_factory=dict)
    _calendars: dict[str, Calendar] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # The most specific first, and of one place the latest.
        for rule in sorted(self.rows, key=lambda rule: (len(rule.area_code), rule.effective_from), reverse=True):
            self._by_key[rule.key].append(rule)

    def of(self, key: str, area_code: str, now: dt.datetime) -> Rule:
        """Return what holds in a place: the county's row, else the city's, the province's, the nation's.

        Raises:
            LookupError: nobody declared such a rule.
        """
        for rule in self._by_key.get(key, ()):
            if area_code.startswith(rule.area_code) and rule.valid_at(now):
                return rule
        raise LookupError(f"no service declares the rule {key}")

    def all(self, area_code: str, now: dt.datetime) -> list[Rule]:
        """Return every rule as it holds in a place, by key."""
        return [self.of(key, area_code, now) for key in sorted(self._by_key) if self.knows(key, area_code, now)]

    def everywhere(self, key: str, now: dt.datetime) -> list[tuple[Rule, list[str]]]:
        """Return what holds anywhere of a rule, each with the areas within its own in which something else holds."""
        areas = {rule.area_code for rule in self._by_key.get(key, ()) if rule.valid_at(now)}
        return [
            (self.of(key, area, now), [code for code in areas if code != area and code.startswith(area)])
            for area in sorted(areas)
        ]

    def knows(self, key: str, area_code: str, now: dt.datetime) -> bool:
        """Tell whether a rule is there."""
        return any(area_code.startswith(rule.area_code) and rule.valid_at(now) for rule in self._by_key.get(key, ()))

    def calendar(self, area_code: str) -> Calendar:
        """Return the working days of a place."""
        county = area_code[:6]
        if county not in self._calendars:
            # Later rows stand over earlier ones of the same place, and narrower places over wider ones.
            days = sorted(
                (day for day in self.days if county.startswith(day.area_code)),
                key=lambda day: (len(day.area_code), day.put_in_at, day.id),
            )
            said = {day.date: Day(day.is_workday, Term(day.name, day.name), day.source_ref) for day in days}
            self._calendars[county] = Calendar(said, {day.date.year for day in days if day.of_notice})
        return self._calendars[county]

    def time(self, area_code: str, windows: str) -> WorkTime:
        """Return working time of a place, by windows as a rule has them."""
        place = (area_code[:6], windows)
        time = self._times.get(place)
        if time is None:
            time = self._times[place] = WorkTime(self.calendar(area_code), Windows(windows))
        return time


async def _load(db: "Db") -> Rules:
    await _put_in(db.database)
    columns = [rules.c[name] for name in Rule.__dataclass_fields__]
    rows = [Rule(*row) for row in await db.fetch(select(*columns))]
    return Rules(rows, await db.fetch(select(calendar_days)))


def _count(table: Table) -> Any:
    return select(func.count()).select_from(table).scalar_subquery()


RULES: Final = Known(select(_count(rules), _count(calendar_days)), _load)
"""A service's rules. Rows are only added, so their number tells of every change."""


async def _put_in(database: "Database") -> None:
    """Put presets in that are new or have changed; what a county has set is never touched.

    A preset that a release changes becomes a further row, so that what held before can still be read. A process does it once:
    while a release replaces another, the two must not go on correcting each other.
    """
    known = await database.run(
        database.background,
        "SELECT DISTINCT ON (key, area_code) id, key, area_code, value, unit, cutoff, source_ref, note FROM rule"
        " WHERE approved_by IS NULL ORDER BY key, area_code, effective_from DESC",
    )
    latest = {(row["key"], row["area_code"]): row for row in known}
    for preset in database.presets:
        before = latest.get((preset.key, preset.area_code))
        content = (str(preset.value), preset.unit, preset.cutoff, preset.source_ref, preset.note)
        if before and tuple(before[name] for name in ("value", "unit", "cutoff", "source_ref", "note")) == content:
            continue
        check(preset.unit, str(preset.value))
        # Two processes that start at once mean the same row.
        name = "|".join(map(str, (preset.key, preset.area_code, *content, before and before["id"])))
        await database.run(
            database.background,
            "INSERT INTO rule (id, version, key, area_code, value, unit, cutoff, source_ref, note, effective_from)"
            " VALUES ($1, 1, $2, $3, $4, $5, $6, $7, $8, coalesce($9, clock_timestamp())) ON CONFLICT DO NOTHING",
            uuid5(_PRESETS, name),
            preset.key,
            preset.area_code,
            *content,
            None if before else _SINCE_EVER,
        )
    database.presets = ()


def check(unit: str, value: str) -> None:
    """Check that a value is one that the unit can have.

    Raises:
        NoSuchValue: it is not.
    """
    if unit == "windows":
        try:
            Windows(value)
        except BadWindows:
            raise NoSuchValue(unit=Term("工作时段", "working windows"), form=_FORMS[unit]) from None
        return
    term, least = UNITS.get(unit) or _NEVER_NONE.get(unit), 1
    if term is None:
        term, least = Term(unit, unit), 0
    if not (value.isascii() and value.isdecimal() and len(value) < _NUMBER_CHARS_MAX and least <= int(value) <= _AMOUNT_MAX):
        form = Term(f"{least}–{_AMOUNT_MAX} 的整数", f"a whole number from {least} to {_AMOUNT_MAX}")
        raise NoSuchValue(unit=term, form=form)


_FORMS: Final[Mapping[str, Term]] = {
    "windows": Term(
        "08:00-12:00 14:00-18:00; 06-01..09-30 08:00-12:00 15:00-18:00",
        "written 08:00-12:00 14:00-18:00; 06-01..09-30 08:00-12:00 15:00-18:00",
    )
}
