"""Incidents: the closed loop from found to closed, who may take each step, and why."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from gridwhistle.common.machine import Machine, Step, both
from gridwhistle.common.problems import Term
from gridwhistle.incidents.guards import (
    asked_and,
    contested_in_time_and_once,
    in_time_and_once,
    may_go_unchecked,
    never_referred,
    nobody_in,
    only_a_question,
    only_its_department,
    only_its_handler,
    only_the_worker_sent,
    only_what_the_public_says,
    only_when_asked,
    only_who_asked_to_void,
    unless_asked,
    unless_fixed,
    unless_it_must_be_taken,
    void_is_open,
    void_was_asked,
)
from gridwhistle.incidents.limits import SUSPENSION
from gridwhistle.incidents.refusals import HandledByYou, ReportedByYou

REPORTERS: Final = frozenset(
    {"resident", "grid_worker", "grid_leader", "community_admin", "town_acceptor", "dept_desk", "county_admin"}
    | {"hotline_desk", "integrator"}
)
ACCEPTOR, DISPATCHER = frozenset({"town_acceptor"}), frozenset({"town_dispatcher"})
DESK, HANDLER, LEADER = frozenset({"dept_desk"}), frozenset({"dept_handler"}), frozenset({"dept_leader"})
WORKER, GRID_LEADER = frozenset({"grid_worker"}), frozenset({"grid_leader"})
TOWN_LEADER, COUNTY = frozenset({"town_leader"}), frozenset({"county_duty"})
HOTLINE, SPEAKERS = frozenset({"hotline_desk"}), frozenset({"hotline_desk", "resident"})
SYSTEM: Final = frozenset({"auto"})
INTEGRATOR: Final = frozenset({"integrator"})
HELPED: Final = DISPATCHER | GRID_LEADER | COUNTY
REFERRERS: Final = ACCEPTOR | COUNTY | GRID_LEADER

_THEIRS: Final = only_its_department
_LOOKED: Final = only_the_worker_sent
OPEN: Final = (
    "reported", "contested", "verifying", "accepted", "filed", "dispatched", "objected", "disputed", "in_progress", "suspended",
    "dept_review", "handled", "checking", "checked", "rework",
)  # fmt: skip
"""States in which somebody works on an incident, or should."""
WORKED_ON: Final = ("dispatched", "in_progress", "dept_review", "handled", "checking", "checked", "rework")
"""States in which volunteers can help."""
ENDED: Final = ("closed", "rejected", "redirected", "merged", "voided")
"""States in which nobody has to do anything any more."""

INCIDENT: Final = Machine(
    Term("事件", "incident"),
    (
        #    from           action               to               who         why
        Step(None,          "report",            "reported",      REPORTERS | SYSTEM, "whoever finds something may say so; nothing reported is lost"),
        Step(None,          "import_closed",     "archived",      INTEGRATOR, "what another system closed comes in with its own times: nobody's time runs, and nothing is done to it"),
        Step("reported",    "resolve_on_spot",   "sampled",       WORKER,     "a worker put it right at once, and chance says that a leader looks", when=lambda incident: incident.is_sampled),
        Step("reported",    "resolve_on_spot",   "self_resolved", WORKER,     "a worker put it right at once, with pictures of before and after"),
        Step("sampled",     "sample_passed",     "closed",        GRID_LEADER, "the leader looked, and it is as the worker says", both(nobody_in("handled_by", HandledByYou), nobody_in("reported_by", ReportedByYou))),
        Step("sampled",     "sample_failed",     "reported",      GRID_LEADER, "the leader looked, and it is not done", both(nobody_in("handled_by", HandledByYou), nobody_in("reported_by", ReportedByYou))),
        Step("self_resolved", "settle",          "closed",        SYSTEM,     "nobody had to look, and the days are over"),
        Step("reported",    "redirect",          "redirected",    ACCEPTOR,   "the law sends it elsewhere; the reporter hears where to go"),
        Step("reported",    "reject",            "rejected",      ACCEPTOR,   "what is not the township's business is said to be so, with the reason"),
        Step("reported",    "merge",             "merged",        ACCEPTOR,   "the same thing is worked on already; both reporters hear the result"),
        Step("reported",    "order_verification", "verifying",    ACCEPTOR,   "somebody of the grid looks whether it is so", only_what_the_public_says),
        Step("reported",    "accept",            "accepted",      ACCEPTOR,   "the township says that it is its business"),
        Step("rejected",    "contest",           "contested",     SPEAKERS,   "the reporter says once that it is the township's business after all", contested_in_time_and_once),
        Step("rejected",    "contest_over",      "rejected",      SYSTEM,     "the days for an objection are over"),
        Step("contested",   "objection_upheld",  "reported",      TOWN_LEADER, "the reporter is right: it begins again", nobody_in("reported_by", ReportedByYou)),
        Step("contested",   "objection_denied",  "rejected",      TOWN_LEADER, "it stays rejected, for good", nobody_in("reported_by", ReportedByYou)),
        Step("verifying",   "verified",          "accepted",      WORKER,     "the worker of the grid saw it", _LOOKED),
        Step("verifying",   "verified_false",    "reported",      WORKER,     "the worker saw nothing of the kind; the acceptor rejects it, or accepts it all the same", _LOOKED),
        Step("verifying",   "verified_unclear",  "verifying",     WORKER,     "another worker looks, once", _LOOKED, when=lambda incident: incident.unclear_by is None),
        Step("verifying",   "verified_unclear",  "reported",      WORKER,     "two could not tell: the acceptor decides", _LOOKED),
        Step("accepted",    "file",              "filed",         ACCEPTOR,   "a category decides who has to act and how fast; from here on it lies in a grid"),
        Step("accepted",    "answer",            "closed",        ACCEPTOR,   "a question is closed by its answer", only_a_question),
        Step("filed",       "dispatch",          "dispatched",    DISPATCHER, "another person than who filed: a suggestion is confirmed by somebody"),
        Step("dispatched",  "sign",              "in_progress",   DESK,       "the organisation takes it on, visibly and at a known time", _THEIRS),
        Step("dispatched",  "object",            "disputed",      DESK,       "not theirs, they say a second time: the county decides", both(_THEIRS, unless_fixed, unless_it_must_be_taken), when=lambda incident: incident.objected_times),
        Step("dispatched",  "object",            "objected",      DESK,       "not theirs, they say, before anybody was named to handle it", both(_THEIRS, unless_fixed, unless_it_must_be_taken)),
        Step("objected",    "uphold",            "dispatched",    DISPATCHER, "they are right: it goes to another organisation, and the handling clock runs on"),
        Step("objected",    "deny_objection",    "dispatched",    DISPATCHER, "it is theirs: it goes back to the same organisation"),
        Step("objected",    "withdraw_objection", "dispatched",  DESK,       "it is theirs after all, say they themselves", _THEIRS),
        Step("disputed",    "withdraw_objection", "dispatched",  DESK,       "it is theirs after all, say they themselves", _THEIRS),
        Step("disputed",    "county_decide",     "dispatched",    COUNTY,     "whose it is, is said once and for all"),
        Step("in_progress", "request_extension", "in_progress",   HANDLER,    "more time is asked for while there is some left", both(_THEIRS, only_its_handler, unless_asked)),
        Step("in_progress", "request_suspension", "in_progress",  HANDLER,    "what cannot be done now is put off to a day", both(_THEIRS, only_its_handler, unless_asked)),
        Step("in_progress", "withdraw_request",  "in_progress", HANDLER,    "who asked does not need it any more", both(_THEIRS, only_its_handler, only_when_asked)),
        Step("in_progress", "endorse",           "in_progress",   LEADER,     "the department stands behind the request", both(_THEIRS, asked_and("requested"))),
        Step("in_progress", "decline",           "in_progress",   LEADER,     "the department does not", both(_THEIRS, asked_and("requested"))),
        Step("in_progress", "approve",           "suspended",     DISPATCHER, "it rests until its day, and so does its clock", asked_and("endorsed"), when=lambda incident: incident.asked_for == "suspension"),
        Step("in_progress", "approve",           "in_progress",   DISPATCHER, "one more of the original limit, from the original start", asked_and("endorsed")),
        Step("in_progress", "deny",              "in_progress",   DISPATCHER, "no more time; the request stays on record", asked_and("endorsed")),
        Step("suspended",   "resume",            "in_progress",   DISPATCHER | SYSTEM, "its day has come, or it can be done earlier"),
        Step("in_progress", "submit",            "dept_review",   HANDLER,    "who handled says what was done, and cannot take it back", both(_THEIRS, only_its_handler)),
        Step("dept_review", "send_back",         "in_progress",   LEADER,     "the department itself is not content; its clock runs on", _THEIRS),
        Step("dept_review", "confirm",           "handled",       LEADER,     "the handling clock stops only when the organisation answers for it", _THEIRS),
        Step("handled",     "order_check",       "checked",       ACCEPTOR | SYSTEM, "a call back is check enough for such things", when=lambda incident: incident.is_callback_only),
        Step("handled",     "order_check",       "checking",      ACCEPTOR | SYSTEM, "somebody of the grid shall look; who handled never judges"),
        Step("handled",     "waive_check",       "checked",       ACCEPTOR,   "two workers could not tell: the acceptor decides", may_go_unchecked),
        Step("checking",    "checked",           "checked",       WORKER,     "the worker of the grid to whom the check was given saw it done", _LOOKED),
        Step("checking",    "check_failed",      "rework",        WORKER,     "it is not done", _LOOKED),
        Step("checking",    "check_unclear",     "checking",      WORKER,     "another worker looks, once", _LOOKED, when=lambda incident: incident.unclear_by is None),
        Step("checking",    "check_unclear",     "handled",       WORKER,     "two could not tell: the acceptor decides", _LOOKED),
        Step("rework",      "redispatch",        "in_progress",   DISPATCHER, "it goes back to be done, with what time was left or half of it"),
        Step("checked",     "close",             "closed",        ACCEPTOR,   "the township, which took it in, ends it"),
        *(Step(state,       "ask_volunteers",    state,           HELPED,     "more hands are wanted where it lies") for state in WORKED_ON),
        *(Step(state,       "credit_volunteer",  state,           HELPED,     "a volunteer helped, and somebody else says how long") for state in (*WORKED_ON, "closed")),
        Step("closed",      "callback",          "closed",        HOTLINE,    "somebody asked the reporter, who is content, was not reached, or says no too late or again"),
        Step("closed",      "reopen",            "in_progress",   SPEAKERS,   "it is not done, says who reported it; who had it has it again", in_time_and_once, when=lambda incident: incident.handled_at),
        Step("closed",      "reopen",            "filed",         SPEAKERS,   "it is not done, says who reported it, and nobody had it", in_time_and_once, when=lambda incident: incident.category and incident.grid_code),
        Step("closed",      "reopen",            "accepted",      SPEAKERS,   "the answer was none, says who asked", in_time_and_once),
        Step("closed",      "feedback_over",     "closed",        SYSTEM,     "the days for feedback are over"),
        *(Step(state,       "ask_void",          state,           ACCEPTOR,   "it should not count: there was nothing, or it was a test", void_is_open) for state in OPEN),
        *(Step(state,       "void",              "voided",        TOWN_LEADER, "a second person agrees; it is kept, and counts in no rate", void_was_asked) for state in OPEN),
        *(Step(state,       "refuse_void",       state,           TOWN_LEADER, "it counts", void_was_asked) for state in OPEN),
        *(Step(state,       "withdraw_void",     state,           ACCEPTOR,   "it counts after all, says who asked", only_who_asked_to_void) for state in OPEN),
        *(Step(state,       "refer_dispute",     state,           REFERRERS,  "it is a quarrel between people: mediation asks them whether they want it", never_referred) for state in OPEN),
        *(Step(state,       "convert",           "converted",     SYSTEM,     "mediation has accepted it; nobody's time runs here any more") for state in OPEN),
        Step("converted",   "external_closed",   "closed",        SYSTEM,     "they agreed, and it is closed there"),
        Step("converted",   "external_refused",  "reported",      SYSTEM,     "they did not agree: the acceptor tells the lawful ways"),
        *(Step(state,       "archive",           "archived",      SYSTEM,     "thirty days have passed") for state in ENDED),
    ),
    zh={
        "reported": "已上报", "sampled": "自处置待抽查", "self_resolved": "自处置", "redirected": "已分流", "rejected": "不予受理",
        "contested": "异议复核", "merged": "已并案", "verifying": "核实中", "accepted": "已受理", "filed": "已立案",
        "dispatched": "已派遣", "objected": "退单待审", "disputed": "争议待裁", "in_progress": "处置中", "suspended": "挂账",
        "dept_review": "部门审核", "handled": "已处置", "checking": "核查中", "checked": "已核查", "rework": "返工",
        "closed": "已结案", "voided": "已作废", "archived": "已归档",
        "report": "上报", "import_closed": "导入已办结事件", "resolve_on_spot": "自处置", "sample_passed": "抽查通过", "sample_failed": "抽查不通过", "settle": "自处置确认",
        "redirect": "分流", "reject": "不予受理", "merge": "并案", "order_verification": "安排核实", "accept": "受理",
        "contest": "提出异议", "contest_over": "异议期满", "objection_upheld": "异议成立", "objection_denied": "异议不成立",
        "verified": "核实属实", "verified_false": "核实不属实", "verified_unclear": "无法核实", "file": "立案", "answer": "答复办结",
        "dispatch": "派遣", "sign": "签收", "object": "退单", "uphold": "退单成立并改派", "deny_objection": "退单不成立",
        "county_decide": "县级裁定", "request_extension": "申请延期", "request_suspension": "申请挂账", "endorse": "部门同意",
        "withdraw_request": "撤回申请", "withdraw_objection": "撤回退单",
        "decline": "部门不同意", "approve": "批准", "deny": "不批准", "resume": "恢复处置", "submit": "提交处置结果",
        "send_back": "退回处置", "confirm": "部门确认", "order_check": "安排核查", "waive_check": "免核查",
        "check_failed": "核查不通过", "check_unclear": "无法核查", "redispatch": "重派", "close": "结案", "callback": "回访",
        "reopen": "重办", "feedback_over": "反馈期满", "ask_void": "申请作废", "void": "作废", "refuse_void": "不同意作废",
        "converted": "已转调解", "refer_dispute": "转调解", "convert": "转入调解", "external_closed": "调解办结", "external_refused": "调解未成",
        "withdraw_void": "撤回作废申请", "archive": "归档", "ask_volunteers": "招募志愿者", "credit_volunteer": "登记志愿服务",
    },
    clocks={
        "reported":      ["incidents.accept"],
        "sampled":       ["incidents.sample"],
        "self_resolved": ["incidents.settle"],
        "rejected":      ["incidents.contest", "incidents.archive"],
        "contested":     ["incidents.review"],
        "verifying":     ["incidents.verify"],
        "accepted":      ["incidents.file"],
        "filed":         ["incidents.dispatch"],
        "dispatched":    ["incidents.sign", "incidents.handle"],  # handling begins with the dispatch, however long nobody signs
        "objected":      ["incidents.object", "incidents.handle"],
        "disputed":      ["incidents.county_decide", "incidents.handle"],
        "in_progress":   ["incidents.handle"],
        "suspended":     [SUSPENSION, "incidents.handle"],  # which is paused
        "dept_review":   ["incidents.handle"],
        "handled":       ["incidents.order_check"],
        "checking":      ["incidents.check"],
        "checked":       ["incidents.close"],
        "rework":        ["incidents.redispatch"],
        "closed":        ["incidents.feedback", "incidents.archive"],
        "redirected":    ["incidents.archive"],
        "merged":        ["incidents.archive"],
        "voided":        ["incidents.archive"],
    },
    auto={
        "incidents.order_check": "order_check",
        "incidents.settle": "settle",
        "incidents.contest": "contest_over",
        SUSPENSION: "resume",
        "incidents.feedback": "feedback_over",
        "incidents.archive": "archive",
    },
)  # fmt: skip


def checker_among(
    on_shift: Sequence[Any], not_to: Collection[str | None], open_checks: Mapping[Any, int], has_it: Any | None = None
) -> Any | None:
    """Return the worker whom a task goes to: on shift in the grid, none of those, fewest open tasks first.

    Not to who handled it, nor to who could not tell. Who has it keeps it while on shift. Nobody's location plays a part. Returns None when nobody is on shift; the next shift
    that starts gets the check.
    """
    able = [worker for worker in on_shift if str(worker) not in not_to]
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
        "is_overdue": bool(incident.is_overdue),
    }
