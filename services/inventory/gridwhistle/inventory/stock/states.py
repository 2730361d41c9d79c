"""Lots and counts (批次、盘点) as tables: who may take each step, and why."""

from typing import Any, Final

from gridwhistle.common.machine import Machine, Step
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import Problem, Term
from gridwhistle.inventory.stock.limits import EXPIRES, INSPECT, NEAR_FIRST, NEAR_SECOND
from gridwhistle.inventory.stock.refusals import NotNearExpiry, StillReserved

KEEPER, MANAGER, COMMANDER = (frozenset({role}) for role in ("warehouse_keeper", "inventory_manager", "emergency_commander"))
SYSTEM: Final = frozenset({"auto"})
LOT_ENDED: Final = ("rotated", "scrapped")


def _nothing_reserved(lot: Any, _caller: Principal) -> Problem | None:
    return StillReserved() if lot.reserved_qty else None


def _near_and_nothing_reserved(lot: Any, caller: Principal) -> Problem | None:
    return NotNearExpiry() if lot.near_expiry_days is None else _nothing_reserved(lot, caller)


LOT: Final = Machine(
    Term("批次", "lot"),
    (
        #    from              action           to                who                  why
        Step(None,             "receive",       "received",       KEEPER,              "it has come; whoever unloads it counts it"),
        Step(None,             "take_over",     "received",       MANAGER,             "it lay there when the books began; a keeper inspects it"),
        Step("received",       "inspect_ok",    "available",      KEEPER,              "a second person counts it, and finds the same", approval=True),
        Step("received",       "reject",        "quarantined",    KEEPER,              "something is wrong with it"),
        Step("quarantined",    "inspect_ok",    "available",      KEEPER,              "another person has looked at it again", approval=True),
        Step("available",      "quarantine",    "quarantined",    KEEPER | MANAGER,    "it was recalled, or looks bad; nothing of it is promised any more"),
        Step("available",      "near_expiry",   "available",      SYSTEM,              "its last day is near; it is given out first"),
        Step("available",      "expire",        "expired",        SYSTEM,              "its last day has come; it is given out no more"),
        Step("available",      "rotate",        "rotated",        MANAGER,             "it goes to daily use, or back to the supplier, before its last day", _near_and_nothing_reserved),
        Step("available",      "propose_scrap", "scrap_proposed", MANAGER,             "its last day is too near for any use; the first signature", _near_and_nothing_reserved),
        *(Step(state,          "propose_scrap", "scrap_proposed", MANAGER,             "it cannot be used; the first signature", _nothing_reserved) for state in ("quarantined", "expired")),
        Step("scrap_proposed", "approve_scrap", "scrapped",       MANAGER | COMMANDER, "the second signature", approval=True),
        Step("scrap_proposed", "refuse_scrap",  "quarantined",    MANAGER | COMMANDER, "somebody has to look again", approval=True),
    ),
    zh={
        "received": "待验收", "available": "可用", "quarantined": "隔离", "expired": "已过期", "rotated": "已轮换", "scrap_proposed": "待报废",
        "scrapped": "已报废", "receive": "入库清点", "take_over": "期初转入", "inspect_ok": "验收合格", "reject": "验收不合格", "quarantine": "隔离", "near_expiry": "临期提示",
        "expire": "到期", "rotate": "轮换", "propose_scrap": "提出报废", "approve_scrap": "同意报废", "refuse_scrap": "不同意报废",
    },
    clocks={"received": [INSPECT]},
    auto={NEAR_FIRST: "near_expiry", NEAR_SECOND: "near_expiry", EXPIRES: "expire"},
)  # fmt: skip
COUNT: Final = Machine(
    Term("盘点", "count"),
    (
        #    from       action      to           who      why
        Step(None,      "count",    "matched",   KEEPER,  "there is what there should be"),
        Step(None,      "differ",   "differing", KEEPER,  "there is more or less than there should be; a second person looks"),
        Step("differing", "adjust", "adjusted",  MANAGER, "the books follow what is there", approval=True),
        Step("differing", "dismiss", "dismissed", MANAGER, "it was counted wrongly, or something moved meanwhile", approval=True),
    ),
    zh={
        "count": "清点", "matched": "相符", "differ": "清点", "differing": "不符", "adjust": "调整", "adjusted": "已调整", "dismiss": "作废",
        "dismissed": "已作废",
    },
)  # fmt: skip
