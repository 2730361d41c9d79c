"""Writes the documents that come from the code: states, events, the API. `--check` says which of them are not up to date."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import orjson

from gridwhistle.common.dead_letters import LETTER
from gridwhistle.common.events import REGISTRY, Event
from gridwhistle.common.holds import HOLD
from gridwhistle.common.machine import Machine
from gridwhistle.common.principal import GRANTS, ROLES
from gridwhistle.incidents.domain import INCIDENT
from gridwhistle.personnel.domain import SHIFT
from gridwhistle.standalone.demo.county import County
from gridwhistle.standalone.demo.page import MAP, map_of, page
from gridwhistle.standalone.manual import operating
from gridwhistle.standalone.register import register
from gridwhistle.standalone.services import KINDS, NAMES, contract

FOLDER: Final = Path("docs")
MACHINES: Final = {"dead_letter": LETTER, "incident": INCIDENT, "legal_hold": HOLD, "shift": SHIFT}
_WRITTEN: Final = "<!-- Written by `make docs` from the code; change the code. -->"


def states(machine: Machine) -> str:
    """Return a machine as a diagram and a table."""
    words = [
        f"| `{name}` | {machine.word(name).zh} | {', '.join(f'`{key}`' for key in machine.clocks.get(name, ()))} |"
        for name in machine.states
    ]
    rows = [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in machine.table()]
    return "\n".join(
        [
            _WRITTEN,
            f"# {machine.thing.en.capitalize()} {machine.thing.zh}: states",
            "",
            "```mermaid",
            machine.mermaid(),
            "```",
            "",
            "| from | action | to | who | why |",
            "|---|---|---|---|---|",
            *rows,
            "",
            "| state | 中文 | clocks, by their rules |",
            "|---|---|---|",
            *words,
            "",
        ]
    )


def events(kinds: Iterable[type[Event]]) -> str:
    """Return every event, what it says and what it carries."""
    lines = [
        _WRITTEN,
        "# Events",
        "",
        "CloudEvents 1.0 in structured JSON, on the NATS subject `gw.{county}.{service}.{aggregate}.{event}.v{n}`, in one",
        "JetStream stream a service (`GW_INCIDENTS`, `GW_PERSONNEL`). Order holds for one thing, by `eventno`, which counts",
        "its events without gaps. Every event may be delivered more than once; its `id` tells. None carries personal data.",
    ]
    for kind in sorted(kinds, key=lambda kind: kind.type):
        fields = [f"`{name}`" for name in kind.model_fields]
        lines += ["", f"## `{kind.type}`", "", str(kind.__doc__), "", f"Carries {', '.join(fields)}."]
    return "\n".join([*lines, ""])


def roles() -> str:
    """Return what each role may ask for."""
    rows = [
        f"| `{role}` | {term.zh} | {', '.join(f'`{name}`' for name in sorted(GRANTS[role])) or 'by scope alone'} |"
        for role, term in ROLES.items()
        if role != "auto"
    ]
    return "\n".join([_WRITTEN, "# Roles and permissions", "", "| role | 中文 | permissions |", "|---|---|---|", *rows, ""])


def api() -> str:
    """Return the suite's OpenAPI document."""
    return orjson.dumps(contract(), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode() + "\n"


def documents() -> dict[Path, str]:
    """Return every generated document by its path."""
    county = County()
    ours = [kind for kind in REGISTRY.values() if kind.service in NAMES]
    return {
        **{FOLDER / "states" / f"{name}.md": states(machine) for name, machine in MACHINES.items()},
        FOLDER / "events.md": events(ours),
        FOLDER / "roles.md": roles(),
        FOLDER / "kept.md": f"{_WRITTEN}\n{register(KINDS)}",
        FOLDER / "operating.md": f"{_WRITTEN}\n{operating()}",
        FOLDER / "openapi.json": api(),
        FOLDER / "county.md": page(county),
        FOLDER / MAP: map_of(county),
    }


def main(*, check: bool) -> None:
    """Write the documents, or say which of them differ from what the code says now."""
    stale = []
    for path, text in documents().items():
        if path.exists() and path.read_text() == text:
            continue
        if check:
            stale.append(str(path))
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    if stale:
        sys.exit(f"not up to date: {', '.join(stale)}; run `make docs` and commit the result")


if __name__ == "__main__":
    main(check="--check" in sys.argv[1:])
