"""The catalogue (事项目录) of a county: categories, when each is a case and for how long, who answers, which level may have it.

Everything of a category changes with its row, whose version counts it; what is read here is in memory, a second old at most.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import JSON

from gridwhistle.common.database import Db
from gridwhistle.common.deadlines import UNITS
from gridwhistle.common.known import Known
from gridwhistle.common.moved import MOVED, Moved
from gridwhistle.common.problems import Term
from gridwhistle.common.retention import Kept
from gridwhistle.common.sealed import PUBLIC
from gridwhistle.common.tables import code, moment, place, root, word
from gridwhistle.incidents.refusals import UnknownCategory
from gridwhistle.incidents.tables import metadata

Kind = Literal["component", "event", "social"]
KINDS: Final[Mapping[str, Kind]] = {"C": "component", "E": "event", "S": "social"}
"""What the first letter of a code says."""
Level = Literal["village", "town", "county"]
LeadOrgType = Literal["village_committee", "town_government", "county_department", "police_station", "public_utility"]

categories = Table(
    "category",
    metadata,
    *root(numbered=False),
    *place(),
    code("code"),
    *word("kind", Kind),
    Column("name", Text, nullable=False, info=PUBLIC),
    Column("is_local", Boolean, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("is_callback_only", Boolean),
    Column("guide", Text),
    Column("legal_refs", JSON, nullable=False),
    Column("source_ref", Text, nullable=False),
    UniqueConstraint("county_code", "code"),
    info={"thing": Term("事项类别", "category"), "plural": "categories", "kept": Kept("r8")},
)


def _of_category() -> list[Column[Any]]:
    return [
        Column("id", Uuid, primary_key=True),
        Column("category_id", Uuid, ForeignKey(categories.c.id), nullable=False, index=True),
    ]


# What an incident was filed under stays as it was: a standard is withdrawn and another added, and none is edited.
standards = Table(
    "case_standard",
    metadata,
    *_of_category(),
    Column("seq", SmallInteger, nullable=False),
    Column("condition", Text, nullable=False),
    Column("handle_amount", Integer, nullable=False),
    *word("handle_unit", tuple(UNITS)),
    Column("close_condition", Text, nullable=False),
    Column("photos_required", JSON, nullable=False),
    Column("season", Text),
    Column("source_ref", Text, nullable=False),
    moment("withdrawn_at"),
    UniqueConstraint("category_id", "seq"),
    CheckConstraint("handle_amount > 0", name="takes_some_time"),
    info={"thing": Term("立案条件", "case standard")},
)
responsibilities = Table(
    "responsibility_rule",
    metadata,
    *_of_category(),
    code("area_prefix"),
    Column("supervising_org", Text, nullable=False),
    Column("responsible_org", Text, nullable=False),
    Column("priority", SmallInteger, nullable=False),
    moment("effective_from", nullable=False),
    moment("withdrawn_at"),
    CheckConstraint("length(area_prefix) IN (6, 9, 12, 15)", name="area_is_of_a_level"),
    info={"thing": Term("责任规则", "responsibility rule")},
)
# The newest line of a level holds until it is withdrawn; what held before stays, as published.
matters = Table(
    "matter_list_item",
    metadata,
    *_of_category(),
    *word("level", Level),
    *word("lead_org_type", LeadOrgType),
    Column("community_may_refuse", Boolean, nullable=False),
    moment("published_at", nullable=False),
    Column("source_ref", Text, nullable=False),
    moment("withdrawn_at"),
    info={"thing": Term("准入事项", "matter list item")},
)


@dataclass(frozen=True)
class Category:
    """A category with everything that hangs on it, as rows."""

    row: Any
    standards: tuple[Any, ...]
    responsibilities: tuple[Any, ...]
    matters: tuple[Any, ...]


@dataclass(frozen=True)
class Catalogue:
    """The catalogues of all counties of this service."""

    by_code: Mapping[tuple[str, str], Category]
    """By county and code."""
    standards: Mapping[UUID, tuple[Category, Any]]

    def of(self, county: str) -> list[Category]:
        """Return a county's categories, in the order of their codes."""
        return [self.by_code[key] for key in sorted(self.by_code) if key[0] == county]


