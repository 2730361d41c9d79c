"""Jurisdiction as a predicate, which every query carries."""

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import ColumnElement, Table, and_, false, or_, true

from gridwhistle.common.denies import shown
from gridwhistle.common.ids import id_of
from gridwhistle.common.principal import Principal

_COLUMNS = {6: "county_code", 9: "town_code", 12: "community_code", 15: "grid_code"}
"""Where the areas of a level stand, by how many digits of their codes count."""
_COUNTY_DIGITS = 6


def within(table: Table, caller: Principal) -> ColumnElement[bool]:
    """Return the jurisdiction as a predicate on the table's rows; every query carries it. `Principal.reaches` is the same."""
    reach = in_areas(table, caller.areas)
    if caller.is_desk and "lead_org" in table.c:
        reach = and_(reach, table.c.lead_org == caller.org)
    if (own := table.info.get("own")) and (id_ := id_of(caller.id)):
        reach = or_(reach, table.c[own] == id_)
    return and_(reach, *shown(table, caller))


def in_areas(table: Table, prefixes: Iterable[str]) -> ColumnElement[bool]:
    """Return the predicate that things lie in one of these areas of any level, given by the digits of their codes that count.

    The county that several of them share stands beside them: by it PostgreSQL finds rows in the order of a list.
    """
    known = [prefix for prefix in prefixes if not prefix or _COLUMNS[len(prefix)] in table.c]
    if "" in known:
        return true()
    places = or_(false(), *(table.c[_COLUMNS[len(prefix)]] == prefix for prefix in known))
    counties = {prefix[:_COUNTY_DIGITS] for prefix in known}
    return and_(table.c.county_code == counties.pop(), places) if len(counties) == 1 < len(known) else places


def over_the_county(caller: Principal, *places: str) -> Principal:
    """Return the caller as one who reaches the whole county, and that of some places; the route says of what, and who may not.

    Some things are for all who live in a county, and some lie between two of its towns.
    """
    return replace(caller, areas=tuple(sorted({place[:_COUNTY_DIGITS] for place in (*caller.areas, *places)})))
