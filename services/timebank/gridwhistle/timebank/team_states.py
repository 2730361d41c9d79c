"""Volunteer teams (平安志愿队) and what they do together: who may take each step, and why."""

from typing import Any, Final

from gridwhistle.common.machine import Machine, Step
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import Conflict, Forbidden, Problem, Term
from gridwhistle.timebank.limits import ROLL_CALL

CLERK, VOLUNTEER = frozenset({"station_clerk"}), frozenset({"volunteer"})


class NotTheLeader(Forbidden):
    """The leader speaks for a team."""

    code = "not_the_leader"
    zh, en = "只能由队长办理。", "The team's leader does this."


class LeaderStays(Conflict):
    """A team has a leader."""

    code = "leader_stays"
    zh, en = "队长不能退出;请先由网点更换队长。", "The leader cannot leave; have the station name another one first."


class OwnTeam(Forbidden):
    """Nobody confirms what their own team says of itself."""

    code = "own_team"
    zh, en = "不能核实自己所在的队伍,请由他人办理。", "You are of this team, so somebody else has to say so."


def _only_the_leader(row: Any, caller: Principal) -> Problem | None:
    return None if str(row.leader_id) == caller.id else NotTheLeader()


def _not_the_leader(row: Any, caller: Principal) -> Problem | None:
    return OwnTeam() if str(row.leader_id) == caller.id else None


def _unless_leader(row: Any, caller: Principal) -> Problem | None:
    return LeaderStays() if str(row.leader_id) == caller.id else None


TEAM: Final = Machine(
    Term("志愿队", "team"),
    (
        #    from      action      to           who        why
        Step(None,     "found",    "active",    CLERK,     "a station founds a team with a leader"),
        Step("active", "join",     "active",    VOLUNTEER, "somebody would like to be one of them"),
        Step("active", "welcome",  "active",    VOLUNTEER, "the leader says yes", _only_the_leader),
        Step("active", "leave",    "active",    VOLUNTEER, "somebody leaves, whenever they like", _unless_leader),
        Step("active", "name_leader", "active", CLERK,     "the station names another leader, one of the team"),
        Step("active", "donate",   "active",    VOLUNTEER, "what a team earns it can only give away, to the public pool", _only_the_leader),
        Step("active", "disband",  "disbanded", CLERK,     "it is over; what it has goes to the pool before"),
    ),
    zh={"active": "活动中", "disbanded": "已解散", "found": "成立", "join": "申请加入", "welcome": "同意加入", "leave": "退出",
        "name_leader": "更换队长", "donate": "捐赠", "disband": "解散"},
)  # fmt: skip

ACTIVITY: Final = Machine(
    Term("活动", "activity"),
    (
        #    from      action       to            who        why
        Step(None,     "plan",      "planned",    VOLUNTEER, "the leader says what the team will do, and when" ),
        Step("planned", "call_off", "called_off", VOLUNTEER, "it does not take place", _only_the_leader),
        Step("planned", "call_roll", "held",      VOLUNTEER, "the leader says who was there, and how long", _only_the_leader),
        Step("held",   "confirm_roll", "confirmed", CLERK,   "somebody else says that it was so: the team's minutes are issued", _not_the_leader),
        Step("held",   "return_roll", "planned",  CLERK,     "it was not so: the leader calls the roll again", _not_the_leader),
    ),
    zh={"planned": "已计划", "called_off": "已取消", "held": "待核实", "confirmed": "已核实", "plan": "发起", "call_off": "取消",
        "call_roll": "点名", "confirm_roll": "核实", "return_roll": "退回"},
    clocks={"held": [ROLL_CALL]},
)  # fmt: skip
