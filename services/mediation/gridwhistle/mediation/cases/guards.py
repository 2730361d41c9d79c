"""Who may not take a step of a case, whatever their role, and what has to be so before."""

from typing import Any

from gridwhistle.common.machine import AUTO
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import Problem
from gridwhistle.mediation.cases.refusals import (
    AgreedAlready,
    AskedByYou,
    CaseEnded,
    ClosingNotAsked,
    FollowUpsLeft,
    NotAllWilling,
    NotOnThePanel,
    SidesMissing,
    TypeMissing,
    WaysNotTold,
)


def both_sides(case: Any, _caller: Principal) -> Problem | None:
    """Say no while nobody is there to be asked."""
    return None if case.has_both_sides else SidesMissing()


def all_willing(case: Any, _caller: Principal) -> Problem | None:
    """Say no until every party has said yes, and it is known what it is about."""
    if not case.has_both_sides:
        return SidesMissing()
    if case.parties_to_answer:
        return NotAllWilling(left=case.parties_to_answer)
    return None if case.dispute_type else TypeMissing()


def on_the_panel(case: Any, caller: Principal) -> Problem | None:
    """Say no to whoever does not mediate the case; what happens by itself is nobody's."""
    return None if AUTO in caller.roles or caller.id in (case.panel or ()) else NotOnThePanel()


def keeps_the_file(case: Any, caller: Principal) -> Problem | None:
    """Say no to whoever neither mediates an accepted case nor leads the committee: until then it is everybody's desk."""
    if case.accepted_at is None or caller.roles & {"mediation_chair", "judicial_office"}:
        return None
    return on_the_panel(case, caller)


def goes_on(case: Any, _caller: Principal) -> Problem | None:
    """Say no once it has ended: nobody comes into it any more, and nothing more is said of it."""
    return CaseEnded() if case.terminal_at else None


def goes_on_or_is_followed_up(case: Any, caller: Principal) -> Problem | None:
    """Say no once it has ended, and nobody is to be asked any more how it went."""
    return None if case.follow_ups_left else goes_on(case, caller)


def nothing_agreed(case: Any, _caller: Principal) -> Problem | None:
    """Say no once something is agreed: that stands."""
    return AgreedAlready() if case.agreed_at else None


def rest_is_told(case: Any, _caller: Principal) -> Problem | None:
    """Say no while parties who agreed on a part have not heard where else the law leads with the rest."""
    return WaysNotTold() if case.state == "partial" and case.ways_told_at is None else None


def asked_by_another(case: Any, caller: Principal) -> Problem | None:
    """Say no until somebody else has said that it can be closed."""
    if case.closing_asked_by is None:
        return ClosingNotAsked()
    return AskedByYou() if case.closing_asked_by == caller.id else None


def followed_up(case: Any, _caller: Principal) -> Problem | None:
    """Say no while somebody is still to be asked how it went."""
    return FollowUpsLeft(left=case.follow_ups_left) if case.follow_ups_left else None
