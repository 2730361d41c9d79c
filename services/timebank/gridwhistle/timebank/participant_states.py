"""Participants and relatives (参与人、亲属关系): what may happen to them, who may do it, and why."""

from typing import Any, Final

from gridwhistle.common.machine import Machine, Step
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import Forbidden, Problem, Term
from gridwhistle.timebank.limits import FREEZE

CLERK, ADMIN, SYSTEM = frozenset({"station_clerk"}), frozenset({"timebank_admin"}), frozenset({"auto"})
SELF: Final = frozenset({"volunteer", "resident"})


class NotYourself(Forbidden):
    """Some things one does for oneself."""

    code = "not_yourself"
    zh, en = "只能由本人办理。", "Only they themselves do this."


class AboutYourself(Forbidden):
    """Nobody enters, checks or lifts anything about themselves."""

    code = "about_yourself"
    zh, en = "事项涉及您本人,须由他人办理。", "This is about yourself, so somebody else has to do it."


class OtherSideAgrees(Forbidden):
    """Who asked does not answer."""

    code = "other_side_agrees"
    zh, en = "须由对方本人确认。", "The other side has to agree."


def _only_oneself(participant: Any, caller: Principal) -> Problem | None:
    if caller.roles & CLERK:
        return None
    return None if str(participant.id) == caller.id else NotYourself()


def _only_the_other_side(link: Any, caller: Principal) -> Problem | None:
    return None if str(link.other_id) == caller.id else OtherSideAgrees()


def _only_a_side(link: Any, caller: Principal) -> Problem | None:
    if caller.roles & CLERK:
        return None
    return None if caller.id in {str(link.asked_by_id), str(link.other_id)} else NotYourself()


def not_about_oneself(participant: Any, caller: Principal) -> Problem | None:
    """Say no to whom it is about, whatever their role."""
    return AboutYourself() if str(participant.id) == caller.id else None


def _not_between_oneself(link: Any, caller: Principal) -> Problem | None:
    return AboutYourself() if caller.id in {str(link.asked_by_id), str(link.other_id)} else None


PARTICIPANT: Final = Machine(
    Term("参与人", "participant"),
    (
        #    from      action      to        who            why
        Step(None,     "register", "active", CLERK,         "a station knows who somebody is; no identity number is kept"),
        Step("active", "freeze",   "frozen", ADMIN,         "something is looked into; it ends by itself", not_about_oneself),
        Step("frozen", "unfreeze", "active", ADMIN | SYSTEM, "a person has looked, or its days are over", not_about_oneself),
        Step("active", "resume_claims", "active", CLERK,    "a person has looked at why somebody did not come", not_about_oneself),
        Step("active", "close",    "closed", CLERK | SELF,  "somebody leaves; what is personal goes when the law lets it", _only_oneself),
    ),
    zh={"active": "正常", "frozen": "冻结", "closed": "已注销", "register": "登记", "freeze": "冻结", "unfreeze": "解冻",
        "resume_claims": "恢复接单", "close": "注销"},
    clocks={"frozen": [FREEZE]},
    auto={FREEZE: "unfreeze"},
)  # fmt: skip

LINK: Final = Machine(
    Term("亲属关系", "relative"),
    (
        #    from      action   to         who            why
        Step(None,     "link",  "asked",   SELF,          "somebody says who of their family may have their minutes"),
        Step("asked",  "agree", "agreed",  SELF,          "the other side agrees: both have to", _only_the_other_side),
        Step("agreed", "check", "checked", CLERK,         "a clerk has seen a proof, and keeps no copy", _not_between_oneself),
        *(Step(state,  "end",   "ended",   SELF | CLERK,  "either side ends it whenever they like", _only_a_side) for state in ("asked", "agreed", "checked")),
    ),
    zh={"asked": "待对方确认", "agreed": "待核实", "checked": "已核实", "ended": "已解除", "link": "申请关联", "agree": "同意", "check": "核实",
        "end": "解除"},
)  # fmt: skip
