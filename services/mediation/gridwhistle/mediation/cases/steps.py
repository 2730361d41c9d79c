"""What several steps of a case do alike: the facts that events carry, how it ends, and how long a stage may take."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Table

from gridwhistle.common.clocks import Limit
from gridwhistle.common.commands import NO_LIMITS, Command
from gridwhistle.common.events import Event
from gridwhistle.common.events.mediation import Outcome
from gridwhistle.common.machine import Step
from gridwhistle.common.problems import Problem
from gridwhistle.common.rows import Row
from gridwhistle.mediation.cases.refusals import UnknownParty
from gridwhistle.mediation.cases.routing import CONTACT, accept_rule
from gridwhistle.mediation.cases.tables import parties
from gridwhistle.mediation.limits import ACCEPT, CONFIRM_APPLY, CONSENT, REPLACE
from gridwhistle.mediation.limits import CONTACT as CONTACT_CLOCK


def facts_of(case: Any) -> dict[str, Any]:
    """Return what every event of a case carries: nothing about parties."""
    names = ("case_no", "dispute_type", "source", "channel", "grade", "incident_id")
    return {name: getattr(case, name) for name in names}


def end(
    tx: Command,
    case: Row,
    step: Step,
    outcome: Outcome,
    event: type[Event],
    *,
    reason: str | None = None,
    limits: Mapping[str, Limit] = NO_LIMITS,
    **facts: Any,
) -> None:
    """Let a case end so, and tell of it; what was said of its risks goes.

    Args:
        tx: the command that holds the case.
        case: which one.
        step: that leads to its end.
        outcome: as those are told who sent it.
        event: that tells of it.
        reason: for the record.
        limits: of clocks that begin with the end, and do not run as long as their rules say.
        facts: what the event says besides, which the case has in columns of the same names.
    """
    gone: dict[str, Any] = {"may_become_criminal": None, "may_become_mass": None, "escalated_from": None}
    for key in (REPLACE, CONFIRM_APPLY):  # which run beside the states; nobody asks a court about what has ended
        tx.clocks.stop(case, key)
    tx.move(case, step, reason=reason, limits=limits, outcome=outcome, terminal_at=tx.now, **gone, **facts)
    tx.tell(case, event(**facts_of(case), outcome=outcome, **facts))


def limit_of(tx: Command, key: str, area_code: str) -> Limit:
    """Return how long something may take by a rule, for a clock that is counted by another's name."""
    rule = tx.rule(key, area_code)
    return Limit(rule.amount, rule.unit)


def limits_of(tx: Command, case: Any) -> dict[str, Limit]:
    """Return how long the stages before acceptance may take of a case, by its grade and its channel."""
    accept = limit_of(tx, accept_rule(case.channel, is_complex=case.is_complex), case.area_code)
    contact = limit_of(tx, CONTACT[case.grade], case.area_code)
    return {CONTACT_CLOCK: contact, CONSENT: accept, ACCEPT: accept}


async def parties_in(tx: Command) -> list[Row]:
    """Return the parties of the held case, without those that were struck."""
    return [party for party in await tx.children(parties) if party.struck_at is None]


async def are_all(tx: Command, party_ids: Iterable[UUID]) -> bool:
    """Tell whether these are all the parties of the held case."""
    return {party.id for party in await parties_in(tx)} == set(party_ids)


async def part_of(tx: Command, table: Table, part_id: UUID, unknown: type[Problem]) -> Row:
    """Return a part of the held case.

    Raises:
        Problem: `unknown`, where it has none of that id.
    """
    found = next((row for row in await tx.children(table) if row.id == part_id), None)
    if found is None:
        raise unknown
    return found


async def party_of(tx: Command, party_id: Any) -> Row:
    """Return a party of the held case.

    Raises:
        UnknownParty: there is none of that id.
    """
    found = next((party for party in await parties_in(tx) if party.id == party_id), None)
    if found is None:
        raise UnknownParty
    return found
