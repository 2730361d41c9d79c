"""Grid personnel: areas, grids, workers and shifts; what may happen to them, who may do it, and why."""

from collections.abc import Sequence
from typing import Any, Final, Literal

from gridwhistle.common.machine import Machine, Step
from gridwhistle.common.presets import Preset
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import Conflict, Forbidden, Invalid, Problem, Term

LEVELS: Final = {"county": 6, "township": 9, "community": 12}
"""How many digits of an area's code carry meaning; the rest are zeros."""

AdjustReason = Literal["first_drawing", "community_resized", "large_demolition", "population_moved", "other"]
"""Why a grid is drawn anew: 首次划分, 村(社区)规模调整, 大规模征地拆迁, 人口大量流动, 其他."""
RevokedFor = Literal["account_frozen", "worker_exited", "device_lost"]
"""Why tokens are revoked (吊销): 账号冻结, 离职, 设备丢失."""

PRESETS: Final = (
    Preset("grid.households_min", 300, "households", "Zhoushan 2023 art. 9", "Of a general grid; said, not enforced."),
    Preset("grid.households_max", 500, "households", "Zhoushan 2023 art. 9", "Of a general grid; said, not enforced."),
    Preset("micro_grid.households_min", 50, "households", "Zhoushan 2023 art. 9", "Said, not enforced."),
    Preset("micro_grid.households_max", 80, "households", "Zhoushan 2023 art. 9", "Said, not enforced."),
    Preset("grid.full_time_min", 1, "workers", "INF", "Of a general grid; said, not enforced."),
)
ON_SHIFT: Final = frozenset({"grid_worker"})
TOWN: Final = frozenset({"town_admin", "county_admin"})
COUNTY: Final = frozenset({"county_admin"})
CITY: Final = frozenset({"city_admin"})
APPLICATIONS: Final = frozenset({"integrator"})


class NotYourShift(Forbidden):
    """A shift belongs to the worker who works it."""

    code = "not_your_shift"
    zh, en = "只能由值班的网格员本人办理。", "Only the worker whose shift it is may do that."


class NotAssigned(Conflict):
    """The worker is not responsible for the grid."""

    code = "not_assigned"
    zh = "该网格员未被分配到该网格;已分配的网格:{grids}。"
    en = "The worker is not assigned to that grid; assigned are: {grids}."


class AlreadyOnShift(Conflict):
    """The worker is on shift."""

    code = "already_on_shift"
    zh, en = "您已在班;请先结束当前班次。", "You are on shift already; end that one first."


class EndsBeforeItBegins(Invalid):
    """What is told of the past ended after it had begun."""

    code = "ends_before_it_begins"
    zh, en = "结束时间(As-Of)不得早于开始时间。", "It would end before it begins: say a later As-Of, or leave it out."


class AlreadyAssigned(Conflict):
    """The worker has the grid already."""

    code = "already_assigned"
    zh, en = "该网格员已负责这个网格。", "The worker is responsible for that grid already."


class EnoughGrids(Conflict):
    """As many as events can tell of."""

    code = "enough_grids"
    zh, en = "每名网格员最多负责 {most} 个网格。", "A worker is responsible for {most} grids at most."


class CodeTaken(Conflict):
    """Another thing has the code."""

    code = "code_taken"
    zh, en = "该编码已被使用;编码在全县唯一。", "The code is taken; codes are unique."


class WrongLevel(Invalid):
    """The code's zeros do not fit the level."""

    code = "wrong_level"
    zh = "编码与层级不符:{level}的编码有效位为前 {digits} 位,其余为零。"
    en = "The code does not fit the level: of a {level} the first {digits} digits count and the rest are zeros."


class UnknownArea(Invalid):
    """There is no such area, or it is one no more."""

    code = "unknown_area"
    zh, en = "没有这个代码的区划,或已撤销;请先新增区划。", "There is no area of that code, or it was retired; add it first."


class UnknownOrg(Invalid):
    """There is no such organisation, or it is one no more."""

    code = "unknown_org"
    zh, en = "没有这个单位,或已撤销;请先新增单位。", "There is no such organisation, or it was retired; add it first."


class WhichArea(Invalid):
    """Of several areas none is meant by itself: what is revoked in one of them is good in the others."""

    code = "which_area"
    zh, en = (
        "您管辖多个区域,请填写 area_code。",
        "You are responsible for several areas: say with area_code which one is meant.",
    )


class OfAnotherLevel(Invalid):
    """Who works in an area works in what it became: a community that became a county would give them all of it."""

    code = "of_another_level"
    zh, en = "只能并入同级区划(县、乡镇或社区)。", "An area is merged into one of its own level: county, township or community."


class IntoItself(Invalid):
    """What is merged ends."""

    code = "area_into_itself"
    zh, en = "区划不能并入自身。", "An area is not merged into itself."


class AlreadyRetired(Conflict):
    """What is retired does not change any more."""

    code = "already_retired"
    zh, en = "该区划或单位已撤销,不能再修改。", "It was retired, so it can no longer be changed."


class NotInGrid(Invalid):
    """A micro-grid's code begins with that of its grid."""

    code = "not_in_grid"
    zh, en = "微网格编码须以网格编码 {grid} 开头。", "The code of a micro-grid begins with that of its grid, {grid}."


