"""Which channel takes which dispute, how long it may take there, and where else the law leads: rules over values."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from gridwhistle.common.ids import prefix_of
from gridwhistle.mediation import limits


class Way(NamedTuple):
    """What is particular to a channel."""

    accept: str
    mediate: str
    transfer: str = limits.TRANSFER
    needs_committee: bool = True
    types: frozenset[str] | None = None
    """The disputes it takes; None: any."""


CHANNELS: Final[Mapping[str, Way]] = {
    "people": Way(limits.ACCEPT, limits.MEDIATE),
    "administrative": Way(limits.ACCEPT_ADMIN, limits.MEDIATE_ADMIN, limits.TRANSFER_ADMIN, needs_committee=False),
    "court_delegated": Way(limits.ACCEPT, limits.MEDIATE_DELEGATED),
    "court_entrusted": Way(limits.ACCEPT, limits.MEDIATE_ENTRUSTED),
    "court_summary": Way(limits.ACCEPT, limits.MEDIATE_SUMMARY),
    # Fights and damage that come of a civil dispute, and are minor (治安管理处罚法 2012 art. 9).
    "police": Way(limits.ACCEPT, limits.MEDIATE_POLICE, needs_committee=False, types=frozenset({"D01", "D02", "D06", "D13"})),
    "labour": Way(limits.ACCEPT, limits.MEDIATE_LABOUR, types=frozenset({"D10"})),
}
CONTACT: Final[Mapping[str | None, str]] = {
    "red": limits.CONTACT_RED,
    "orange": limits.CONTACT_ORANGE,
    "yellow": limits.CONTACT_YELLOW,
    None: limits.CONTACT,
}
"""By which rule the first contact is due, by the dispute's grade."""
_PRESSING: Final = ("red", "orange")


def is_more_pressing(grade: str, before: str | None) -> bool:
    """Tell whether a dispute turns out to be more pressing than was said, so that the first contact is due sooner."""
    return grade in _PRESSING and (before not in _PRESSING or _PRESSING.index(grade) < _PRESSING.index(before))


def suits(channel: str, dispute_type: str) -> bool:
    """Tell whether a channel takes a kind of dispute."""
    types = CHANNELS[channel].types
    return types is None or dispute_type in types


def accept_rule(channel: str, *, is_complex: bool) -> str:
    """Return the rule that says how long acceptance may take."""
    return limits.ACCEPT_ADMIN_COMPLEX if channel == "administrative" and is_complex else CHANNELS[channel].accept


def takes(committee: Any, case: Any, homes: Iterable[str | None], today: dt.date) -> bool:
    """Tell whether a committee may accept a case: it works, is in its term, and the dispute is of its place or its industry.

    Args:
        committee: the row of one.
        case: the row of one, with its type.
        homes: the areas in which the parties live, as far as they are known.
        today: in the county.
    """
    if committee.state == "dissolved" or committee.filed_at is None or committee.term_end_on <= today:
        return False
    if committee.industries is not None and case.dispute_type not in committee.industries:
        return False
    own = prefix_of(committee.area_code)
    return any(place is not None and place.startswith(own) for place in (case.area_code, *homes))


def other_ways(dispute_type: str | None, channel: str, *, was_agreed: bool = False) -> list[str]:
    """Return where else the law leads when mediation does not, or when what was agreed is not done.

    Where something was agreed, courts enforce it or hear about it, and of money a payment order is to be had.
    """
    if was_agreed:
        return ["court", "payment_order", "notarised_deed"]
    ways = {"D10": ["labour_arbitration"], "D07": ["land_arbitration", "authority"], "D08": ["authority", "reconsideration"]}
    first = ways.get(dispute_type or "", ["arbitration", "authority"])
    return [*first, "court", *(["police"] if channel == "police" else [])]
