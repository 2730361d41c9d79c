"""Eligibility (准入): who may take on a service, and whose service is paid from which minutes."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal

from gridwhistle.common.events.timebank_orders import Payer
from gridwhistle.common.problems import Conflict, Forbidden, Problem, Term
from gridwhistle.timebank.participant_states import PARTICIPANT

Category = Literal["key_lonely_elderly", "elderly", "disabled_low_income", "special_difficulty", "other_by_rule"]
"""Why somebody may be served: a label alone, never a diagnosis or an income."""
FROM_THE_POOL: Final = frozenset({"key_lonely_elderly", "disabled_low_income", "special_difficulty"})
"""Whose services the public pool pays when they have no minutes of their own."""
_OF_AGE: Final = 18


class NotActive(Conflict):
    """A frozen or closed participant neither serves nor asks."""

    code = "participant_not_active"
    zh, en = "该参与人当前为“{state}”,不能办理。", "The participant is {state}, so this is not possible."


class ClaimsPaused(Forbidden):
    """Who let others wait three times rests for some days, until a person looks at it."""

    code = "claims_paused"
    zh, en = (
        "因多次爽约,接单已暂停;如有异议请联系网点。",
        "You did not come several times, so you rest; ask the station.",
    )


class NotInsured(Forbidden):
    """Nobody serves uninsured."""

    code = "not_insured"
    zh, en = "服务当日须在意外保险有效期内。", "You have to be insured on the day of the service."


class AgeUnknown(Forbidden):
    """Whether somebody is of age has to be known."""

    code = "age_unknown"
    zh, en = "请先在网点登记出生年份。", "Have your year of birth entered at the station first."


class TooYoung(Forbidden):
    """A minor serves with a guardian's consent, together with others, and where the service is fit for minors."""

    code = "too_young"
    zh, en = "该服务不接受未成年人。", "This service is not for minors."


class GuardianMissing(Forbidden):
    """A guardian has to agree."""

    code = "guardian_missing"
    zh, en = "未成年人须经监护人同意。", "A minor needs a guardian's consent."


class NotAlone(Forbidden):
    """A minor visits nobody alone."""

    code = "not_alone"
    zh, en = "未成年人不得单独上门服务。", "A minor visits nobody alone."


class TooOld(Forbidden):
    """Some counties say up to which age minutes are earned."""

    code = "too_old"
    zh, en = "本县规定 {years} 岁以下可以接单。", "In this county minutes are earned up to the age of {years}."


class TooYoungHere(Forbidden):
    """Some counties say from which age minutes are earned."""

    code = "too_young_here"
    zh, en = "本县规定年满 {years} 岁方可接单。", "In this county minutes are earned from the age of {years}."


class TrainingMissing(Forbidden):
    """Some services have to be learnt."""

    code = "training_missing"
    zh, en = "该服务须先完成培训:{training}。", "This service asks for training first: {training}."


class ReputationTooLow(Forbidden):
    """Whoever is served says how well a volunteer has to be rated."""

    code = "reputation_too_low"
    zh, en = "服务对象要求评价不低于 {least} 分。", "Whom you would serve asks for a rating of {least} at least."


class ServingOneself(Forbidden):
    """Nobody is paid for helping themselves."""

    code = "serving_oneself"
    zh, en = "不能为自己提供服务。", "Nobody serves themselves."


class TooYoungToBeServed(Forbidden):
    """Time is saved for when one is old, or in need."""

    code = "too_young_to_be_served"
    zh, en = "本县规定年满 {years} 岁方可接受服务。", "In this county people are served from the age of {years}."


class NotEntitled(Forbidden):
    """Services are for those who saved minutes enough, or who are entitled."""

    code = "not_entitled"
    zh = "服务对象可用时间不足,也没有有效的资格认定。"
    en = "Whom this is for has neither saved minutes enough nor a valid entitlement."


@dataclass(frozen=True, slots=True)
class Volunteer:
    """What is looked at of somebody who wants to serve."""

    state: str
    birth_year: int | None
    guardian_agreed: bool
    insured_until: dt.date | None
    trainings: Collection[str]
    paused_until: dt.datetime | None
    rating_sum: int = 0
    rating_count: int = 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of whoever takes a service on."""

    kind: str
    people_needed: int
    minors_allowed: bool
    training_required: str | None
    min_reputation: int | None


@dataclass(frozen=True, slots=True)
class Ages:
    """From and up to which age a county lets people earn; 0 is no such bound."""

    least: int
    most: int
    minors_with_guardian: bool


def why_not(who: Volunteer, wanted: Wanted, on: dt.date, now: dt.datetime, ages: Ages) -> Problem | None:
    """Return why somebody may not take a service on, or None; the first reason that there is."""
    if who.state != "active":
        return NotActive(state=PARTICIPANT.word(who.state))
    if who.paused_until and who.paused_until > now:
        return ClaimsPaused()
    return why_not_fit(who, wanted, on, ages)


def why_not_fit(who: Volunteer, wanted: Wanted, on: dt.date, ages: Ages) -> Problem | None:
    """Return why somebody was not fit for a service on its day, whatever became of them since."""
    return by_age(who, wanted, on, ages) or _by_fitness(who, wanted, on)


def _by_fitness(who: Volunteer, wanted: Wanted, on: dt.date) -> Problem | None:
    if who.insured_until is None or who.insured_until < on:
        return NotInsured()
    if wanted.training_required and wanted.training_required not in who.trainings:
        return TrainingMissing(training=Term(wanted.training_required, wanted.training_required))
    # Whom nobody has rated yet is not kept out: otherwise nobody could begin.
    if wanted.min_reputation and who.rating_count and who.rating_sum < wanted.min_reputation * who.rating_count:
        return ReputationTooLow(least=wanted.min_reputation)
    return None


def is_adult(birth_year: int, on: dt.date) -> bool:
    """Tell whether somebody is of age for sure. Only the year is known, so the year of the birthday does not count yet."""
    return on.year - birth_year > _OF_AGE


def by_age(who: Volunteer, wanted: Wanted, on: dt.date, ages: Ages) -> Problem | None:
    """Return why somebody is too young or too old for a service on its day, or None."""
    if who.birth_year is None:
        return AgeUnknown()
    years = on.year - who.birth_year
    if ages.most and years > ages.most:
        return TooOld(years=ages.most)
    if is_adult(who.birth_year, on):
        return TooYoungHere(years=ages.least) if years < ages.least else None
    if not ages.minors_with_guardian or not wanted.minors_allowed or wanted.kind == "emergency":
        return TooYoung()
    if not who.guardian_agreed:
        return GuardianMissing()
    return None if wanted.people_needed > 1 else NotAlone()


def why_not_served(
    birth_year: int | None, category: str | None, on: dt.date, *, least: int, least_in_need: int
) -> Problem | None:
    """Return why nobody may be asked to serve somebody, who is entitled as something or not; None, if they may.

    Whom the pool is there for may have a least age of their own; 0 is none.
    """
    years = least_in_need if category in FROM_THE_POOL else least
    if years and birth_year is None:
        return AgeUnknown()
    return TooYoungToBeServed(years=years) if birth_year and on.year - birth_year < years else None


def payer_of(category: str | None, free_minutes: int, needed_minutes: int) -> Payer:
    """Return from what a service is paid: one's own minutes if they are enough, else the pool for those whom it is there for.

    Raises:
        NotEntitled: whom it is for has neither.
    """
    if free_minutes >= needed_minutes:
        return "beneficiary"
    if category in FROM_THE_POOL:
        return "pool"
    raise NotEntitled
