"""Identifiers: time-ordered UUIDs, and the codes of places."""

from typing import Annotated
from uuid import UUID

from pydantic import Field
from uuid_utils.compat import uuid7

from gridwhistle.common.data_classes import P0, P1

__all__ = ["ActorId", "AreaCode", "GridCode", "OrgCode", "new_id", "prefix_of"]

AreaCode = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{12}$",
        description="Statistics code (统计用区划代码): county 6, township 3, community 3 digits; zeros below its level.",
        examples=["990101001001"],
    ),
    P0,
]
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
ActorId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:@|/-]{1,100}$", examples=["demo-town_acceptor"]), P1]
"""The `sub` of somebody's tokens: a number or a name that an issuer gave, of those who work."""


def prefix_of(area_code: str) -> str:
    """Return an area's code without the zeros below its level, as tokens have it."""
    while len(area_code) > 6 and area_code.endswith("000"):  # noqa: PLR2004  a county's digits
        area_code = area_code[:-3]
    return area_code


def new_id() -> UUID:
    """Return a UUIDv7: unique, and in order of time within a process."""
    return uuid7()
