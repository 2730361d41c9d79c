"""The dispatch order (调拨单) as a table: who may take each step, and why.

What an order is promised is reserved when it is approved; picking only names the lots. In an emergency a commander lets it be
picked at once, and a manager approves it afterwards.
"""

from typing import Any, Final

from gridwhistle.common.machine import Machine, Step
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import Problem, Term
from gridwhistle.inventory.dispatch.limits import APPROVE, RESOLVE, SETTLE
from gridwhistle.inventory.dispatch.refusals import (
    CameToAStore,
    CountsAgree,
    IssuedByYou,
    NoEmergency,
    NothingToApprove,
    NotYourOrder,
    ResolvedByYou,
    SomethingIsMissing,
)

KEEPER, MANAGER, COMMANDER = (frozenset({role}) for role in ("warehouse_keeper", "inventory_manager", "emergency_commander"))
SYSTEM: Final = frozenset({"auto"})
REQUESTERS: Final = frozenset({"shelter_manager", "town_dispatcher", "county_duty"}) | MANAGER | COMMANDER
"""Who says what is needed: a shelter, a township, the county."""
RECEIVERS: Final = REQUESTERS | KEEPER
ORDER_ENDED: Final = ("rejected", "cancelled", "settled")
ISSUED_STATES: Final = ("picking", "issued", "in_transit", "received", "discrepancy", "resolving", "settled")


def _who_asked(order: Any, caller: Principal) -> Problem | None:
    return None if order.requested_by == caller.id or caller.roles & COMMANDER else NotYourOrder()


def _commander_in_emergency(order: Any, caller: Principal) -> Problem | None:
    is_emergency = order.priority == "emergency" or order.response_id is not None
    return None if is_emergency or caller.roles & MANAGER else NoEmergency()


def _emergency_alone(order: Any, _caller: Principal) -> Problem | None:
    return None if order.priority == "emergency" or order.response_id is not None else NoEmergency()


def _not_who_issued(order: Any, caller: Principal) -> Problem | None:
    return IssuedByYou() if order.issued_by == caller.id else None


def _not_who_resolved(order: Any, caller: Principal) -> Problem | None:
    return ResolvedByYou() if order.resolved_by == caller.id else None


def _all_came(order: Any, _caller: Principal) -> Problem | None:
    return None if order.discrepancy == "none" else SomethingIsMissing()


def _something_lacks(order: Any, _caller: Principal) -> Problem | None:
    return CountsAgree() if order.discrepancy == "none" else None


def _waits_for_approval(order: Any, _caller: Principal) -> Problem | None:
    return None if order.is_emergency_issue and order.post_approved_at is None else NothingToApprove()


def _came_to_a_place(order: Any, _caller: Principal) -> Problem | None:
    return CameToAStore() if order.to_kind == "storage_point" else None


DISPATCH: Final = Machine(
    Term("调拨单", "dispatch order"),
    (
        #    from           action             to             who                  why
        Step(None,          "draft",           "draft",       REQUESTERS,          "somebody says what is needed, and where"),
        Step(None,          "open",            "approved",    SYSTEM,              "a response was activated, and with it what its people need"),
        Step("draft",       "submit",          "submitted",   REQUESTERS,          "it is all that is needed", _who_asked),
        Step("submitted",   "approve",         "approved",    MANAGER | COMMANDER, "it is promised: reserved, what ends first first", _commander_in_emergency, approval=True),
        Step("submitted",   "reject",          "rejected",    MANAGER | COMMANDER, "it cannot be, or need not; the reason is written", _commander_in_emergency),
        Step("submitted",   "emergency_issue", "picking",     COMMANDER,           "lives do not wait for a signature; it follows within a day", _emergency_alone),
        Step("approved",    "pick",            "picking",     KEEPER,              "somebody fetches it from the shelves"),
        *(Step(state,       "reallocate",      state,         KEEPER | MANAGER,    "a lot is quarantined, expired or short: others are promised instead") for state in ("approved", "picking")),
        Step("picking",     "issue",           "issued",      KEEPER,              "it leaves the books of the store"),
        Step("issued",      "depart",          "in_transit",  KEEPER,              "a carrier has it; when it arrives is known"),
        Step("in_transit",  "receive",         "received",    RECEIVERS,           "who receives it counts it", _not_who_issued),
        Step("in_transit",  "lose",            "discrepancy", REQUESTERS | KEEPER, "it did not arrive"),
        Step("received",    "settle",          "settled",     RECEIVERS,           "all that was issued has come, and is good", _all_came),
        Step("received",    "dispute",         "discrepancy", RECEIVERS,           "something is missing or damaged", _something_lacks),
        Step("discrepancy", "resolve",         "resolving",   MANAGER,             "it is said what became of each piece"),
        Step("resolving",   "agree",           "settled",     RECEIVERS,           "who received it says the same", _not_who_resolved),
        Step("resolving",   "disagree",        "discrepancy", RECEIVERS,           "it was otherwise"),
        *(Step(state,       "post_approve",    state,         MANAGER,             "what a commander issued in an emergency is approved afterwards", _waits_for_approval, approval=True) for state in ISSUED_STATES),
        Step("settled",     "give_back",       "settled",     KEEPER,              "what was not used comes back to the store, and is inspected", _came_to_a_place),
        Step("approved",    "call_off",        "cancelled",   SYSTEM,              "the response that it was promised to is over, and nobody has begun to fetch it"),
        *(Step(state,       "cancel",          "cancelled",   REQUESTERS,          "it is not needed any more; what was promised is free again", _who_asked) for state in ("draft", "submitted", "approved", "picking")),
    ),
    zh={
        "draft": "草稿", "submitted": "待审批", "approved": "已批准", "rejected": "已驳回", "picking": "拣货中", "issued": "已出库",
        "in_transit": "运输中", "received": "已签收", "discrepancy": "有差异", "resolving": "差异待确认", "settled": "已结清", "cancelled": "已取消",
        "open": "随响应下达", "submit": "提交", "approve": "批准", "reject": "驳回", "emergency_issue": "应急先行出库", "pick": "拣货",
        "reallocate": "重新分配", "issue": "出库", "depart": "发运", "receive": "签收", "lose": "报失", "settle": "结清", "dispute": "提出异议",
        "resolve": "处理差异", "agree": "同意处理", "disagree": "不同意处理", "post_approve": "补批", "give_back": "退库", "cancel": "取消", "call_off": "随响应撤销",
    },
    clocks={"submitted": [APPROVE], "received": [SETTLE], "discrepancy": [RESOLVE], "resolving": [RESOLVE]},
)  # fmt: skip
