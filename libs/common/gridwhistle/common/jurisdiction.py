"""Jurisdiction as a predicate, which every query carries."""

import re
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import ColumnElement, Table, and_, false, or_, true

from gridwhistle.common.denies import shown
from gridwhistle.common.principal import Principal

_COLUMNS = {6: "county_code", 9: "town_code", 12: "community_code", 15: "grid_code"}
"""Where the areas of a level stand, by how many digits of their codes count."""
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def within(table: Table, caller: Principal) -> ColumnElement[bool]:
    """Return the jurisdiction as a predicate on the table's rows; every query carries it. `Principal.reaches` is the same."""
    places = [
        table.c[_COLUMNS[len(area)]] == area if area else true()
        for area in caller.areas
        if not area or _COLUMNS[len(area)] in table.c
    ]
    reach = or_(false(), *places)
    if caller.is_desk and "lead_org" in table.c:
        reach = and_(reach, table.c.lead_org == caller.org)
    if (own := table.info.get("own")) and _UUID.fullmatch(caller.id):
        reach = or_(reach, table.c[own] == UUID(caller.id))
    return and_(reach, *shown(table, caller))


def in_areas(table: Table, prefixes: Iterable[str]) -> ColumnElement[bool]:
    """Return the predicate that things lie in one of these areas of any level."""
    return or_(*(table.c[_COLUMNS[len(prefix)]] == prefix for prefix in prefixes))
