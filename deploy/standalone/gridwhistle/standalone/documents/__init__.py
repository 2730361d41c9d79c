"""Writes the documents that come from the code: states, events, the API. `--check` says which of them are not up to date."""

import sys
from pathlib import Path
from typing import Final

import orjson

from gridwhistle.common.dead_letters import LETTER
from gridwhistle.common.events.schemas import released
from gridwhistle.common.holds import HOLD
from gridwhistle.common.machine import Machine
from gridwhistle.common.principal import GRANTS, ROLES
from gridwhistle.incidents.children import ADJUSTMENT, OBJECTION, TASK
from gridwhistle.incidents.domain import INCIDENT
from gridwhistle.inventory.alerts.domain import WARNING
from gridwhistle.inventory.dispatch.states import DISPATCH
from gridwhistle.inventory.places.shelter_states import SHELTER, SUPPORT_POINT
from gridwhistle.inventory.responses.domain import EMERGENCY_SESSION, RESPONSE, SITUATION
from gridwhistle.inventory.stock.states import COUNT, LOT
from gridwhistle.inventory.teams.team_states import MOBILIZED_TEAM, RESPONSE_TEAM, SOCIAL_ORGANISATION
from gridwhistle.mediation.agreements.states import AGREEMENT, CONFIRMATION
from gridwhistle.mediation.cases.states import CASE
from gridwhistle.mediation.committees.states import COMMITTEE, MEDIATOR
from gridwhistle.mediation.sessions.states import SESSION
from gridwhistle.personnel.domain import GRID, SHIFT, WORKER
from gridwhistle.standalone.demo.county import County
from gridwhistle.standalone.demo.page import MAP, map_of, page
from gridwhistle.standalone.documents import deployment, events, problems
from gridwhistle.standalone.documents.writing import WRITTEN
from gridwhistle.standalone.manual import operating
from gridwhistle.standalone.register import register
from gridwhistle.standalone.services import KINDS, NAMES, contract
from gridwhistle.timebank.domain import ACCOUNT, PROPOSAL
from gridwhistle.timebank.order_states import CLAIM, ORDER
from gridwhistle.timebank.participant_states import LINK, PARTICIPANT
from gridwhistle.timebank.team_states import ACTIVITY, TEAM
from gridwhistle.timebank.transfer_states import TRANSFER

FOLDER: Final = Path("docs")
MACHINES: Final = {
    "account": ACCOUNT,
    "activity": ACTIVITY,
    "adjustment": ADJUSTMENT,
    "agreement": AGREEMENT,
    "case": CASE,
    "claim": CLAIM,
    "committee": COMMITTEE,
    "confirmation": CONFIRMATION,
    "dead_letter": LETTER,
    "dispatch_order": DISPATCH,
    "emergency_session": EMERGENCY_SESSION,
    "grid": GRID,
    "incident": INCIDENT,
    "legal_hold": HOLD,
    "mobilized_team": MOBILIZED_TEAM,
    "lot": LOT,
    "mediator": MEDIATOR,
    "objection": OBJECTION,
    "order": ORDER,
    "participant": PARTICIPANT,
    "relative": LINK,
    "proposal": PROPOSAL,
    "response": RESPONSE,
    "response_team": RESPONSE_TEAM,
    "shelter": SHELTER,
    "session": SESSION,
    "shift": SHIFT,
    "situation": SITUATION,
    "social_organisation": SOCIAL_ORGANISATION,
    "support_point": SUPPORT_POINT,
    "stock_count": COUNT,
    "task": TASK,
    "team": TEAM,
    "transfer": TRANSFER,
    "warning": WARNING,
    "worker": WORKER,
}


def states(machine: Machine) -> str:
    """Return a machine as a diagram and a table."""
    words = [
        f"| `{name}` | {machine.word(name).zh} | {', '.join(f'`{key}`' for key in machine.clocks.get(name, ()))} |"
        for name in machine.states
    ]
    rows = [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in machine.table()]
    return "\n".join(
        [
            WRITTEN,
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


def roles() -> str:
    """Return what each role may ask for."""
    rows = [
        f"| `{role}` | {term.zh} | {', '.join(f'`{name}`' for name in sorted(GRANTS[role])) or 'by scope alone'} |"
        for role, term in ROLES.items()
        if role != "auto"
    ]
    return "\n".join([WRITTEN, "# Roles and permissions", "", "| role | 中文 | permissions |", "|---|---|---|", *rows, ""])


def api() -> str:
    """Return the suite's OpenAPI document."""
    return orjson.dumps(contract(), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode() + "\n"


def documents() -> dict[Path, str]:
    """Return every generated document by its path."""
    county = County()
    return {
        **{FOLDER / "states" / f"{name}.md": states(machine) for name, machine in MACHINES.items()},
        **events.schemas(),
        FOLDER / "asyncapi.json": events.asyncapi_document(),
        FOLDER / "events.md": events.page(released(NAMES)),
        FOLDER / "roles.md": roles(),
        FOLDER / "kept.md": f"{WRITTEN}\n{register(KINDS)}",
        FOLDER / "operating.md": f"{WRITTEN}\n{operating()}",
        FOLDER / "problems.md": problems.page(),
        FOLDER / "openapi.json": api(),
        FOLDER / "county.md": page(county),
        FOLDER / MAP: map_of(county),
        **deployment.files(KINDS),
    }


def main(*, check: bool) -> None:
    """Write the documents, or say which of them differ from what the code says now."""
    if broken := events.broken():
        sys.exit("\n".join(["this would break who listens to events:", *broken]))
    stale = [path for path, text in documents().items() if not path.exists() or path.read_text() != text]
    new = [path for path in events.samples() if not path.exists()]
    if check:
        if stale or new:
            sys.exit(f"not up to date: {', '.join(map(str, [*stale, *new]))}; run `make docs` and commit the result")
        return
    written = documents() | events.samples()
    for path in (*stale, *new):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(written[path])
