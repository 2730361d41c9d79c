"""A case from the first asking to its end: who may take each step, and why."""

from typing import Final

from gridwhistle.common.machine import Machine, Step, When
from gridwhistle.common.problems import Term
from gridwhistle.mediation.cases.guards import (
    all_willing,
    asked_by_another,
    both_sides,
    followed_up,
    nothing_agreed,
    on_the_panel,
    rest_is_told,
)
from gridwhistle.mediation.limits import ACCEPT, ARCHIVE, ASSIGN, CLOSE, CONSENT, CONTACT, FIRST_SESSION, MEDIATE, TRANSFER

STATES: Final = (
    *("applied", "found", "referred_in", "consent_pending", "accepted", "assigned", "in_mediation", "escalated"),
    *("agreed_written", "agreed_oral", "partial", "performing"),
    *("refused", "transferred", "terminated", "failed", "performed", "breached", "closed", "archived"),
)
"""All that a case can be in."""
ENDED: Final = ("refused", "transferred", "terminated", "failed", "performed", "breached", "closed", "archived")
"""States in which nothing is mediated, and nobody has to perform anything, any more."""
CHAIRS: Final = frozenset({"mediation_chair", "judicial_office"})
DESK: Final = CHAIRS | {"mediator"}
"""The committee: it writes down what parties say."""
APPLICANTS: Final = DESK | {"resident", "integrator"}
REFERRERS: Final = CHAIRS | {"police_liaison", "integrator"}
PANEL: Final = DESK | {"lawyer", "police_liaison"}
"""Who can be on a panel; whether somebody is, a guard looks."""
SYSTEM: Final = frozenset({"auto"})
_NEW: Final = ("applied", "found", "referred_in")
_ASKED: Final = (*_NEW, "consent_pending")
_CHOSEN: Final = ("assigned", "in_mediation")
_OPEN: Final = (*_ASKED, "accepted", *_CHOSEN)
"""States in which nothing is agreed yet: a party can withdraw."""
_AGREED: Final = ("agreed_written", "agreed_oral", "partial")
_GOES_ON: Final = (*_OPEN, *_AGREED, "performing")
"""States from which it can become dangerous."""
_OVER: Final = ("refused", "terminated", "failed", "performed", "breached")
NOT_POSTED: Final = frozenset({"open_session", "agree_written", "agree_part", "record_performance", "all_done"})
"""What follows from what is done to a session, an agreement or a term, and has no address of its own."""


def _was_in(state: str) -> When:
    return lambda case: bool(case.escalated_from == state)


