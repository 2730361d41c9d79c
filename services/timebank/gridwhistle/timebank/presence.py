"""Presence (到场): how it is shown that somebody was there, from two of four proofs, without following anybody.

Where somebody is, is asked at the beginning and at the end alone, and all that is kept of it is how far away that was.
"""

import datetime as dt
from collections.abc import Collection
from typing import Final, Literal

from gridwhistle.common.problems import Conflict, Forbidden, Problem

Proof = Literal["pin", "place", "clerk", "photo"]
"""The number that whoever is served tells (核销码), being near by, a clerk who saw it, and a picture."""
ENOUGH: Final = 2
PIN_DIGITS: Final = 6
PIN_TRIES_MAX: Final = 5
"""Of a million numbers; then a clerk checks in by sight."""


class TooEarly(Conflict):
    """The service begins later."""

    code = "too_early"
    zh, en = "服务开始前 {minutes} 分钟内方可签到。", "Check in {minutes} minutes before the beginning, and not earlier."


class TooLate(Conflict):
    """Whoever is not there by then is not there."""

    code = "too_late"
    zh, en = "已超过签到时间,请联系服务网点。", "It is too late to check in; ask the station."


class NotThere(Forbidden):
    """Neither the place, nor the number, nor a clerk shows that the volunteer is there."""

    code = "not_there"
    zh = "未能证明已到场:请在服务地点 {most_m} 米内签到,或向服务对象询问核销码。"
    en = "Nothing shows that you are there: be within {most_m} metres of the place, or ask whom you serve for the number."


class WrongPin(Forbidden):
    """The number is another."""

    code = "wrong_pin"
    zh, en = "核销码不正确,还可尝试 {left} 次。", "The number is not right; {left} tries are left."


class NoTriesLeft(Forbidden):
    """Numbers are told, not guessed."""

    code = "no_tries_left"
    zh, en = "核销码尝试次数已用完,请由网点工作人员核实。", "There are no tries left: let a clerk of the station check."


def arrives(start_at: dt.datetime, now: dt.datetime, tolerance: dt.timedelta) -> Problem | None:
    """Return why nobody can check in now, or None."""
    if now < start_at - tolerance:
        return TooEarly(minutes=tolerance // dt.timedelta(minutes=1))
    return TooLate() if now > start_at + tolerance else None


def is_enough(proofs: Collection[str]) -> bool:
    """Tell whether these proofs are enough for a service to be settled although nobody confirms it."""
    return len(set(proofs)) >= ENOUGH
