"""The half of each service's README that comes from the code: what it owns, tells and hears, and whose states it has.

What stands above the mark is written by hand, and stays.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sqlalchemy import Table

from gridwhistle.common.events import Event
from gridwhistle.common.events.schemas import released
from gridwhistle.common.retention import CLASSES, kept_of
from gridwhistle.common.service import Service
from gridwhistle.standalone.documents.events import mark
from gridwhistle.standalone.documents.states import MACHINES
from gridwhistle.standalone.services import KINDS, NAMES

MARK: Final = "<!-- From here on written by `make docs` from the code; change the code. -->"
_DOCS: Final = "../../docs"


def pages() -> dict[Path, str]:
    """Return the READMEs by their paths."""
    paths = [Path("services") / kind.name / "README.md" for kind in KINDS]
    return {path: f"{_by_hand(path)}{MARK}\n\n{_from_code(kind)}" for path, kind in zip(paths, KINDS, strict=True)}


def _by_hand(path: Path) -> str:
    return path.read_text().partition(MARK)[0] if path.exists() else ""


def _from_code(service: Service) -> str:
    return "\n".join(
        [
            "## Owns",
            "",
            "| table | what | states | kept |",
            "|---|---|---|---|",
            *(_row(service, table) for table in service.tables.sorted_tables),
            "",
            f"How long is a rule ([kept.md]({_DOCS}/kept.md)); what hangs on another thing goes with it.",
            "",
            "## Tells",
            "",
            "| event | what | heard by |",
            "|---|---|---|",
            *_told(service),
            "",
            "## Hears",
            "",
            "| event | and then |",
            "|---|---|",
            *_heard(service),
            "",
            f"[Events]({_DOCS}/events.md), field by field; [numbers]({_DOCS}/rules.md#{service.name}) that a county may set.",
            "",
        ]
    )


def _row(service: Service, table: Table) -> str:
    kept = kept_of(table)
    assert kept, f"{table.name} says how long it is kept: info={{'kept': Kept(…)}}"
    states = f"[states]({_DOCS}/states/{table.name}.md)" if table.name in MACHINES else ""
    time = CLASSES[kept.retention] or "for good"
    return f"| `{table.name}` | {_what(service, table)} | {states} | {time} |"


def _what(service: Service, table: Table) -> str:
    term = table.info.get("thing")
    name = f"{term.zh} {term.en}" if term else ""
    if table in service.consumer.copied:
        return f"a copy of what others tell {name}".rstrip()
    of = sorted({key.column.table.name for column in table.columns for key in column.foreign_keys} - {table.name})
    return f"{name} of {', '.join(f'`{one}`' for one in of)}".strip() if of else name


def _told(service: Service) -> Iterator[str]:
    for event in released(NAMES):
        if event.service == service.name:
            heard = ", ".join(kind.name for kind in KINDS if event in kind.consumer.hears())
            yield f"| {_led(event)} | {_first_line(event)} | {heard} |"


def _heard(service: Service) -> Iterator[str]:
    for event, follows in sorted(service.consumer.hears().items(), key=lambda heard: heard[0].type):
        yield f"| {_led(event)} | {' '.join(dict.fromkeys(follows))} |"


def _led(event: type[Event]) -> str:
    return f"[`{event.type}`]({_DOCS}/events.md#{mark(event)})"


def _first_line(event: type) -> str:
    return str(event.__doc__).partition("\n")[0].replace("|", r"\|")
