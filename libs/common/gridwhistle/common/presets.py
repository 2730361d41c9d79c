"""What rules say until a county says otherwise: a service declares its presets beside its domain."""

from dataclasses import dataclass
from typing import Final

from gridwhistle.common.calendars import ORDINARY_WINDOWS
from gridwhistle.common.deadlines import Cutoff

UNCONFIRMED: Final = ("INF", "MEM")
"""How the source of a preset begins that is our design, or remembered: a county confirms it before going live."""
WINDOWS: Final = "time.windows"


@dataclass(frozen=True, slots=True)
class Preset:
    """A rule as it comes with a release; its source begins with INF or MEM where no document stands behind it."""

    key: str
    value: int | str
    unit: str
    source_ref: str
    note: str | None = None
    cutoff: Cutoff | None = None
    area_code: str = ""


RETENTION: Final = (
    Preset("retention.r0", 90, "day", "INF", "What was told, and copies of it."),
    Preset("retention.r1", 180, "day", "INF", "How to reach who reported, from the closing on."),
    Preset("retention.r2", 5, "year", "INF", "The record of work."),
    Preset("retention.r3", 10, "year", "INF", "A mediation file."),
    Preset("retention.r4", 5, "year", "INF", "A time-bank ledger, from the account's end on."),
    Preset("retention.r5", 30, "day", "INF", "What is personal and was kept for an emergency, from its end on."),
    Preset("retention.r6", 90, "day", "INF", "Where somebody on shift was."),
    Preset("retention.r7", 3, "year", "INF", "Who did and saw what."),
)
"""How long each class of rows is kept; what is of class r8 is kept for good, which is no number to be set."""
LOOKS: Final = "personal.looks_a_day"
PRESETS: Final = (
    Preset(WINDOWS, ORDINARY_WINDOWS, "windows", "R1", "Seasons follow after a semicolon."),
    # Who needs more is not handling cases but leafing through people.
    Preset(LOOKS, 100, "look", "INF", "Looks of one person at personal values in full, on one day, in one service."),
    *RETENTION,
)
"""Of the plumbing; every service has them."""
