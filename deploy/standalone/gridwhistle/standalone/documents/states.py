"""The states of everything that has some: a page each, with a diagram, every step, and which clocks run when."""

from pathlib import Path
from typing import Final

from gridwhistle.common.dead_letters import LETTER
from gridwhistle.common.holds import HOLD
from gridwhistle.common.machine import Machine
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
from gridwhistle.standalone.documents.writing import WRITTEN
from gridwhistle.timebank.domain import ACCOUNT, PROPOSAL
from gridwhistle.timebank.order_states import CLAIM, ORDER
from gridwhistle.timebank.participant_states import LINK, PARTICIPANT
from gridwhistle.timebank.team_states import ACTIVITY, TEAM
from gridwhistle.timebank.transfer_states import TRANSFER

FOLDER: Final = Path("docs/states")
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
"""By the name of the table that has its state."""


def pages() -> dict[Path, str]:
    """Return the pages by their paths."""
    return {FOLDER / f"{name}.md": _page(machine) for name, machine in MACHINES.items()}


def _page(machine: Machine) -> str:
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
