"""Grid personnel: areas, grids, workers and shifts; what may happen to them, who may do it, and why."""

from collections.abc import Sequence
from typing import Any, Final, Literal

from gridwhistle.common.machine import Machine, Step
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import Conflict, Forbidden, Invalid, Problem, Term

LEVELS: Final = {"county": 6, "township": 9, "community": 12}
"""How many digits of an area's code carry meaning; the rest are zeros."""

Employment = Literal["full_time", "part_time", "committee_member"]
RevokedFor = Literal["account_frozen", "worker_exited", "device_lost"]
"""Why tokens are revoked (吊销): 账号冻结, 离职, 设备丢失."""

WORKER: Final = frozenset({"grid_worker"})


class NotYourShift(Forbidden):
    """A shift belongs to the worker who works it."""

    code = "not_your_shift"
    zh, en = "只能由值班的网格员本人办理。", "Only the worker whose shift it is may do that."


class NotAssigned(Conflict):
    """The worker is not responsible for the grid."""

    code = "not_assigned"
    zh = "您未被分配到该网格;您的网格:{grids}。"
    en = "You are not assigned to that grid; yours are: {grids}."


class AlreadyOnShift(Conflict):
    """The worker is on shift."""

    code = "already_on_shift"
    zh, en = "您已在班;请先结束当前班次。", "You are on shift already; end that one first."


class AlreadyAssigned(Conflict):
    """The worker has the grid already."""

    code = "already_assigned"
    zh, en = "该网格员已负责这个网格。", "The worker is responsible for that grid already."


class CodeTaken(Conflict):
    """Another thing has the code."""

    code = "code_taken"
    zh, en = "该编码已被使用;编码在全县唯一。", "The code is taken; codes are unique."


class WrongLevel(Invalid):
    """The code's zeros do not fit the level."""

    code = "wrong_level"
    zh = "编码与层级不符:{level}的编码有效位为前 {digits} 位,其余为零。"
    en = "The code does not fit the level: of a {level} the first {digits} digits count and the rest are zeros."


class NothingToChange(Invalid):
    """The change says nothing."""

    code = "nothing_to_change"
    zh, en = "请至少填写一项要修改的内容。", "Say at least one thing that is to change."


def only_its_worker(shift: Any, caller: Principal) -> Problem | None:
    """Say no to everybody but the worker whose shift it is."""
    return None if str(shift.worker_id) == caller.id else NotYourShift()


SHIFT: Final = Machine(
    Term("班次", "shift"),
    (
        #    from   action   to       who     why
        Step(None, "start", "on", WORKER, "a worker is asked for checks only while on shift, and says when that is"),
        Step("on", "end", "ended", WORKER, "nobody is reached outside working time", only_its_worker),
    ),
    zh={"start": "上班", "on": "在班", "end": "下班", "ended": "已结束"},
)


def check_level(area_code: str, level: str) -> None:
    """Check that the code ends in zeros exactly below its level.

    Raises:
        WrongLevel: it does not.
    """
    digits = LEVELS[level]
    own, rest = area_code[digits - 3 : digits], area_code[digits:]
    if set(rest) - {"0"} or (level != "county" and own == "000"):
        names = {"county": "县", "township": "乡镇(街道)", "community": "村(社区)"}
        raise WrongLevel(level=Term(names[level], level), digits=digits)


def may_work_in(grid_code: str, assigned: Sequence[str]) -> None:
    """Check that a worker has the grid.

    Raises:
        NotAssigned: it is not among the assigned ones.
    """
    if grid_code not in assigned:
        raise NotAssigned(grids=[Term(code, code) for code in assigned])
