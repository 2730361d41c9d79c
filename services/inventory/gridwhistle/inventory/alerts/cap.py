"""Warnings as the world writes them: what a CAP 1.2 message says."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MEDIA_TYPES: Final = ("application/cap+xml", "application/xml", "text/xml")
Point = tuple[float, float]
"""Longitude and latitude in WGS-84."""


@dataclass(frozen=True, slots=True)
class Reference:
    """An earlier message."""

    sender: str
    identifier: str
    sent_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Area:
    """Where: words, shapes in WGS-84, and codes."""

    name: str
    polygons: Sequence[Sequence[Point]] = ()
    circles: Sequence[tuple[Point, float]] = ()
    """Each a middle and a radius in kilometres."""
    geocodes: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Info:
    """What is told, in one language."""

    language: str
    categories: Sequence[str]
    event: str
    urgency: str
    severity: str
    certainty: str
    event_codes: Sequence[tuple[str, str]] = ()
    response_types: Sequence[str] = ()
    effective_at: dt.datetime | None = None
    onset_at: dt.datetime | None = None
    expires_at: dt.datetime | None = None
    sender_name: str = ""
    headline: str = ""
    description: str = ""
    instruction: str = ""
    areas: Sequence[Area] = ()


@dataclass(frozen=True, slots=True)
class Alert:
    """A CAP message."""

    identifier: str
    sender: str
    sent_at: dt.datetime
    status: str
    kind: str
    scope: str
    references: Sequence[Reference] = ()
    infos: Sequence[Info] = ()
