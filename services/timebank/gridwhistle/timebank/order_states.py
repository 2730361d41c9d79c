"""Orders and claims (订单、接单): what is asked for, and who took it on; who may take each step, and why.

An order is open as long as it has places; a claim is one person's place in it. Both are held by whoever claims, so that two who
race for the last place cannot both have it.
"""

from typing import Any, Final

from gridwhistle.common.machine import Machine, Step, both
from gridwhistle.common.problems import Term
from gridwhistle.timebank.limits import (
    CHECK_OUT,
    CONFIRM,
    DISPUTE,
    NO_SHOW,
    PANEL_DECIDES,
    REVIEW,
    SETTLE,
    WINDOW,
)
from gridwhistle.timebank.order_guards import (
    nobody_voted,
    not_ones_own,
    not_ones_own_need,
    on_the_panel,
    only_a_party,
    only_who_asks,
    only_who_serves,
    undisputed,
)

CLERK, VOLUNTEER, PANEL = frozenset({"station_clerk"}), frozenset({"volunteer"}), frozenset({"dispute_panel"})
ADMIN, SYSTEM = frozenset({"timebank_admin"}), frozenset({"auto"})
ASKERS: Final = frozenset({"resident", "volunteer", "station_clerk"})
"""Who asks for a service: whom it is for, a relative, or a clerk for somebody old. Volunteers are served as well."""
ORDER_ENDED: Final = ("refused", "closed", "expired", "cancelled")
CLAIM_ENDED: Final = ("closed", "voided", "cancelled", "no_show", "lapsed")
"""States in which nobody has to do anything any more."""


def _is_last(order: Any) -> bool:
    return bool(order.people_taken + 1 >= order.people_needed)


def _is_untaken(order: Any) -> bool:
    return not order.people_taken


ORDER: Final = Machine(
    Term("订单", "order"),
    (
        #    from         action         to           who             why
        Step(None,        "request",     "requested", ASKERS,         "somebody needs a hand; whoever is old may let the station say so"),
        Step(None,        "open",        "published", CLERK | SYSTEM, "many hands are needed for all, or in an emergency: nobody has to review that"),
        Step(None,        "record",      "full",      SYSTEM,         "it was done elsewhere in the house, which tells of it once"),
        Step("requested", "publish",     "published", CLERK,          "it is in the catalogue, its risk is low, and somebody pays; nobody sees the address yet", not_ones_own_need),
        Step("requested", "refuse",      "refused",   CLERK,          "it cannot be done so; the reason is written", not_ones_own_need),
        Step("published", "claim",       "full",      VOLUNTEER,      "the last place is taken", when=_is_last),
        Step("published", "claim",       "published", VOLUNTEER,      "a place is taken, and others are left"),
        Step("published", "free",        "published", SYSTEM,         "somebody gave their place back"),
        Step("full",      "free",        "published", SYSTEM,         "somebody gave their place back, and there is time for another"),
        Step("published", "window_over", "expired",   SYSTEM,         "nobody came forward; the station calls whoever asked", when=_is_untaken),
        Step("published", "window_over", "full",      SYSTEM,         "nobody can come forward any more"),
        Step("full",      "close",       "expired",   SYSTEM,         "everybody who had come forward gave their place back", when=_is_untaken),
        Step("full",      "close",       "closed",    SYSTEM,         "everybody's part in it is over"),
        *(Step(state,     "cancel",      "cancelled", ASKERS,         "it is not needed any more", only_who_asks) for state in ("requested", "published", "full")),
    ),
    zh={
        "requested": "待审核", "refused": "未通过", "published": "招募中", "full": "停止报名", "closed": "已完结", "expired": "无人接单",
        "cancelled": "已取消",
        "request": "提出需求", "open": "发布", "record": "记录", "publish": "审核并发布", "refuse": "不通过", "claim": "接单", "free": "释放名额",
        "window_over": "报名截止", "close": "完结", "cancel": "取消",
    },
    clocks={"requested": [REVIEW], "published": [WINDOW]},
    auto={WINDOW: "window_over"},
)  # fmt: skip


def _undecided(claim: Any) -> bool:
    return claim.verdict is None


def _void(claim: Any) -> bool:
    return bool(claim.verdict == "void")


