"""How long each stage of an incident's life may take, how often and how much; and the rule sets that a county can choose."""

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, get_args

from gridwhistle.common.clocks import Limit
from gridwhistle.common.presets import Preset
from gridwhistle.common.rules import Rule

HANDLE: Final = "incidents.handle"
"""The clock that counts how long an organisation has an incident."""
SUSPENSION: Final = "incidents.suspension"
EXTENSIONS: Final = "incidents.extensions_max"
SUSPENSIONS: Final = "incidents.suspensions_max"
SAMPLED: Final = "incidents.self_resolved_sampled"
PHOTOS_ON_SPOT: Final = "incidents.self_resolved_photos_min"
PHOTOS_SUBMIT: Final = "incidents.submit_photos_min"
PHOTOS_LOOKED: Final = "incidents.looked_photos_min"
FOUR_EYES: Final = "incidents.four_eyes"
Grade = Literal["at_once", "soon", "ordinary", "complex"]
"""Of handling (处置等级): 立即, 紧急, 一般, 疑难."""
GRADES: Final[tuple[Grade, ...]] = get_args(Grade)
BY_URGENCY: Final[Mapping[str, Grade]] = {"emergency": "at_once", "urgent": "soon", "normal": "ordinary"}
"""Of which grade (处置等级) something is that is filed without a word about it."""
URGENT_DECIDE: Final = "incidents.urgent_decide"
URGENT_LOOK: Final = "incidents.urgent_look"
URGENT_HANDLE: Final = "incidents.urgent_handle"
URGENT_AT_ONCE: Final = "incidents.urgent_handle_at_once"
_CONTINUOUS: Final = frozenset({"urgent_minute", "urgent_hour"})
_URGENT: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            f"incidents.{stage}"
            for stage in ("accept", "file", "dispatch", "redispatch", "sign", "object", "order_check", "close")
        ),
        URGENT_DECIDE,
    ),
    **dict.fromkeys(("incidents.county_decide", "incidents.verify", "incidents.check"), URGENT_LOOK),
    HANDLE: URGENT_HANDLE,
}
"""By which rule a stage's clock runs, of what was reported during a response (应急响应)."""
COMPLEX_BY_COUNTY: Final = "incidents.complex_by_county"


def _stages(source: str, deciding: tuple[int, str], looking: tuple[int, str]) -> tuple[Preset, ...]:
    """Return how long it may take to decide something, and to go and look."""
    limits = dict.fromkeys(("accept", "file", "dispatch", "redispatch", "order_check", "close"), deciding)
    limits |= dict.fromkeys(("verify", "check"), looking)
    return tuple(Preset(f"incidents.{stage}", *limit, source) for stage, limit in limits.items())


def _handling(source: str, *limits: tuple[int, str], by_county: int = 0) -> tuple[Preset, ...]:
    """Return how long handling may take, by grade, and whether somebody of the county says what is complex."""
    keys = (handle_key(grade) for grade in GRADES)
    lasting = tuple(Preset(key, *limit, source) for key, limit in zip(keys, limits, strict=True))
    return (*lasting, Preset(COMPLEX_BY_COUNTY, by_county, "yes_or_no", source))


def handle_key(grade: str | None) -> str:
    """Return the rule that says how long handling something of a grade may take, where there is one."""
    return HANDLE if grade in {None, "ordinary"} else f"{HANDLE}_{grade}"


