"""What hangs on an incident and has a life of its own: requests for more time or an end, objections, and tasks for workers."""

from typing import Final

from gridwhistle.common.machine import Machine, Step
from gridwhistle.common.problems import Term
from gridwhistle.incidents.domain import (
    ACCEPTOR,
    COUNTY,
    DESK,
    DISPATCHER,
    HANDLER,
    LEADER,
    SPEAKERS,
    SYSTEM,
    TOWN_LEADER,
    WORKER,
)
from gridwhistle.incidents.guards import only_who_asked

ANYBODY: Final = ACCEPTOR | DISPATCHER | DESK | HANDLER | LEADER | TOWN_LEADER | COUNTY | SPEAKERS | WORKER | SYSTEM

ADJUSTMENT: Final = Machine(
    Term("申请", "request"),
    (
        #    from         action         to           who          why
        Step(None,        "request",     "requested", HANDLER,     "who handles an incident asks for more time (延期), or to put it off (挂账)"),
        Step(None,        "ask_void",    "asked",     ACCEPTOR,    "who takes incidents in asks that one shall not count (作废)"),
        Step("requested", "endorse",     "endorsed",  LEADER,      "the department stands behind it", approval=True),
        Step("requested", "decline",     "denied",    LEADER,      "the department does not; the row stays", approval=True),
        Step("endorsed",  "approve",     "approved",  DISPATCHER,  "a second person says yes", approval=True),
        Step("endorsed",  "deny",        "denied",    DISPATCHER,  "a second person says no; it does not count among those that were granted", approval=True),
        Step("asked",     "void",        "approved",  TOWN_LEADER, "a second person agrees", approval=True),
        Step("asked",     "refuse_void", "denied",    TOWN_LEADER, "a second person does not", approval=True),
        *(Step(state,     "withdraw_request", "withdrawn", HANDLER, "who asked does not need it any more", only_who_asked) for state in ("requested", "endorsed")),
        Step("asked",     "withdraw_void", "withdrawn", ACCEPTOR,  "who asked sees that it counts", only_who_asked),
        *(Step(state,     "lapse",       "lapsed",    ANYBODY,     "the incident went on without waiting for the answer") for state in ("requested", "endorsed", "asked")),
    ),
    zh={
        "requested": "已申请", "asked": "已申请作废", "endorsed": "部门已同意", "approved": "已批准", "denied": "未批准", "lapsed": "已失效",
        "withdraw_request": "撤回申请", "withdraw_void": "撤回作废申请", "withdrawn": "已撤回",
        "request": "申请", "ask_void": "申请作废", "endorse": "部门同意", "decline": "部门不同意", "approve": "批准", "deny": "不批准",
        "void": "同意作废", "refuse_void": "不同意作废", "lapse": "失效",
    },
)  # fmt: skip

OBJECTION: Final = Machine(
    Term("异议", "objection"),
    (
        #    from     action              to         who          why
        Step(None,    "object",           "raised",  DESK,        "an organisation says that an incident is not theirs (退单)"),
        Step(None,    "contest",          "raised",  SPEAKERS,    "a reporter says that a rejection is wrong"),
        Step("raised", "uphold",          "upheld",  DISPATCHER,  "the organisation is right"),
        Step("raised", "deny_objection",  "denied",  DISPATCHER,  "it is theirs"),
        Step("raised", "county_decide",   "decided", COUNTY,      "the county says whose it is, once and for all"),
        Step("raised", "objection_upheld", "upheld", TOWN_LEADER, "the reporter is right"),
        Step("raised", "objection_denied", "denied", TOWN_LEADER, "it stays rejected"),
        Step("raised", "withdraw_objection", "withdrawn", DESK, "it is theirs after all"),
        Step("raised", "lapse",           "lapsed",  ANYBODY,     "the incident ended before the answer"),
    ),
    zh={
        "raised": "已提出", "upheld": "成立", "denied": "不成立", "decided": "已裁定", "lapsed": "已失效",
        "withdraw_objection": "撤回退单", "withdrawn": "已撤回",
        "object": "退单", "contest": "提出异议", "uphold": "退单成立", "deny_objection": "退单不成立", "county_decide": "县级裁定",
        "objection_upheld": "异议成立", "objection_denied": "异议不成立", "lapse": "失效",
    },
)  # fmt: skip

TASK: Final = Machine(
    Term("任务", "task"),
    (
        #    from    action   to          who                why
        Step(None,   "give",  "given",    ACCEPTOR | SYSTEM | WORKER, "a worker of the grid looks, before filing (核实) or after handling (核查); who cannot tell passes it on"),
        Step("given", "answer", "answered", WORKER,          "the worker looked: it is so, it is not, or it cannot be told"),
        Step("given", "lapse", "lapsed",  ANYBODY,           "the incident ended before anybody looked"),
    ),
    zh={"given": "已派发", "answered": "已反馈", "lapsed": "已失效", "give": "派发", "answer": "反馈", "lapse": "失效"},
)  # fmt: skip
