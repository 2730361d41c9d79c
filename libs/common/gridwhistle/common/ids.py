"""Identifiers: time-ordered UUIDs, and the codes of places."""

import re
from typing import Annotated, Final
from uuid import UUID

from pydantic import Field
from uuid_utils.compat import uuid7

from gridwhistle.common.data_classes import P0, P1

__all__ = [
    "ActorId",
    "AreaCode",
    "CountyCode",
    "GridCode",
    "OrgCode",
    "area_code_of",
    "grid_code_of",
    "id_of",
    "new_id",
    "prefix_of",
]
_AREA_DIGITS: Final = 12
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

AreaCode = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{12}$",
        description="Statistics code (统计用区划代码): county 6, township 3, community 3 digits; zeros below its level.",
        examples=["990101001001"],
    ),
    P0,
]
CountyCode = Annotated[str, Field(pattern=r"^[0-9]{6}$", description="Six digits.", examples=["990101"])]
GridCode = Annotated[
    str,
    Field(pattern=r"^[0-9]{15}$", description="Area code and a serial of 3 digits.", examples=["990101001001001"]),
    P0,
]
OrgCode = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9][a-z0-9-]{1,39}$",
        description="Short name of an organisation, unique in the suite.",
        examples=["990101-water"],
    ),
    P0,
]
ACTOR: Final = r"[A-Za-z0-9_.:@|/-]{1,100}"
ActorId = Annotated[str, Field(pattern=f"^{ACTOR}$", examples=["demo-town_acceptor"]), P1]
"""The `sub` of somebody's tokens: a number or a name that an issuer gave, of those who work."""


def prefix_of(area_code: str) -> str:
    """Return an area's code without the zeros below its level, as tokens have it."""
    while len(area_code) > 6 and area_code.endswith("000"):  # noqa: PLR2004  a county's digits
        area_code = area_code[:-3]
    return area_code


def area_code_of(place: str, digits: int = _AREA_DIGITS) -> str:
    """Return the area of a place, which may be a grid or a prefix: its community, or what lies above it with fewer digits."""
    return place[:digits].ljust(_AREA_DIGITS, "0")


def grid_code_of(place: str) -> str | None:
    """Return the code of a place that is a grid, None of an area."""
    return place if len(place) > _AREA_DIGITS else None


def id_of(subject: str | None) -> UUID | None:
    """Return the id of ours by which tokens call somebody; None of whom their issuer calls otherwise."""
    return UUID(subject) if subject and _UUID.fullmatch(subject) else None


def new_id() -> UUID:
    """Return a UUIDv7: unique, and in order of time within a process."""
    return uuid7()
