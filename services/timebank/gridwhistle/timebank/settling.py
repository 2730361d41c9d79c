"""Settling (结算): how many minutes a service is worth, and how many of them somebody may still earn."""

from dataclasses import dataclass
from typing import Final

DAY_MINUTES: Final = 1_440
"""Nothing takes longer."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a county says about settling: a cap of 0 is none."""

    step_minutes: int
    tolerance_percent: int
    daily_cap_minutes: int
    lifetime_cap_minutes: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of a service: `served` is recorded in any case, `earned` is paid, `overflow` is above a cap."""

    served_minutes: int
    earned_minutes: int
    overflow_minutes: int

    @property
    def paid_minutes(self) -> int:
        """What the service costs whoever pays: what is above the volunteer's cap goes to the pool, or back."""
        return self.earned_minutes + self.overflow_minutes


def worth(agreed_minutes: int, actual_minutes: int, terms: Terms) -> int:
    """Return what a service is worth: what it took, a tolerance above what was agreed at most, in whole steps."""
    most = agreed_minutes * terms.tolerance_percent // 100
    return _whole_steps(min(actual_minutes, most), terms)


def held_for(agreed_minutes: int, terms: Terms) -> int:
    """Return what is held when a claim is confirmed: the most that it may turn out to be worth."""
    return worth(agreed_minutes, agreed_minutes * terms.tolerance_percent // 100, terms)


def settle(
    agreed_minutes: int,
    actual_minutes: int,
    earned_today: int,
    earned_ever: int,
    terms: Terms,
    *,
    held_minutes: int | None = None,
) -> Settlement:
    """Return what is earned of a service, given what the volunteer has earned on its day and in all.

    What is held was agreed to: a county that allows more since pays no more than that for it.
    """
    minutes = worth(agreed_minutes, actual_minutes, terms)
    if held_minutes is not None:
        minutes = min(minutes, _whole_steps(held_minutes, terms))
    earned = min(minutes, _left(terms.daily_cap_minutes, earned_today), _left(terms.lifetime_cap_minutes, earned_ever))
    return Settlement(actual_minutes, earned, minutes - earned)


def _left(cap_minutes: int, earned_minutes: int) -> int:
    return max(cap_minutes - earned_minutes, 0) if cap_minutes else _NO_CAP


def _whole_steps(minutes: int, terms: Terms) -> int:
    return max(minutes, 0) // terms.step_minutes * terms.step_minutes


_NO_CAP = 2**31 - 1
