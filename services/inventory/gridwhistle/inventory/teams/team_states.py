"""The life of a team, of its part in a mobilisation, and of a social organisation: who may take each step, and why."""

from typing import Any, Final

from gridwhistle.common.machine import AUTO, Machine, Step
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import Problem, Term
from gridwhistle.inventory.teams.domain import ACK, REST, NotYourTeam

OFFICE, COMMANDER = frozenset({"inventory_manager"}), frozenset({"emergency_commander"})
LEADER, BY_ITSELF = frozenset({"team_leader"}), frozenset({AUTO})
AT_HOME: Final = ("ready", "unavailable", "resting")


def _only_the_leader(row: Any, caller: Principal) -> Problem | None:
    return None if row.leader_id == caller.id else NotYourTeam()


def _office_or_the_leader(row: Any, caller: Principal) -> Problem | None:
    return None if caller.roles & OFFICE else _only_the_leader(row, caller)


RESPONSE_TEAM: Final = Machine(
    Term("应急队伍", "response team"),
    (
        #    from          action       to             who               why
        Step(None,         "enrol",     "ready",       OFFICE,           "the county's emergency body writes it down"),
        *(Step(state, action, state, OFFICE | LEADER, why, _office_or_the_leader)
          for action, states, why in (
              ("join",   AT_HOME,                  "an adult joins"),
              ("part",   AT_HOME,                  "somebody leaves"),
              ("insure", (*AT_HOME, "mobilized"),  "somebody is insured until a day"),
          ) for state in states),
        *(Step(state, "name_leader", state, OFFICE, "another one leads it") for state in AT_HOME),
        Step("ready",      "pause",     "unavailable", OFFICE | LEADER,  "it cannot come", _office_or_the_leader),
        Step("unavailable", "resume",   "ready",       OFFICE | LEADER,  "it can come again", _office_or_the_leader),
        Step("ready",      "mobilize",  "mobilized",   COMMANDER | BY_ITSELF, "it is called, by one mobilisation at a time"),
        Step("mobilized",  "free",      "ready",       BY_ITSELF,        "it was called and not needed"),
        Step("mobilized",  "rest",      "resting",     BY_ITSELF,        "it was on site, and rests"),
        Step("resting",    "rested",    "ready",       BY_ITSELF,        "its hours of rest are over"),
        *(Step(state, "disband", "disbanded", OFFICE, "it is over") for state in AT_HOME),
    ),
    zh={"ready": "待命", "unavailable": "暂不可用", "mobilized": "已动员", "resting": "休整", "disbanded": "已解散", "enrol": "登记",
        "join": "入队", "part": "离队", "insure": "投保", "name_leader": "更换负责人", "pause": "报停", "resume": "恢复", "mobilize": "动员",
        "free": "解除动员", "rest": "转入休整", "rested": "休整结束", "disband": "解散"},
    clocks={"resting": [REST]},
    auto={REST: "rested"},
)  # fmt: skip

MOBILIZED_TEAM: Final = Machine(
    Term("队伍动员", "mobilized team"),
    (
        #    from          action        to            who              why
        Step(None,         "order",      "ordered",    COMMANDER | BY_ITSELF, "a response calls it"),
        Step("ordered",    "ack",        "assembling", LEADER,          "the leader says yes, within half an hour", _only_the_leader),
        Step("assembling", "arrive",     "onsite",     LEADER,          "roll call: so many are there, adults and insured", _only_the_leader),
        Step("onsite",     "call_roll",  "onsite",     LEADER,          "roll call again", _only_the_leader),
        Step("assembling", "stand_down", "released",   LEADER,          "it cannot come after all, or need not", _only_the_leader),
        *(Step(state, "call_off", "released", COMMANDER | BY_ITSELF, "it is not needed") for state in ("ordered", "assembling")),
        Step("onsite",     "release",    "released",   COMMANDER,       "it goes home: everybody is looked at, and rests"),
    ),
    zh={"ordered": "已下达", "assembling": "集结中", "onsite": "在场", "released": "已解除", "order": "下达", "ack": "确认",
        "arrive": "到场", "call_roll": "点名", "stand_down": "撤回", "call_off": "取消", "release": "撤离"},
    clocks={"ordered": [ACK]},
)  # fmt: skip

SOCIAL_ORGANISATION: Final = Machine(
    Term("社会应急力量", "social organisation"),
    (
        #    from         action     to           who         why
        Step(None,        "list",    "listed",    OFFICE,     "it says what it can give, and how it is called in"),
        Step("listed",    "call_in", "called_in", COMMANDER,  "the commander calls it in, as it was agreed"),
        Step("called_in", "release", "listed",    COMMANDER,  "it was thanked, and goes home"),
        Step("listed",    "strike",  "struck",    OFFICE,     "it helps no more"),
    ),
    zh={"listed": "在册", "called_in": "已调用", "struck": "已除名", "list": "登记", "call_in": "调用", "release": "撤离", "strike": "除名"},
)  # fmt: skip