CASE: Final = Machine(
    Term("调解案件", "case"),
    (
        #    from               action             to                 who            why
        Step(None,              "apply",           "applied",         APPLICANTS,    "a party applies, in writing or by word of mouth, which the committee writes down"),
        Step(None,              "find",            "found",           DESK | SYSTEM, "a committee sees a dispute by itself, or an incident turns out to be one"),
        Step(None,              "receive_referral", "referred_in",    REFERRERS,     "a court, the police, the petition office or a department entrusts it, with a letter"),
        *(Step(state,           "ask_willingness", "consent_pending", DESK,          "before anything else everybody is asked whether they want it", both_sides) for state in _NEW),
        Step("consent_pending", "consent",         "consent_pending", DESK,          "a party says yes"),
        Step("consent_pending", "refuse",          "refused",         DESK,          "a party clearly says no: there is no mediation (人民调解法 art. 17)"),
        Step("consent_pending", "no_answer",       "refused",         SYSTEM,        "somebody did not answer in time"),
        Step("consent_pending", "accept",          "accepted",        CHAIRS,        "everybody wants it, it is lawful, and the committee is the right one", all_willing),
        *(Step(state,           "decline",         "refused",         CHAIRS,        "it cannot be mediated; the reason is written, and the ways are told") for state in _ASKED),
        *(Step(state,           "transfer",        "transferred",     CHAIRS,        "another body is the right one, which gets it with a letter") for state in (*_ASKED, "accepted")),
        *(Step(state,           "withdraw",        "terminated",      DESK,          "a party wants it no more, whenever they like", nothing_agreed) for state in (*_OPEN, "escalated")),
        *(Step(state,           "tell_ways",       state,             DESK,          "the parties hear where else the law leads (art. 26)") for state in ("refused", "terminated", "failed", "partial", "breached")),
        Step("accepted",        "assign",          "assigned",        CHAIRS,        "the parties chose who mediates, or the committee appoints"),
        *(Step(state,           "replace",         state,             CHAIRS,        "somebody comes in for who stepped aside, or besides the others") for state in _CHOSEN),
        *(Step(state,           "tell_rights",     state,             PANEL,         "the parties hear their rights and duties") for state in ("accepted", "assigned")),
        *(Step(state,           "disclose",        state,             PANEL,         "who mediates says what ties them to it", on_the_panel) for state in _CHOSEN),
        *(Step(state,           "let_stay",        state,             CHAIRS,        "every party wants who disclosed something to stay") for state in _CHOSEN),
        *(Step(state,           "step_aside",      state,             PANEL,         "who mediates steps aside", on_the_panel) for state in _CHOSEN),
        *(Step(state,           "request_recusal", state,             DESK,          "a party wishes a mediator to step aside, who does at once") for state in _CHOSEN),
        *(Step(state,           "plan_session",    state,             PANEL,         "a session is planned", on_the_panel) for state in _CHOSEN),
        *(Step(state,           "open_session",    "in_mediation",    PANEL,         "everything is ready, and they meet", on_the_panel) for state in _CHOSEN),
        Step("in_mediation",    "extend",          "in_mediation",    PANEL,         "every party agrees in writing that it takes longer", on_the_panel),
        Step("in_mediation",    "fail",            "failed",          PANEL,         "no agreement is to be had", on_the_panel),
        Step("in_mediation",    "time_over",       "failed",          SYSTEM,        "its time is over, and nobody gave it more"),
        Step("escalated",       "time_over",       "failed",          SYSTEM,        "its time is over while it was dangerous"),
        Step("in_mediation",    "terminate",       "terminated",      PANEL,         "facts are hidden, or it is misused", on_the_panel),
        *(Step(state,           "escalate",        "escalated",       DESK,          "it may become worse: reported at once (art. 25)") for state in _GOES_ON),
        *(Step("escalated",     "resume",          state,             CHAIRS,        "it is safe again, and goes on where it was", when=_was_in(state)) for state in _GOES_ON[:-1]),
        Step("escalated",       "resume",          _GOES_ON[-1],       CHAIRS,        "it is safe again, and goes on where it was"),
        Step("escalated",       "terminate",       "terminated",      CHAIRS,        "it is no matter for mediation any more", nothing_agreed),
        Step("in_mediation",    "draft_agreement", "in_mediation",    PANEL,         "what they agree on is written down for everybody to sign", on_the_panel),
        Step("in_mediation",    "agree_written",   "agreed_written",  PANEL,         "everybody has signed, and the seal is on it"),
        Step("in_mediation",    "agree_oral",      "agreed_oral",     PANEL,         "they agree by word on what is done at once", on_the_panel),
        Step("in_mediation",    "agree_part",      "partial",         PANEL,         "they agree on a part, and of the rest they hear the other ways"),
        *(Step(state,           "perform_at_once", "performed",       DESK,          "all was done when it was agreed", rest_is_told) for state in _AGREED),
        *(Step(state,           "start_performance", "performing",    DESK,          "something is still to come, and somebody watches its days", rest_is_told) for state in _AGREED),
        Step("performing",      "record_performance", "performing",   DESK,          "one thing that was owed is done"),
        Step("performing",      "all_done",        "performed",       DESK,          "the last thing that was owed is done"),
        Step("performing",      "urge",            "performing",      DESK,          "whoever owes something that is due is urged"),
        Step("performing",      "breach_final",    "breached",        DESK,          "it will not be performed: court, payment order, notarised deed"),
        *(Step(state,           "apply_confirmation", state,          DESK,          "all parties together ask a court") for state in ("agreed_written", "partial", "performing")),
        *(Step(state,           "follow_up",       state,             DESK,          "somebody asks how it went") for state in ("performing", "performed", "breached", "closed")),
        *(Step(state,           "ask_close",       state,             DESK,          "the file is complete, says who has it") for state in _OVER),
        *(Step(state,           "close",           "closed",          CHAIRS,        "a second person has looked at the file, which gets its number", asked_by_another) for state in _OVER),
        Step("transferred",     "confirm_receipt", "closed",          DESK,          "the other body has it"),
        Step("closed",          "archive",         "archived",        frozenset({"judicial_office"}), "the last follow-up is done", followed_up),
    ),
    zh={
        "applied": "已申请", "found": "主动发现", "referred_in": "委托移送待办", "consent_pending": "征询意愿", "accepted": "已受理",
        "refused": "未予调解", "transferred": "已移送", "terminated": "终止调解",
        "apply": "申请", "find": "主动发现", "receive_referral": "接受委托移送", "ask_willingness": "征询意愿", "consent": "同意调解",
        "refuse": "拒绝调解", "no_answer": "逾期未答复", "accept": "受理", "decline": "不予受理", "transfer": "移送", "withdraw": "撤回",
        "tell_ways": "告知途径", "assigned": "已确定调解员", "in_mediation": "调解中", "escalated": "激化处置中", "failed": "调解不成",
        "assign": "确定调解员", "replace": "更换调解员", "tell_rights": "告知权利义务", "disclose": "披露", "let_stay": "同意留任",
        "step_aside": "自行回避", "request_recusal": "申请回避", "plan_session": "安排调解会", "open_session": "召开调解会",
        "extend": "延长期限", "fail": "调解不成", "time_over": "期限届满", "terminate": "终止调解", "escalate": "激化上报", "resume": "恢复调解",
        "agreed_written": "已达成书面协议", "agreed_oral": "已达成口头协议", "partial": "部分达成协议", "performing": "履行中", "performed": "已履行",
        "breached": "未履行", "closed": "已结案", "archived": "已归档", "draft_agreement": "拟定协议", "agree_written": "达成书面协议",
        "agree_oral": "达成口头协议", "agree_part": "部分达成协议", "perform_at_once": "即时履行", "start_performance": "转入履行",
        "record_performance": "登记履行", "all_done": "履行完毕", "urge": "督促履行", "breach_final": "确认不履行",
        "apply_confirmation": "申请司法确认", "follow_up": "回访", "ask_close": "申请结案", "close": "结案", "confirm_receipt": "移送回执",
        "archive": "归档",
    },
    clocks={
        **{state: [CONTACT] for state in _NEW},
        "consent_pending": [CONSENT, ACCEPT],
        "accepted": [ASSIGN],
        "assigned": [FIRST_SESSION],
        "in_mediation": [MEDIATE],
        "escalated": [MEDIATE],  # its time runs on, if it had begun
        "transferred": [TRANSFER],
        **{state: [CLOSE] for state in _OVER},
        "closed": [ARCHIVE],
    },
    auto={CONSENT: "no_answer", MEDIATE: "time_over"},
)  # fmt: skip
