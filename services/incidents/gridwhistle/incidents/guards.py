"""Who may not take a step of an incident's life, and when not: each looks at the incident and the caller, and says why."""

from typing import Any, Final

from gridwhistle.common.machine import Guard
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import Problem
from gridwhistle.incidents.refusals import (
    AlreadyAsked,
    AnotherDepartment,
    AnotherHandler,
    AskedByAnother,
    AskedByYou,
    CheckNeeded,
    ContestedBefore,
    EndorsedAlready,
    FixedHere,
    HandledByYou,
    MayNotRefuse,
    NoQuestion,
    NotEndorsed,
    NotFromThePublic,
    NothingAsked,
    NotYourCheck,
    ReferredBefore,
    ReopenedBefore,
    TooLateToObject,
    VerifiedAlready,
)

FROM_THE_PUBLIC: Final = frozenset({"resident", "hotline_12345"})
"""Sources that nobody of the grid has seen."""


def never_referred(incident: Any, _caller: Principal) -> Problem | None:
    """Say no to what mediation has, or had: one incident is one case there."""
    return ReferredBefore() if incident.mediation else None


def only_its_department(incident: Any, caller: Principal) -> Problem | None:
    """Say no to every department but the one that the incident was dispatched to."""
    return None if incident.lead_org == caller.org else AnotherDepartment()


def only_the_worker_sent(incident: Any, caller: Principal) -> Problem | None:
    """Say no to who handled it, and to everybody but the worker whom the check was given to."""
    if incident.handled_by == caller.id:
        return HandledByYou()
    return None if incident.checker_id and str(incident.checker_id) == caller.id else NotYourCheck()


def nobody_in(name: str, refusal: type[Problem]) -> Guard:
    """Return the guard that says no to whoever stands in a column."""
    return lambda incident, caller: refusal() if getattr(incident, name) == caller.id else None


def only_its_handler(incident: Any, caller: Principal) -> Problem | None:
    """Say no to everybody but the person whom the desk named."""
    return None if incident.handler_id in {None, caller.id} else AnotherHandler()


def only_what_the_public_says(incident: Any, _caller: Principal) -> Problem | None:
    """Send nobody to look at what a worker saw, and nobody twice."""
    if incident.source not in FROM_THE_PUBLIC:
        return NotFromThePublic()
    return VerifiedAlready() if incident.verified_as else None


def only_a_question(incident: Any, _caller: Principal) -> Problem | None:
    """Say no where something has to be done."""
    return None if incident.request_type == "consult" else NoQuestion()


def unless_fixed(incident: Any, _caller: Principal) -> Problem | None:
    """Say no once the county has decided whose it is."""
    return FixedHere() if incident.is_fixed else None


def unless_asked(incident: Any, _caller: Principal) -> Problem | None:
    """Say no while a request waits."""
    return AlreadyAsked() if incident.asked_for else None


def only_when_asked(incident: Any, _caller: Principal) -> Problem | None:
    """Say no where nothing waits for an answer."""
    return None if incident.asked_for else NothingAsked()


def asked_and(stage: str) -> Guard:
    """Return the guard for those who answer a request that has come so far."""

    def guard(incident: Any, caller: Principal) -> Problem | None:
        if refusal := only_when_asked(incident, caller):
            return refusal
        return None if incident.asked_stage == stage else NotEndorsed() if stage == "endorsed" else EndorsedAlready()

    return guard


def only_who_asked(request: Any, caller: Principal) -> Problem | None:
    """Say no to everybody but who asked."""
    return None if request.asked_by == caller.id else AskedByAnother()


def may_go_unchecked(incident: Any, _caller: Principal) -> Problem | None:
    """Say yes where two workers could not tell."""
    return None if incident.unclear_by else CheckNeeded()


def in_time_and_once(incident: Any, _caller: Principal) -> Problem | None:
    """Say no after the days for feedback, and to a second time."""
    if incident.reopened_times:
        return ReopenedBefore()
    return TooLateToObject() if incident.is_final else None


def contested_in_time_and_once(incident: Any, _caller: Principal) -> Problem | None:
    """Say no after the days for an objection, and to a second one."""
    if incident.is_contested:
        return ContestedBefore()
    return TooLateToObject() if incident.is_final else None


def void_is_open(incident: Any, _caller: Principal) -> Problem | None:
    """Say no while somebody has asked already."""
    return AlreadyAsked() if incident.void_asked_by else None


def void_was_asked(incident: Any, caller: Principal) -> Problem | None:
    """Say no where nobody asked, and to who did."""
    if incident.void_asked_by is None:
        return NothingAsked()
    return AskedByYou() if incident.void_asked_by == caller.id else None


def only_who_asked_to_void(incident: Any, caller: Principal) -> Problem | None:
    """Say no where nobody asked, and to everybody but who did."""
    if incident.void_asked_by is None:
        return NothingAsked()
    return None if incident.void_asked_by == caller.id else AskedByAnother()


def unless_it_must_be_taken(incident: Any, _caller: Principal) -> Problem | None:
    """Say no to a committee whose list says that it has to take such things."""
    return MayNotRefuse() if incident.is_not_refusable else None
