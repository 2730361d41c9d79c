"""Responses (应急响应): proposed by the duty officer, decided by rank, lifted and reviewed; what is personal in them then goes."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, get_args

from gridwhistle.common.events.inventory_alerts import Colour
from gridwhistle.common.events.inventory_responses import Measure, ResponseLevel
from gridwhistle.common.machine import Machine, Step
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import Problem, Term
from gridwhistle.inventory.responses.limits import (
    DECIDE,
    EXPECTED_END,
    PHONE,
    PURGE,
    REPORT_DAILY,
    REPORT_FINAL,
    REPORT_FIRST,
    REVIEW,
    TRIGGERS,
    WRITTEN,
)
from gridwhistle.inventory.responses.refusals import NotAnotherTown, ProposedByYou, ToldAlready

DUTY: Final = frozenset({"county_duty"})
OFFICE, DEPUTY, HEAD = frozenset({"office_director"}), frozenset({"deputy_commander"}), frozenset({"emergency_commander"})
SYSTEM, OFFICER = frozenset({"auto"}), frozenset({"disaster_info_officer"})
LEVELS: Final[Sequence[ResponseLevel]] = get_args(ResponseLevel)
"""The gravest first."""
DECIDES: Final[Mapping[ResponseLevel, frozenset[str]]] = {
    "iv": OFFICE | DEPUTY | HEAD,
    "iii": DEPUTY | HEAD,
    "ii": HEAD,
    "i": HEAD,
}
"""Who decides on a response of a level: whoever is named for it, and whoever is above them."""
STANDBY_FROM: Final = "iii"
"""From this level on shelters are to stand by; red and orange warnings propose it as well."""


def _of(level: ResponseLevel) -> Callable[[Any], bool]:
    return lambda response: bool(response.level == level)


def _not_who_proposed(response: Any, caller: Principal) -> Problem | None:
    return ProposedByYou() if response.proposed_by == caller.id else None


def _not_told(column: str) -> Callable[[Any, Principal], Problem | None]:
    def guard(response: Any, _caller: Principal) -> Problem | None:
        return ToldAlready() if getattr(response, column) else None

    return guard


def _by_rank(source: str, action: str, target: str, why: str, *, not_who_proposed: bool = False) -> list[Step]:
    """Return the rows of an action that is decided by the rank of the level: one row a level, the last for the gravest."""
    guard = _not_who_proposed if not_who_proposed else None
    *lower, gravest = reversed(LEVELS)
    return [
        *(Step(source, action, target, DECIDES[level], why, guard, when=_of(level)) for level in lower),
        Step(source, action, target, DECIDES[gravest], why, guard),
    ]


RESPONSE: Final = Machine(
    Term("应急响应", "response"),
    (
        #    from        action            to          who     why
        Step(None,       "propose",        "proposed", DUTY,   "a trigger is met, or an authority warns"),
        *_by_rank("proposed", "decide",  "active",   "it begins: by the office's director (IV), a deputy head (III), the head (II, I), of both the level proposed and the one it begins at", not_who_proposed=True),
        *_by_rank("proposed", "decline", "declined", "there is none, says who would decide on it", not_who_proposed=True),
        *(Step(state,    "report_by_phone", state,     DUTY,   "those above hear of it within twenty minutes", _not_told("phoned_at")) for state in ("proposed", "active")),
        *(Step(state,    "report_in_writing", state,   DUTY,   "and in writing within forty", _not_told("written_at")) for state in ("proposed", "active")),
        *_by_rank("active", "adjust",   "active",   "it is graver or less grave, or lasts longer, says who decides on the graver of both levels"),
        *_by_rank("active", "lift",     "lifted",   "it is under control"),
        Step("lifted",   "review",         "reviewed", HEAD | OFFICE, "what was learned is written down within thirty days"),
    ),
    zh={
        "proposed": "待决定", "active": "响应中", "declined": "不启动", "lifted": "已终止", "reviewed": "已总结",
        "propose": "提出启动建议", "decide": "决定启动", "decline": "决定不启动", "report_by_phone": "电话报告", "report_in_writing": "书面报告",
        "adjust": "调整响应", "lift": "终止响应", "review": "总结评估",
    },
    clocks={"proposed": [DECIDE, PHONE, WRITTEN], "active": [PHONE, WRITTEN, EXPECTED_END], "lifted": [REVIEW]},
)  # fmt: skip
ENDED: Final = ("declined", "reviewed")

EMERGENCY_SESSION: Final = Machine(
    Term("应急会话", "emergency session"),
    (
        #    from       action         to         who     why
        Step(None,      "open",        "open",    SYSTEM, "a response begins: what is personal and is kept for it is known by this session"),
        Step("open",    "lift",        "lifted",  SYSTEM, "the response is over"),
        Step("lifted",  "purge",       "purging", SYSTEM, "thirty days later every service is told that what is personal goes"),
        Step("purging", "all_purged",  "purged",  SYSTEM, "every service has said that it is gone, and how much it was"),
    ),
    zh={
        "open": "进行中", "lifted": "已终止", "purging": "清除中", "purged": "已清除",
        "lift": "终止", "purge": "清除", "all_purged": "全部清除",
    },
    clocks={"lifted": [PURGE]},
    auto={PURGE: "purge"},
)  # fmt: skip


def _is_countys(situation: Any) -> bool:
    return bool(situation.level == "county")


def _of_its_town(situation: Any, caller: Principal) -> Problem | None:
    return None if caller.reaches_place(situation.area_code) else NotAnotherTown()


def _report(source: str, target: str, why: str) -> list[Step]:
    return [
        Step(source, "report", target, DUTY, why, when=_is_countys),
        Step(source, "report", target, OFFICER, why, _of_its_town),
    ]


SITUATION: Final = Machine(
    Term("灾情报告", "situation"),
    (
        #    from         action    to           who     why
        Step(None,        "begin",  "first_due", SYSTEM, "a response begins in the area: what has happened there is reported"),
        *_report("first_due", "daily",     "a township within an hour, the county within two"),
        *_report("daily",     "daily",     "each day until it is over, and if it is zero: a township by eight, the county by nine"),
        *_report("final_due", "done",      "what it was in the end (核报): a township within two working days, the county within three"),
        *(Step(state,     "finish", "final_due", SYSTEM, "the response is over") for state in ("first_due", "daily")),
    ),
    zh={
        "first_due": "待初报", "daily": "续报中", "final_due": "待核报", "done": "已核报",
        "begin": "开始", "report": "报告", "finish": "转入核报",
    },
    clocks={"first_due": [REPORT_FIRST], "daily": [REPORT_DAILY], "final_due": [REPORT_FINAL]},
)  # fmt: skip

_AT_ONCE: Final[Sequence[Measure]] = ("warn_public", "collect_reports", "call_teams")
_GRAVE: Final[Sequence[Measure]] = (*_AT_ONCE, "ready_shelters", "reserve_supplies", "guard_key_sites", "keep_utilities")
MEASURES: Final[Mapping[ResponseLevel, Sequence[Measure]]] = {
    "iv": _AT_ONCE,
    "iii": (*_GRAVE, "advise_public"),
    "ii": (*_GRAVE, "advise_public", "evacuate", "close_places"),
    "i": (*_GRAVE, "advise_public", "evacuate", "close_places"),
}
"""What is done at each level unless whoever decides says otherwise (突发事件应对法 art. 66 and 67)."""


# --- which level -------------------------------------------------------------------------------------------------------------


class Facts(NamedTuple):
    """What is known of a disaster, in numbers."""

    dead_or_missing: int = 0
    relocated: int = 0
    houses_collapsed: int = 0
    houses_damaged: int = 0


def level_by_facts(facts: Facts, thresholds: Mapping[str, int]) -> ResponseLevel | None:
    """Return the gravest level of which one trigger is met, or None.

    Args:
        facts: what is known.
        thresholds: the rules of `TRIGGERS` as they hold in the county, by key.
    """
    for level in LEVELS:
        if any(getattr(facts, name) >= thresholds[TRIGGERS[level, name]] for name in Facts._fields):
            return level
    return None


def level_by_colour(colour: Colour) -> ResponseLevel | None:
    """Return the level that a warning suggests: a red one III, an orange one IV."""
    return {"red": "iii", "orange": "iv"}.get(colour)  # type: ignore[return-value]


def gravest(*levels: ResponseLevel | None) -> ResponseLevel | None:
    """Return the gravest of some levels."""
    return min((level for level in levels if level), key=LEVELS.index, default=None)


def is_at_least(level: ResponseLevel, other: ResponseLevel) -> bool:
    """Tell whether a level is as grave as another, or graver."""
    return LEVELS.index(level) <= LEVELS.index(other)
