"""What an agreement has to be, and when: rules over values."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from gridwhistle.common.deadlines import Deadline
from gridwhistle.common.events.mediation import Outcome
from gridwhistle.common.presets import WINDOWS
from gridwhistle.common.rules import Rules


def must_be_written(due_on: Iterable[dt.date | None], *, is_asked: bool, is_major: bool) -> bool:
    """Tell whether an agreement has to be in writing: a party asks, it is not performed at once, or it is major or complex."""
    return is_asked or is_major or any(day is not None for day in due_on)


def outcome_of(agreement: Any) -> Outcome:
    """Return how a case ends about which there is such an agreement."""
    return "partial" if agreement.extent == "part" else "agreed"


def is_effective(agreement: Any, parties: Sequence[Any], presiding_id: Any, *, needs_seal: bool) -> bool:
    """Tell whether every party has signed a written agreement, who presides now has, and the committee's seal is on it."""
    signed = {signature["id"] for signature in agreement.signed}
    by_all = {str(party.id) for party in parties} <= signed
    by_presiding = presiding_id is not None and agreement.mediator_signed_by == str(presiding_id)
    return by_all and by_presiding and (agreement.sealed_at is not None or not needs_seal)


def confirm_by(effective_at: dt.datetime, rules: Rules, area_code: str, key: str) -> dt.datetime:
    """Return until when a court can be asked to confirm an agreement, counted by law from the day it takes effect."""
    rule = rules.of(key, area_code, effective_at)
    time = rules.time(area_code, rules.of(WINDOWS, area_code, effective_at).value)
    return Deadline(rule.amount, rule.unit, effective_at, time, cutoff=rule.cutoff or "close").due_at  # type: ignore[arg-type]
