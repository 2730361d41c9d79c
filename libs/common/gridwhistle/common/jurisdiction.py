"""Jurisdiction as a predicate, which every query carries."""

import re
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import ColumnElement, Table, and_, false, or_, true

from gridwhistle.common.denies import shown
from gridwhistle.common.principal import Principal

_COLUMNS = {6: "county_code", 9: "town_code", 12: "community_code", 15: "grid_code"}
"""Where the areas of a level stand, by how many digits of their codes count."""
_COUNTY_DIGITS = 6
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def within(table: Table, caller: Principal) -> ColumnElement[bool]:
    """Return the jurisdiction as a predicate on the table's rows; every query carries it. `Principal.reaches` is the same."""
    reach = in_areas(table, caller.areas)
    if caller.is_desk and "lead_org" in table.c:
        reach = and_(reach, table.c.lead_org == caller.org)
    if (own := table.info.get("own")) and _UUID.fullmatch(caller.id):
        reach = or_(reach, table.c[own] == UUID(caller.id))
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
