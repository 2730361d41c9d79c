"""The life of a shelter (避难场所) and of a support point (保障点): who may take each step, and why."""

from typing import Any, Final

from gridwhistle.common.machine import AUTO, Machine, Step
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import Problem, Term
from gridwhistle.inventory.places.domain import IN_USE, STANDBY, AreaUnknown, StillThere

OFFICE, COMMANDER = frozenset({"inventory_manager"}), frozenset({"emergency_commander"})
SHELTER_MANAGER, BY_ITSELF = frozenset({"shelter_manager"}), frozenset({AUTO})
OCCUPIED: Final = ("open", "full", "closing")


def _measured(shelter: Any, _caller: Principal) -> Problem | None:
    return None if shelter.capacity else AreaUnknown()


def _empty(shelter: Any, _caller: Principal) -> Problem | None:
    return StillThere(people=shelter.people) if shelter.people else None


SHELTER: Final = Machine(
    Term("避难场所", "shelter"),
    (
        #    from        action        to          who              why
        Step(None,       "register",   "planned",  OFFICE,          "the county's emergency body writes it down"),
        Step("planned",  "accept",     "ready",    OFFICE,          "it is fit for use; how many it holds follows from its area", _measured),
        Step("ready",    "propose",    "proposed", BY_ITSELF,       "a warning or a response says that it may be needed"),
        Step("proposed", "pass_over",  "ready",    COMMANDER | BY_ITSELF, "it is not needed"),
        Step("proposed", "stand_by",   "standby",  COMMANDER,       "a person confirms what was proposed"),
        Step("ready",    "stand_by",   "standby",  COMMANDER,       "it may be needed"),
        Step("standby",  "stand_down", "ready",    COMMANDER,       "it was not needed"),
        Step("standby",  "open",       "open",     SHELTER_MANAGER, "people may come: address and way are published"),
        *(Step(state, action, state, SHELTER_MANAGER, why)
          for action, states, why in (
              ("admit",   ("open", "full"), "so many came; numbers, never names. Nobody who stands there is refused by a number"),
              ("let_go",  OCCUPIED,         "so many left"),
              ("recount", OCCUPIED,         "so many are there now"),
          ) for state in states),
        Step("open",     "fill",       "full",     BY_ITSELF,       "as many are there as it holds; the next nearest is named"),
        Step("full",     "relieve",    "open",     BY_ITSELF,       "there is room again"),
        *(Step(state, "close", "closing", COMMANDER, "it is not needed any more, or its days are over") for state in ("open", "full")),
        Step("closing",  "restore",    "ready",    SHELTER_MANAGER, "all have left, stock is counted, paper lists are destroyed", _empty),
        *(Step(state, "retire", "retired", OFFICE, "it is a shelter no more") for state in ("planned", "ready")),
    ),
    zh={"planned": "规划中", "ready": "可用", "proposed": "建议待命", "standby": "待命", "open": "开放", "full": "满员",
        "closing": "关闭中", "retired": "已撤销", "register": "登记", "accept": "验收", "propose": "建议", "pass_over": "不采纳",
        "stand_by": "转入待命", "stand_down": "解除待命", "admit": "入住", "let_go": "离开", "recount": "清点", "fill": "满额",
        "relieve": "腾出", "close": "关闭", "restore": "恢复", "retire": "撤销"},
    clocks={"proposed": [STANDBY], "open": [IN_USE], "full": [IN_USE]},
)  # fmt: skip

SUPPORT_POINT: Final = Machine(
    Term("保障点", "support point"),
    (
        #    from            action      to              who                         why
        Step(None,           "add",      "available",    OFFICE,                     "the county's emergency body writes it down"),
        Step("available",    "take_up",  "in_use",       COMMANDER | SHELTER_MANAGER, "it is needed"),
        Step("in_use",       "give_back", "available",   COMMANDER | SHELTER_MANAGER, "it is not needed any more"),
        *(Step(state, "fail", "out_of_order", OFFICE | SHELTER_MANAGER, "it does not work, or has nothing to give") for state in ("available", "in_use")),
        Step("out_of_order", "mend",     "available",    OFFICE | SHELTER_MANAGER,   "it works again"),
        *(Step(state, "withdraw", "withdrawn", OFFICE, "it is there no more") for state in ("available", "out_of_order")),
    ),
    zh={"available": "可用", "in_use": "使用中", "out_of_order": "故障", "withdrawn": "已撤销", "add": "登记", "take_up": "启用",
        "give_back": "归还", "fail": "报障", "mend": "修复", "withdraw": "撤销"},
)  # fmt: skip
