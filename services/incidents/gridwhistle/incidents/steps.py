"""What several steps of an incident's life have in common: its answer, its ends, and what hangs on it."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Table, select

from gridwhistle.common.again import Changed
from gridwhistle.common.attachments import attach, uploads
from gridwhistle.common.commands import Command
from gridwhistle.common.database import Db
from gridwhistle.common.machine import Machine, Step
from gridwhistle.common.problems import OutsideYourArea
from gridwhistle.common.rows import Row
from gridwhistle.incidents.catalogue import category_of, line_for, may_be_given
from gridwhistle.incidents.children import ADJUSTMENT, OBJECTION, TASK
from gridwhistle.incidents.refusals import (
    ConflictOfInterest,
    NotOnTheList,
    PhotoOfMissing,
    PhotosMissing,
    UnknownGrid,
    UnknownOrganisation,
)
from gridwhistle.incidents.tables import GRIDS, LOOKED_AT, adjustments, known_grids, known_organisation, objections, tasks
from gridwhistle.incidents.views import IncidentView, Seen, seen_by
from gridwhistle.incidents.words import word


def answer(tx: Command, incident: Row) -> IncidentView:
    """Settle the answer: the incident as the caller sees it now."""
    return tx.answer(seen_by(tx.caller, incident))


async def end(tx: Command, incident: Row, step: Step, *, reason: str | None = None, **values: Any) -> None:
    """Take a step after which nobody has to do anything; what still waits for an answer gets none."""
    await let_lapse(tx, incident)
    tx.move(incident, step, reason=reason, terminal_at=tx.now, void_asked_by=None, **values)


async def let_lapse(tx: Command, incident: Row, *, void: bool = True) -> None:
    """Let requests, objections and tasks lapse that still wait; a request to void waits on while only the work goes on."""
    if incident.asked_for or (void and incident.void_asked_by):
        for child in await tx.children(adjustments):
            if child.state in {"requested", "endorsed"} or (void and child.state == "asked"):
                _take(tx, child, ADJUSTMENT, "lapse")
        tx.update(incident, asked_for=None, asked_stage=None)
    if incident.state in {"objected", "disputed", "contested"}:
        await decide(tx, objections, OBJECTION, "lapse")
    if incident.state in LOOKED_AT:
        await decide(tx, tasks, TASK, "lapse")


def ask(tx: Command, incident: Row, table: Table, machine: Machine, action: str, **values: Any) -> None:
    """Let something hang on an incident that waits for an answer."""
    step = machine.step(None, action, tx.caller)
    row = {"state": step.target, "incident_id": incident.id, "asked_by": tx.caller.id, "asked_at": tx.now, **values}
    tx.insert(table, **row)


async def decide(tx: Command, table: Table, machine: Machine, action: str, **values: Any) -> Row | None:
    """Give the answer to what hangs on the held incident and waits; return it.

    Raises:
        Problem: this caller may not give it; who asks does not grant, and nobody grants twice.
    """
    for child in await tx.children(table):
        if child.answered_at is None and any(step.source == child.state and step.action == action for step in machine.steps):
            _take(tx, child, machine, action, **values)
            return child
    return None


async def answer_request(tx: Command, action: str) -> Row:
    """Give the answer to the request for which the held incident says that it waits; return it.

    Raises:
        Changed: it was answered after the incident was read, which has moved with it.
    """
    request = await decide(tx, adjustments, ADJUSTMENT, action)
    if request is None:
        raise Changed
    return request


def _take(tx: Command, child: Row, machine: Machine, action: str, **values: Any) -> None:
    step = machine.step(child, action, tx.caller)
    is_answer = not any(next_.source == step.target for next_ in machine.steps)
    tx.move(child, step, answered_at=tx.now if is_answer else None, **values)


async def see(tx: Command, incident: Row, body: Seen, *, at_least: int = 0, showing: Iterable[str] = ()) -> None:
    """Attach the pictures that show it.

    Raises:
        PhotosMissing: there are too few.
        PhotoOfMissing: none shows what has to be shown.
    """
    files = await uploads(tx, body.attachment_ids)
    shown = [file.kind for file in files if file.media_type.startswith("image/")]
    if len(shown) < at_least:
        raise PhotosMissing(count=at_least)
    if missing := [word(kind) for kind in showing if kind not in shown]:
        raise PhotoOfMissing(kinds=missing)
    attach(tx, incident, files)


async def lay_in(tx: Command, incident: Row, grid_code: str) -> None:
    """Say in which grid an incident lies: one that is in use, as it was drawn on the day when it was found.

    Raises:
        UnknownGrid: personnel told of no such grid.
        OutsideYourArea: it is not in the caller's jurisdiction.
    """
    if not tx.caller.reaches_place(grid_code):
        raise OutsideYourArea
    known = known_grids.c.grid_code == grid_code, known_grids.c.state.is_distinct_from("retired")
    grid = await tx.db.first(select(known_grids.c.id, known_grids.c.edition).where(*known))
    if grid is None:
        raise UnknownGrid
    drawn = (await GRIDS.of(tx.db)).of_code(grid_code, incident.found_at)
    grid_edition = drawn.number if drawn and drawn.grid_id == grid.id else grid.edition or 1
    tx.update(incident, grid_code=grid_code, area_code=grid_code[:12], grid_id=grid.id, grid_edition=grid_edition)


async def give_to(db: Db, incident: Any, org: str) -> dict[str, Any]:
    """Return what is noted when an incident goes to an organisation, which it can.

    Raises:
        UnknownOrganisation: personnel told of no such organisation, or that it was retired.
        ConflictOfInterest: the complaint is about it.
        NotOnTheList: the county's matter list does not give it such things.
    """
    if org == incident.complained_org:
        raise ConflictOfInterest
    found = await known_organisation(db, org)
    if found.retired_at:
        raise UnknownOrganisation
    category = await category_of(db, incident.area_code[:6], incident.category)
    if category and found.kind and not may_be_given(category, found):
        raise NotOnTheList(category=category.row.name)
    line = line_for(category, found) if category and category.matters and found.kind else None
    return {"lead_org": org, "is_not_refusable": bool(line and line.level == "village" and not line.community_may_refuse)}