CLAIM: Final = Machine(
    Term("接单", "claim"),
    (
        #    from           action          to             who             why
        Step(None,          "claim",        "claimed",     VOLUNTEER,      "somebody comes forward, and is fit for it"),
        Step(None,          "record",       "checked_out", SYSTEM,         "it was done elsewhere in the house, which tells of it once"),
        Step("claimed",     "confirm",      "confirmed",   ASKERS,         "whom it is for says yes: minutes are held, and the address is told", only_who_asks),
        Step("claimed",     "decline",      "lapsed",      ASKERS,         "whom it is for would rather have somebody else", only_who_asks),
        Step("claimed",     "lapse",        "lapsed",      SYSTEM,         "nobody answered within a day: the place is free again"),
        Step("claimed",     "cancel",       "cancelled",   ASKERS,         "who came forward cannot come after all, or it is not needed", only_a_party),
        Step("confirmed",   "cancel",       "cancelled",   ASKERS,         "it falls through; what was held goes back, and late is noted as late", only_a_party),
        Step("confirmed",   "check_in",     "checked_in",  VOLUNTEER,      "who came forward is there in person", only_who_serves),
        Step("confirmed",   "admit",        "checked_in",  CLERK,          "a clerk sees that who came forward is there", not_ones_own),
        Step("confirmed",   "no_show",      "no_show",     SYSTEM,         "half an hour has passed, and nobody came; what was held goes back"),
        Step("confirmed",   "lapse",        "lapsed",      SYSTEM,         "half an hour has passed, and who was frozen could not come; what was held goes back"),
        Step("checked_in",  "check_out",    "checked_out", VOLUNTEER,      "it is done", only_who_serves),
        Step("checked_in",  "no_check_out", "checked_out", CLERK,          "who forgot is called; no more counts than was agreed", not_ones_own),
        Step("checked_out", "settle",       "settled",     ASKERS | SYSTEM, "whom it was for says that it was done, or two proofs do after three days", only_who_asks),
        *(Step(state,       "dispute",      "disputed",    ASKERS,         "one side says that it was otherwise", both(only_a_party, undisputed)) for state in ("checked_out", "settled")),
        Step("no_show",     "dispute",      "disputed",    ASKERS,         "one side says that somebody came", both(only_a_party, undisputed)),
        Step("disputed",    "convene",      "disputed",    ADMIN,          "three who have nothing to do with it are to decide", nobody_voted),
        Step("disputed",    "decide",       "disputed",    PANEL,          "one of the three has voted, and no two agree yet", on_the_panel, when=_undecided),
        Step("disputed",    "decide",       "voided",      PANEL,          "two of the three say that it does not count: its minutes go back", on_the_panel, when=_void),
        Step("disputed",    "decide",       "settled",     PANEL,          "two of the three say what it is worth", on_the_panel),
        Step("settled",     "close",        "closed",      SYSTEM,         "the days for a dispute are over, and the minutes can be spent"),
        *(Step(state,       "rate",         state,         ASKERS,         "each side says how it was", only_a_party) for state in ("settled", "closed")),
        Step("settled",     "choose",       "settled",     VOLUNTEER,      "what is above a cap goes where who earned it says", only_who_serves),
    ),
    zh={
        "claimed": "待确认", "confirmed": "已确认", "checked_in": "服务中", "checked_out": "待核实", "settled": "已结算", "closed": "已完结",
        "disputed": "争议中", "voided": "已作废", "cancelled": "已取消", "no_show": "爽约", "lapsed": "已失效",
        "claim": "接单", "record": "记录", "confirm": "确认", "decline": "不选用", "lapse": "逾期失效", "cancel": "取消", "check_in": "签到", "admit": "代为签到",
        "check_out": "签退", "no_check_out": "补签退", "settle": "核实结算", "dispute": "提出争议", "convene": "组成评议小组", "decide": "评议",
        "close": "完结", "rate": "评价", "choose": "选择超额去向",
    },
    clocks={
        "claimed":     [CONFIRM],
        "confirmed":   [NO_SHOW],
        "checked_in":  [CHECK_OUT],
        "checked_out": [SETTLE],
        "disputed":    [PANEL_DECIDES],
        "settled":     [DISPUTE],
    },
    auto={CONFIRM: "lapse", NO_SHOW: "no_show", DISPUTE: "close"},
)  # fmt: skip
"""What is in `auto` happens by itself; of check-out and settling a clerk is told, and two proofs settle without anybody."""