_WEEK, _FORTNIGHT = (7, "natural_day_legal"), (15, "natural_day_legal")
RULE_SETS: Final[Mapping[str, tuple[Preset, ...]]] = {
    "urban": _stages("R1 urban", (15, "urgent_minute"), (30, "urgent_minute")),
    "township": _stages("INF township", (4, "work_hour"), (8, "work_hour")),
    "jinan": _handling("L 济南12345条例 24; 潍坊12345条例", *[(5, "work_day_legal")] * 4),
    "beijing": _handling("MEM 北京接诉即办四级", (2, "urgent_hour"), (24, "urgent_hour"), _WEEK, _FORTNIGHT),
    "fengxian": _handling("P 凤县 2018", (1, "same_day"), (3, "natural_day_legal"), _WEEK, _FORTNIGHT, by_county=1),
}
"""How long stages may take, in a city or in a township; and how long handling may, by what several places do."""
PRESETS: Final = (
    *RULE_SETS["urban"],
    Preset(HANDLE, 5, "work_day_legal", "L 济南12345条例 24; 潍坊12345条例", "Of every grade."),
    Preset(COMPLEX_BY_COUNTY, 0, "yes_or_no", "INF", "1: somebody of the county says what is complex."),
    Preset("incidents.sign", 4, "work_hour", "INF"),
    Preset("incidents.object", 4, "work_hour", "INF", "How long the dispatcher may think about a returned incident."),
    Preset("incidents.county_decide", 1, "work_day_legal", "INF for L 潍坊12345条例 19-24, which gives the duty"),
    Preset("incidents.sample", 5, "work_day_legal", "INF"),
    Preset("incidents.settle", 5, "work_day_legal", "INF", "When what was put right on the spot, and not sampled, closes."),
    Preset("incidents.contest", 5, "work_day_legal", "INF", "How long a reporter may object to a rejection."),
    Preset("incidents.review", 3, "work_day_legal", "INF"),
    Preset("incidents.feedback", 3, "work_day_legal", "INF for L 济南12345条例 27, which wants every item called back"),
    Preset("incidents.archive", 30, "natural_day", "INF", "After any end; then how to reach the reporter goes as well."),
    Preset(SUSPENSION, 365, "natural_day", "R1", "The longest; each has days of its own."),
    Preset(EXTENSIONS, 2, "times", "R1", "So often a handler may get the limit once more (延期)."),
    Preset(SUSPENSIONS, 1, "times", "R1", "So often an incident may be suspended (挂账)."),
    Preset(SAMPLED, 5, "percent", "INF", "Of what workers put right on the spot: a leader looks at so many."),
    Preset(PHOTOS_ON_SPOT, 2, "pictures", "R1", "The first is of afterwards, the second of before."),
    Preset(PHOTOS_SUBMIT, 0, "pictures", "INF", "The first is of afterwards; case standards ask for it in any case."),
    Preset(PHOTOS_LOOKED, 0, "pictures", "INF", "Of who says that it is so, or done; then the first is of afterwards."),
    Preset(URGENT_DECIDE, 15, "urgent_minute", "R1 urban; INF for responses", "Of what is reported during a response."),
    Preset(URGENT_LOOK, 30, "urgent_minute", "R1 urban; INF for responses", "To go and look, or for the county to decide."),
    Preset(URGENT_HANDLE, 24, "urgent_hour", "MEM 北京接诉即办四级", "Handling of what is reported during a response."),
    Preset(URGENT_AT_ONCE, 2, "urgent_hour", "MEM 北京接诉即办四级", "And of what is an emergency in it."),
    Preset("dedupe.radius_m", 50, "metre", "INF", "Reports this close may be of the same thing."),
    Preset("dedupe.hours", 24, "hour", "INF", "And not longer apart than this."),
    Preset(FOUR_EYES, 1, "yes_or_no", "INF", "1: who files does not dispatch; 0: one person may do both."),
)
"""How long each stage may take, how often and how much, until a county says otherwise."""


def in_a_response(incident: Any, key: str, limit: Limit | None, rule: Callable[[str], Rule]) -> Limit | None:
    """Return how long a clock of an incident runs: day and night, if it was reported during a response.

    A limit that runs day and night already, as a case standard may have, stays; so does one of a stage that waits for people.

    Args:
        incident: whose clock it is.
        key: which stage.
        limit: what it would be otherwise; None: as its rule says.
        rule: returns a rule as it holds there.
    """
    if incident.response_id is None or key not in _URGENT or (limit and (limit.unit in _CONTINUOUS or limit.minutes)):
        return limit
    found = rule(URGENT_AT_ONCE if key == HANDLE and incident.urgency == "emergency" else _URGENT[key])
    return Limit(found.amount, found.unit)
