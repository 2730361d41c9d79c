"""Committees and mediators: who may take each step, and why."""

from typing import Any, Final

from gridwhistle.common.machine import Machine, Step
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import Problem, Term
from gridwhistle.mediation.committees.refusals import AboutYourself
from gridwhistle.mediation.limits import FILE_COMMITTEE

OFFICE, CHAIR = frozenset({"judicial_office"}), frozenset({"mediation_chair"})
BOTH: Final = OFFICE | CHAIR
SYSTEM: Final = frozenset({"auto"})


def not_oneself(mediator: Any, caller: Principal) -> Problem | None:
    """Say no to the mediator whom it is about."""
    return AboutYourself() if str(mediator.id) == caller.id else None


COMMITTEE: Final = Machine(
    Term("人民调解委员会", "committee"),
    (
        #    from       action        to           who     why
        Step(None,      "set_up",     "forming",   BOTH,   "a village, community, township, enterprise or industry sets one up"),
        *(Step(state,   "name_chair", target,      BOTH,   "one of its members is in the chair") for state, target in (("forming", "forming"), ("filed", "changed"), ("changed", "changed"))),
        *(Step(state,   "elect",      target,      BOTH,   "its members are elected anew, for three years") for state, target in (("forming", "forming"), ("filed", "changed"), ("changed", "changed"))),
        *(Step(state,   "alter",      target,      BOTH,   "its name, its seal or its trades are others") for state, target in (("forming", "forming"), ("filed", "changed"), ("changed", "changed"))),
        *(Step(state,   "file",       "filed",     OFFICE, "the judicial bureau has it on file, and tells the local court") for state in ("forming", "changed")),
        *(Step(state,   "dissolve",   "dissolved", OFFICE, "there is none any more; nothing of it is open") for state in ("forming", "filed", "changed")),
    ),
    zh={
        "forming": "待备案", "filed": "已备案", "changed": "变更待备案", "dissolved": "已撤销",
        "set_up": "设立", "name_chair": "确定主任", "elect": "换届", "alter": "变更", "file": "备案", "dissolve": "撤销",
    },
    clocks={"forming": [FILE_COMMITTEE], "changed": [FILE_COMMITTEE]},
)  # fmt: skip

MEDIATOR: Final = Machine(
    Term("调解员", "mediator"),
    (
        #    from       action      to          who     why
        Step(None,      "register", "active",   BOTH,   "somebody of age who is fair and knows some law is elected, appointed or invited"),
        Step("active",  "pause",    "paused",   BOTH | SYSTEM, "they cannot for some time, or have left their grid: the committee says how it goes on", not_oneself),
        Step("paused",  "resume",   "active",   BOTH,   "they can again", not_oneself),
        *(Step(state,   "recall",   "recalled", BOTH,   "bias, insult, gain or a leak, or their time is over", not_oneself) for state in ("active", "paused")),
    ),
    zh={"active": "在册", "paused": "暂停", "recalled": "已罢免或解聘", "register": "登记", "pause": "暂停", "resume": "恢复", "recall": "罢免或解聘"},
)  # fmt: skip
