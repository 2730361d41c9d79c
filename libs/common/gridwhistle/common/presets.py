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


PRESETS: Final = (Preset(WINDOWS, ORDINARY_WINDOWS, "windows", "R1", "Seasons follow after a semicolon."),)
"""Of the plumbing; every service has them."""
