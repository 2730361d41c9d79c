"""Transfers between relatives (亲情转赠): who may take each step, and why."""

from typing import Any, Final

from gridwhistle.common.machine import Machine, Step
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import Forbidden, Problem, Term
from gridwhistle.timebank.limits import TRANSFER_ANSWER

SELF, SYSTEM = frozenset({"volunteer", "resident"}), frozenset({"auto"})


class NotYourGift(Forbidden):
    """Who gives takes back, and who is given to accepts."""

    code = "not_your_gift"
    zh, en = "只能由转赠的另一方办理。", "That is for the other side of this transfer."


def _only_who_gets(transfer: Any, caller: Principal) -> Problem | None:
    return None if str(transfer.to_id) == caller.id else NotYourGift()


def _only_who_gives(transfer: Any, caller: Principal) -> Problem | None:
    return None if str(transfer.from_id) == caller.id else NotYourGift()


TRANSFER: Final = Machine(
    Term("转赠", "transfer"),
    (
        #    from       action       to           who     why
        Step(None,      "offer",     "offered",   SELF,   "somebody gives minutes to one of their family"),
        Step("offered", "accept",    "accepted",  SELF,   "the other side agrees, and only then do minutes move", _only_who_gets),
        Step("offered", "decline",   "declined",  SELF,   "the other side does not want them", _only_who_gets),
        Step("offered", "withdraw",  "withdrawn", SELF,   "who gives has thought better of it", _only_who_gives),
        Step("offered", "lapse",     "lapsed",    SYSTEM, "nobody answered"),
    ),
    zh={"offered": "待对方接受", "accepted": "已转赠", "declined": "已谢绝", "withdrawn": "已撤回", "lapsed": "已失效",
        "offer": "转赠", "accept": "接受", "decline": "谢绝", "withdraw": "撤回", "lapse": "逾期失效"},
    clocks={"offered": [TRANSFER_ANSWER]},
    auto={TRANSFER_ANSWER: "lapse"},
)  # fmt: skip
