"""Incidents: the closed loop from found to closed, who may take each step, and why."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import AfterValidator

from gridwhistle.common.machine import Machine, Step
from gridwhistle.common.presets import Preset
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import Conflict, Forbidden, Invalid, Problem, Term

REPORTERS: Final = frozenset(
    {"resident", "grid_worker", "grid_leader", "community_admin", "town_acceptor", "dept_desk", "county_admin"} | {"integrator"}
)
ACCEPTOR, DISPATCHER = frozenset({"town_acceptor"}), frozenset({"town_dispatcher"})
DESK, HANDLER, LEADER = frozenset({"dept_desk"}), frozenset({"dept_handler"}), frozenset({"dept_leader"})
CHECKER: Final = frozenset({"grid_worker"})


class HandledByYou(Forbidden):
    """Who handled an incident never judges it."""

    code = "handled_by_you"
    zh, en = "处置人不得核查自己处置的事件。", "You handled this incident, so somebody else has to check it."


class NotYourCheck(Forbidden):
    """The check was given to somebody else, or to nobody yet."""

    code = "not_your_check"
    zh, en = "该核查任务不是分配给您的。", "This check was not given to you."


class AnotherDepartment(Forbidden):
    """The case is with another department."""

    code = "another_department"
    zh, en = "该事件由其他部门处置。", "Another department has this incident."


class UnknownGrid(Invalid):
    """Personnel told of no such grid."""

    code = "unknown_grid"
    zh, en = "没有这个网格;网格列表见 /personnel/v1/grids。", "There is no such grid; see /personnel/v1/grids."


class GridMissing(Invalid):
    """Nobody could check an incident that lies in no grid."""

    code = "grid_missing"
    zh, en = "该事件尚无网格,请填写 grid_code。", "The incident lies in no grid yet: say its grid_code."


class UnknownOrganisation(Invalid):
    """There is no such organisation that incidents could be dispatched to."""

    code = "unknown_organisation"
    zh = "没有这个单位,无法派遣;单位列表见 /personnel/v1/organisations。"
    en = "There is no such organisation to dispatch to; see /personnel/v1/organisations."


class OutsideEveryGrid(Invalid):
    """Nobody is responsible for the place, as far as we know."""

    code = "outside_every_grid"
    zh = "该位置不在任何网格内;请核对坐标,或填写 area_code。"
    en = "The location lies in no grid: check the coordinates, or say the area_code."


class PlaceMissing(Invalid):
    """A report has to say where."""

    code = "place_missing"
    zh, en = "请填写 location 或 area_code。", "Say where: give a location, or an area_code."


class FoundInTheFuture(Invalid):
    """A thing cannot have been found in the future."""

    code = "found_in_the_future"
    zh, en = "发现时间不得晚于现在。", "found_at may not be in the future."


class UnknownCategory(Invalid):
    """The county's catalogue has no such category in use."""

    code = "unknown_category"
    zh = "本县事项目录中没有启用的 {category};目录见 /incidents/v1/categories。"
    en = "The county's catalogue has no {category} in use; see /incidents/v1/categories."


class AlreadyReported(Conflict):
    """The caller's own number stands under an incident already."""

    code = "already_reported"
    zh, en = "该 reference 已上报过,事件编号 {incident_no}。", "Reported before under this reference, as {incident_no}."


def only_its_department(incident: Any, caller: Principal) -> Problem | None:
    """Say no to every department but the one that the incident was dispatched to."""
    return None if incident.lead_org == caller.org else AnotherDepartment()


def only_the_checker(incident: Any, caller: Principal) -> Problem | None:
    """Say no to who handled it, and to everybody but the worker whom the check was given to."""
    if incident.handled_by == caller.id:
        return HandledByYou()
    return None if incident.checker_id and str(incident.checker_id) == caller.id else NotYourCheck()


