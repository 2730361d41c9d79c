"""Quarrels (矛盾纠纷): handed to mediation; what people agree on closes the incident, else it comes back."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from gridwhistle.common.commands import Command
from gridwhistle.common.consumers import Consumer
from gridwhistle.common.database import Db as Work
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events import Envelope
from gridwhistle.common.events.incidents import DisputeFound, IncidentClosed, IncidentConverted, IncidentReturned
from gridwhistle.common.events.mediation import (
    CaseAccepted,
    CaseClosed,
    CaseEscalated,
    CaseFailed,
    CaseRefused,
    CaseTerminated,
    CaseTransferred,
)
from gridwhistle.common.ids import area_code_of, grid_code_of
from gridwhistle.common.principal import system
from gridwhistle.common.reasons import Remark
from gridwhistle.common.rows import Row
from gridwhistle.incidents.domain import INCIDENT, OPEN, facts_of
from gridwhistle.incidents.intake import Place, Reference, Report, take_in
from gridwhistle.incidents.steps import answer, end, let_lapse
from gridwhistle.incidents.tables import GRIDS, incidents
from gridwhistle.incidents.views import IncidentView

router = Router("incidents", "Incidents 事件: disputes 转调解")
_SYSTEM: Final = system("incidents")


@router.post("/incidents/{incident_id}/refer_dispute", may="incidents:handle")
async def refer_dispute(incident_id: UUID, body: Remark, caller: Caller, db: Db) -> IncidentView:
    """Hand a quarrel to mediation (转调解). Work goes on here until mediation has accepted it."""
    async with db.command(caller, incidents, incident_id) as tx:
        incident, step = tx.row, INCIDENT.step(tx.row, "refer_dispute", caller)
        tx.move(incident, step, reason=body.reason, mediation="asked")
        tx.tell(incident, DisputeFound(**facts_of(incident), category=incident.category))
        return answer(tx, incident)


def hear_of_cases(consumer: Consumer) -> None:
    """Let the incidents service follow what becomes of quarrels in mediation, and hear when one becomes dangerous."""
    consumer.on(CaseAccepted, each=_its_incident)(convert)
    consumer.on(CaseClosed, each=_its_incident)(close_or_take_back)
    for kind in (CaseRefused, CaseTerminated, CaseFailed, CaseTransferred):
        consumer.on(kind, each=_its_incident)(take_back)
    consumer.on(CaseEscalated)(raise_alarm)


async def _its_incident(event: Envelope[Any], db: Work) -> Sequence[UUID]:
    incident_id = event.data.incident_id
    there = incident_id and await db.first(
        incidents.select().with_only_columns(incidents.c.id).where(incidents.c.id == incident_id)
    )
    return [incident_id] if there else []


async def convert(event: Envelope[CaseAccepted], incident_id: UUID, db: Work) -> None:
    """Stop the clocks of an incident that mediation has accepted."""
    async with db.command(_SYSTEM, incidents, incident_id) as tx:
        incident = tx.row
        if incident.state in OPEN and incident.mediation == "asked":
            step = INCIDENT.step(incident, "convert", _SYSTEM)
            await let_lapse(tx, incident)
            number = event.data.case_no
            tx.move(incident, step, mediation="accepted", mediation_no=number, void_asked_by=None)
            tx.tell(incident, IncidentConverted(**facts_of(incident)))


async def close_or_take_back(event: Envelope[CaseClosed], incident_id: UUID, db: Work) -> None:
    """Close an incident about which the people agreed, whole or in part; take any other back."""
    async with db.command(_SYSTEM, incidents, incident_id) as tx:
        incident = tx.row
        if incident.state != "converted":
            return
        if event.data.outcome not in {"agreed", "partial"}:
            _take_back(tx, incident)
            return
        step = INCIDENT.step(incident, "external_closed", _SYSTEM)
        await end(tx, incident, step, closed_at=tx.now, mediation="agreed", is_final=None)
        told = {"category": incident.category, "lead_org": None, "worker_id": None, "how": "mediated"}
        tx.tell(incident, IncidentClosed(**facts_of(incident), **told))


async def take_back(_event: Envelope[Any], incident_id: UUID, db: Work) -> None:
    """Give an incident back to the acceptor whose people did not agree."""
    async with db.command(_SYSTEM, incidents, incident_id) as tx:
        if tx.row.state == "converted":
            _take_back(tx, tx.row)
        elif tx.row.mediation == "asked":
            tx.update(tx.row, mediation="refused")
            tx.record(tx.row, "refused_by_mediation")
            tx.tell(tx.row, IncidentReturned(**facts_of(tx.row)))


async def raise_alarm(event: Envelope[CaseEscalated], _case_id: UUID, db: Work) -> None:
    """Report an emergency where a quarrel may become worse."""
    area_code, grid_code = area_code_of(event.area_code), grid_code_of(event.area_code)
    grid = (await GRIDS.of(db)).of_code(grid_code, event.occurred_at) if grid_code else None
    number = f"{event.data.case_no}-{event.event_no}"
    report = Report(
        title="调解纠纷可能激化",
        area_code=area_code,
        source="mediation",
        urgency="emergency",
        reference=Reference(system="mediation", code=number),
    )
    async with db.command(_SYSTEM) as tx:
        await take_in(tx, report, Place(area_code, grid), _SYSTEM)


def _take_back(tx: Command, incident: Row) -> None:
    nothing: dict[str, Any] = dict.fromkeys(("reason_code", "checker_id", "unclear_by", "handled_at", "checked_at"))
    tx.move(incident, INCIDENT.step(incident, "external_refused", _SYSTEM), mediation="refused", **nothing)
    tx.tell(incident, IncidentReturned(**facts_of(incident)))
