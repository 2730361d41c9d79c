"""Who is fit to serve, and who goes with a minor (未成年人须有成年人同行): with others, and never alone."""

import datetime as dt
from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import select

from gridwhistle.common.calendars import day_of
from gridwhistle.common.commands import Command
from gridwhistle.common.rows import Row
from gridwhistle.timebank.eligibility import Ages, GuardianMissing, NotAlone, Volunteer, Wanted, by_age, is_adult, why_not_fit
from gridwhistle.timebank.limits import LEAST_AGE, MINORS, MINORS_IN_GROUPS, MOST_AGE
from gridwhistle.timebank.order_refusals import OnlyServed
from gridwhistle.timebank.order_tables import claims
from gridwhistle.timebank.participant_tables import participants

_COMES: Final = ("confirmed", "checked_in")
_IN_A_TEAM: Final = Wanted("public", people_needed=2, minors_allowed=True, training_required=None, min_reputation=None)


def ages(tx: Command, *, in_a_team: bool = False) -> Ages:
    """Return from and up to which age people earn here; in a team minors may where they do not else."""
    least, most = tx.rule(LEAST_AGE).amount, tx.rule(MOST_AGE).amount
    minors = tx.rule(MINORS).amount or (in_a_team and tx.rule(MINORS_IN_GROUPS).amount)
    return Ages(least=least, most=most, minors_with_guardian=bool(minors))


def volunteer_of(who: Row, learnt: Collection[str] = ()) -> Volunteer:
    """Return what is looked at of a participant who wants to serve."""
    return Volunteer(
        state=who.state,
        birth_year=who.birth_year and who.birth_year.year,
        guardian_agreed=who.guardian_agreed_at is not None,
        insured_until=who.insured_until,
        trainings=learnt,
        paused_until=who.paused_until,
        rating_sum=who.rating_sum,
        rating_count=who.rating_count,
    )


async def check_in_company(tx: Command, order: Row, claim: Row) -> None:
    """Check that a minor who serves has a guardian who agrees, and is beside an adult who is confirmed or there.

    The held order keeps them so.

    Raises:
        GuardianMissing: their guardian agrees no more.
        NotAlone: there is no adult.
    """
    on = day_of(claim.start_at)
    who = await tx.hold(participants, [claim.volunteer_id])
    if _grown(who, on):
        return
    if not (who[0] and who[0].guardian_agreed_at):
        raise GuardianMissing
    beside = claims.c.order_id == order.id, claims.c.id != claim.id, claims.c.state.in_(_COMES)
    found = await tx.db.fetch(select(claims.c.volunteer_id).where(*beside))
    if not _grown(await tx.hold(participants, [row.volunteer_id for row in found]), on):
        raise NotAlone


def check_may_be_of_a_team(tx: Command, who: Row) -> None:
    """Check that a held participant serves, and is of an age for it; who was there is looked at again with each roll.

    Raises:
        OnlyServed: they are registered to be served.
        Problem: why they are not of an age for it.
    """
    if who.kind == "beneficiary":
        raise OnlyServed
    limits, on = ages(tx, in_a_team=True), day_of(tx.now)
    if refusal := by_age(volunteer_of(who), _IN_A_TEAM, on, limits):
        raise refusal


def check_team(tx: Command, present: Collection[Any], start_at: dt.datetime, *, minors_allowed: bool) -> None:
    """Check that everybody of a roll might be there: insured, and of age or beside adults where it is fit for minors.

    Raises:
        Problem: why somebody might not.
    """
    limits, on = ages(tx, in_a_team=True), day_of(start_at)
    wanted = Wanted("public", 1 + len(_grown(present, on)), minors_allowed, None, None)
    for who in present:
        if refusal := why_not_fit(volunteer_of(who), wanted, on, limits):
            raise refusal


def _grown(people: Collection[Any], on: dt.date) -> list[Any]:
    return [who for who in people if who and who.birth_year and is_adult(who.birth_year.year, on)]