class NotDrawn(Conflict):
    """Only what is not filed yet can be changed."""

    code = "not_being_drawn"
    zh = "已备案的网格须先发起调整(adjust),再修改草案。"
    en = "What is filed or agreed is not changed: begin an adjustment (adjust), and change its draft."


class NotSigned(Conflict):
    """Who works has signed the contract and the undertaking of confidentiality."""

    code = "not_signed"
    zh = "上岗前须登记劳动合同和保密承诺书的签订日期。"
    en = "Before a worker begins, say when the contract and the undertaking of confidentiality were signed."


class ContractEndsTooSoon(Invalid):
    """A contract ends after it begins."""

    code = "contract_ends_too_soon"
    zh, en = "合同终止日期不得早于起始日期。", "The contract may not end before it begins."


class GridRetired(Conflict):
    """Nobody is responsible for a grid that is no more."""

    code = "grid_retired"
    zh, en = "网格 {grid} 已撤销,不能再指派网格员。", "Grid {grid} is retired; nobody can be made responsible for it any more."


class NotActive(Conflict):
    """The worker does not work now."""

    code = "not_active"
    zh, en = "该网格员不在岗(状态:{state})。", "The worker is not active; the state is: {state}."


def only_its_worker(shift: Any, caller: Principal) -> Problem | None:
    """Say no to everybody but the worker whose shift it is."""
    return None if str(shift.worker_id) == caller.id else NotYourShift()


SHIFT: Final = Machine(
    Term("班次", "shift"),
    (
        #    from   action   to       who     why
        Step(None, "start", "on", ON_SHIFT, "a worker is asked for checks only while on shift, and says when that is"),
        Step("on", "end", "ended", ON_SHIFT, "nobody is reached outside working time", only_its_worker),
        Step("on", "stop", "ended", TOWN, "a worker who is suspended, has left or forgot is on no shift"),
    ),
    zh={"start": "上班", "on": "在班", "end": "下班", "stop": "代为下班", "ended": "已结束"},
)


def has_signed(worker: Any, _caller: Principal) -> Problem | None:
    """Say no while the contract or the undertaking of confidentiality is not signed."""
    return None if worker.contract_signed_on and worker.confidentiality_signed_on else NotSigned()


GRID: Final = Machine(
    Term("网格", "grid"),
    (
        #    from         action       to           who            why
        Step(None, "draw", "draft", TOWN, "the township draws it, since it knows the land"),
        Step(None, "take_over", "filed", COUNTY | APPLICATIONS, "grids that were filed before are taken over as they are"),
        Step("draft", "agree", "agreed", COUNTY, "the county's grid body agrees, so that no two townships draw one land"),
        Step("agreed", "file", "filed", CITY, "the city's body takes it on file; from then on it is responsible"),
        Step("filed", "adjust", "adjusting", TOWN, "it holds as it was filed until its new version is filed"),
        Step("adjusting", "file", "filed", CITY, "the new version holds from here on, the old one until here"),
        Step("filed", "retire", "retired", COUNTY, "what lies in no grid any more is nobody's by oversight"),
        Step("draft", "retire", "retired", TOWN, "a draft may come to nothing"),
        Step("agreed", "retire", "retired", COUNTY, "and so may what was agreed"),
    ),
    zh={
        "draw": "划分",
        "take_over": "沿用",
        "draft": "草案",
        "agree": "同意",
        "agreed": "已同意",
        "file": "备案",
        "filed": "已备案",
        "adjust": "调整",
        "adjusting": "调整中",
        "retire": "撤销",
        "retired": "已撤销",
    },
)
WORKER: Final = Machine(
    Term("网格员", "grid worker"),
    (
        #    from          action            to           who   why
        Step(None, "apply", "applied", TOWN, "the selection is open: who applies is on record"),
        Step(None, "nominate", "applied", TOWN, "a community names whom it knows"),
        Step(None, "take_over", "active", TOWN, "who works already is taken over as they are"),
        Step("applied", "start_training", "training", TOWN, "nobody begins untaught"),
        Step("applied", "reject", "rejected", TOWN, "an applicant hears an answer"),
        Step("training", "pass", "ready", TOWN, "the training is done"),
        Step("training", "reject", "rejected", TOWN, "the training was not passed"),
        Step("ready", "activate", "active", TOWN, "from here on they are told of as responsible", has_signed),
        Step("active", "suspend", "suspended", TOWN, "they keep their grids and work in none"),
        Step("suspended", "resume", "active", TOWN, "they work again"),
        Step("active", "renew", "active", TOWN, "the contract goes on"),
        Step("active", "exit", "exited", TOWN, "their access ends at once"),
        Step("suspended", "exit", "exited", TOWN, "their access ends at once"),
    ),
    zh={
        "apply": "报名",
        "nominate": "推荐",
        "take_over": "沿用",
        "applied": "已报名",
        "start_training": "开始培训",
        "training": "培训中",
        "pass": "培训合格",
        "ready": "待上岗",
        "activate": "上岗",
        "active": "在岗",
        "suspend": "暂停",
        "suspended": "已暂停",
        "resume": "恢复",
        "renew": "续聘",
        "exit": "退出",
        "exited": "已退出",
        "reject": "不予录用",
        "rejected": "未录用",
    },
)


def check_active(worker: Any) -> None:
    """Check that a worker works now.

    Raises:
        NotActive: they do not.
    """
    if worker.state != "active":
        raise NotActive(state=WORKER.word(worker.state))


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