INCIDENT: Final = Machine(
    Term("事件", "incident"),
    (
        #    from           action         to             who         why
        Step(None,          "report",      "reported",    REPORTERS,  "whoever finds something may say so; nothing reported is lost"),
        Step("reported",    "accept",      "accepted",    ACCEPTOR,   "the township says that it is its business"),
        Step("accepted",    "file",        "filed",       ACCEPTOR,   "a category decides who has to act and how fast; from here on it lies in a grid"),
        Step("filed",       "dispatch",    "dispatched",  DISPATCHER, "another person than who filed: a suggestion is confirmed by somebody"),
        Step("dispatched",  "sign",        "in_progress", DESK,       "the organisation takes it on, visibly and at a known time", only_its_department),
        Step("in_progress", "submit",      "dept_review", HANDLER,    "who handled says what was done, and cannot take it back", only_its_department),
        Step("dept_review", "confirm",     "handled",     LEADER,     "the handling clock stops only when the organisation answers for it", only_its_department),
        Step("handled",     "order_check", "checking",    ACCEPTOR,   "somebody of the grid shall look; who handled never judges"),
        Step("checking",    "checked",     "checked",     CHECKER,    "the worker of the grid to whom the check was given saw it done", only_the_checker),
        Step("checked",     "close",       "closed",      ACCEPTOR,   "the township, which took it in, ends it"),
    ),
    zh={
        "reported": "已上报", "accepted": "已受理", "filed": "已立案", "dispatched": "已派遣", "in_progress": "处置中",
        "dept_review": "部门审核", "handled": "已处置", "checking": "核查中", "checked": "已核查", "closed": "已结案",
        "report": "上报", "accept": "受理", "file": "立案", "dispatch": "派遣", "sign": "签收", "submit": "提交处置结果",
        "confirm": "部门确认", "order_check": "安排核查", "close": "结案",
    },
    clocks={
        "reported":    ["incidents.accept"],
        "accepted":    ["incidents.file"],
        "filed":       ["incidents.dispatch"],
        "dispatched":  ["incidents.sign", "incidents.handle"],  # handling begins with the dispatch, however long nobody signs
        "in_progress": ["incidents.handle"],
        "dept_review": ["incidents.handle"],
        "handled":     ["incidents.order_check"],
        "checking":    ["incidents.check"],
        "checked":     ["incidents.close"],
    },
)  # fmt: skip

PRESETS: Final = (
    Preset("incidents.accept", 15, "urgent_minute", "R1 urban", "Townships: 4 work_hour (INF)."),
    Preset("incidents.file", 15, "urgent_minute", "R1 urban", "Townships: 4 work_hour (INF)."),
    Preset("incidents.dispatch", 15, "urgent_minute", "R1 urban", "Townships: 4 work_hour (INF)."),
    Preset("incidents.sign", 4, "work_hour", "INF"),
    Preset(
        "incidents.handle",
        5,
        "work_day_legal",
        "L 济南12345条例 24; 潍坊12345条例",
        "Categories of city management have their own.",
    ),
    Preset("incidents.order_check", 15, "urgent_minute", "R1 urban", "Townships: 4 work_hour (INF)."),
    Preset("incidents.check", 30, "urgent_minute", "R1 urban", "Townships: 8 work_hour (INF)."),
    Preset("incidents.close", 15, "urgent_minute", "R1 urban", "Townships: 4 work_hour (INF)."),
    Preset("dedupe.radius_m", 50, "metre", "INF", "Reports this close may be of the same thing."),
    Preset("dedupe.hours", 24, "hour", "INF", "And not longer apart than this."),
)
"""How long each stage may take until a county says otherwise, and what is close enough to be the same."""

_PHONE = r"(?:\+?86[ -]?)?1[3-9][0-9](?:[ -]?[0-9]{4}){2}"
_ID_NUMBER = r"[1-9][0-9]{16}[0-9Xx]"
_PERSONAL = re.compile(rf"(?<![0-9])(?:{_PHONE}|{_ID_NUMBER})(?![0-9])")


def masked(text: str) -> str:
    """Return the text with mobile and identity numbers made unreadable: reports are about places, not about people."""
    return _PERSONAL.sub(lambda found: f"{found[0][:3]}****{found[0][-4:]}", text)


MASKED: Final = AfterValidator(masked)
"""Stands last on every field that people write text into."""


def checker_among(
    on_shift: Sequence[Any], handled_by: str | None, open_checks: Mapping[Any, int], has_it: Any | None = None
) -> Any | None:
    """Return the worker whom a check goes to: on shift in the grid, not who handled it, fewest open checks first.

    Who has it keeps it while on shift. Nobody's location plays a part. Returns None when nobody is on shift; the next shift
    that starts gets the check.
    """
    able = [worker for worker in on_shift if str(worker) != handled_by]
    if has_it in able:
        return has_it
    return min(able, key=lambda worker: (open_checks.get(worker, 0), str(worker)), default=None)


def facts_of(incident: Any) -> dict[str, Any]:
    """Return what every event of an incident carries."""
    return {
        "incident_no": incident.incident_no,
        "urgency": incident.urgency,
        "source": incident.source,
        "grid_code": incident.grid_code,
    }