async def _load(db: Db) -> Catalogue:
    hanging: dict[tuple[str, UUID], list[Any]] = defaultdict(list)
    for table, order in ((standards, standards.c.seq), (responsibilities, responsibilities.c.id), (matters, matters.c.id)):
        for row in await db.fetch(select(table).order_by(order)):
            hanging[table.name, row.category_id].append(row)
    by_code = {
        (row.county_code, row.code): Category(
            row, *(tuple(hanging[table.name, row.id]) for table in (standards, responsibilities, matters))
        )
        for row in await db.fetch(select(categories))
    }
    return Catalogue(
        by_code, {standard.id: (category, standard) for category in by_code.values() for standard in category.standards}
    )


CATALOGUE: Final = Known(select(func.count(), func.sum(categories.c.version)), _load)
"""What counties have laid down; a second old at most."""


async def category_of(db: Db, county: str, code: str) -> Category | None:
    """Return a county's category, or None if it has none of this code; `row.enabled` says whether it is in use."""
    return (await CATALOGUE.of(db)).by_code.get((county, code))


async def category_in_use(db: Db, county: str, code: str) -> Category:
    """Return a county's category.

    Raises:
        UnknownCategory: the county's catalogue has none of this code in use.
    """
    category = await category_of(db, county, code)
    if category is None or not category.row.enabled:
        raise UnknownCategory(category=code)
    return category


async def standard_of(db: Db, standard_id: UUID) -> Any | None:
    """Return a case standard, withdrawn or not: when it applies, how long handling may take, and what closes it."""
    found = (await CATALOGUE.of(db)).standards.get(standard_id)
    return found and found[1]


async def responsible_for(db: Db, category: str, area: str, now: dt.datetime) -> Any | None:
    """Return the rule that says who answers for a category at a place, an area or a grid code; None if the county has none."""
    found = await category_of(db, area[:6], category)
    return responsible_among(found.responsibilities, area, now, await MOVED.of(db)) if found else None


def responsible_among(rules: tuple[Any, ...], area: str, now: dt.datetime, moved: Moved) -> Any | None:
    """Return the rule that holds at a place: of the narrowest area, then of the highest priority, then the latest.

    What was said of an area that was merged since holds in what it became, behind what was said of that itself.
    """
    holding = [
        rule
        for rule in rules
        if area.startswith((rule.area_prefix, moved.prefix(rule.area_prefix)))
        and rule.effective_from <= now
        and (rule.withdrawn_at is None or now < rule.withdrawn_at)
    ]

    def rank(rule: Any) -> tuple[int, bool, int, dt.datetime, str]:
        own = area.startswith(rule.area_prefix)
        return len(rule.area_prefix), own, rule.priority, rule.effective_from, str(rule.id)

    return max(holding, key=rank, default=None)


_LEADS: Final[Mapping[str, frozenset[LeadOrgType]]] = {
    "committee": frozenset({"village_committee"}),
    "township": frozenset({"town_government"}),
    "department": frozenset({"county_department", "police_station"}),
    "company": frozenset({"public_utility"}),
}
"""As what an organisation may lead, by the kind that personnel told of."""


def level_of(organisation: Any) -> Level | None:
    """Return at which level an organisation works; None of a company, which works wherever its customers are."""
    if organisation.kind == "company":
        return None
    if organisation.kind == "committee":
        return "village"
    return "county" if organisation.area_code[6:9] == "000" else "town"


def line_for(category: Category, organisation: Any) -> Any | None:
    """Return the line of the matter list (事项清单) by which a category may be given to an organisation; None if it may not be.

    It is the newest line of the organisation's level, and of its kind.
    """
    level, may_lead = level_of(organisation), _LEADS.get(organisation.kind, frozenset())
    lines = [line for line in matters_of(category) if level is None or line.level == level]
    return next((line for line in lines if line.lead_org_type in may_lead), None)


def matters_of(category: Category) -> list[Any]:
    """Return the lines of the matter list that hold: of each level the newest, unless it is withdrawn."""
    newest = {line.level: line for line in sorted(category.matters, key=lambda line: (line.published_at, str(line.id)))}
    return [line for line in newest.values() if line.withdrawn_at is None]


def may_be_given(category: Category, organisation: Any) -> bool:
    """Tell whether a category may be given to an organisation.

    Where the county has published nothing of a category, every organisation may have it, but no committee: nothing may be
    pushed down to a village or community that is not on its list.
    """
    if any(line.withdrawn_at is None for line in category.matters):
        return line_for(category, organisation) is not None
    return level_of(organisation) != "village"
