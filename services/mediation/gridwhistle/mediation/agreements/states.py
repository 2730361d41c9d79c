"""Agreements and their confirmation by a court: who may take each step, and why."""

from typing import Any, Final

from gridwhistle.common.machine import Machine, Step
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import Problem, Term
from gridwhistle.mediation.agreements.refusals import ExtendedAlready
from gridwhistle.mediation.cases.states import CHAIRS, DESK, PANEL

_COURT: Final = DESK | {"integrator"}
"""What a court says, its platform enters, or the committee that has its letter."""


def _not_extended(confirmation: Any, _caller: Principal) -> Problem | None:
    return ExtendedAlready() if confirmation.extended_at else None


AGREEMENT: Final = Machine(
    Term("调解协议", "agreement"),
    (
        #    from     action    to           who     why
        Step(None,    "draft",  "draft",     PANEL,  "what they agree on is written down for everybody to sign"),
        Step(None,    "reach",  "effective", PANEL,  "what is done at once is agreed by word, and registered"),
        Step("draft", "sign",   "draft",     PANEL,  "a party signs, or who presides does"),
        Step("draft", "seal",   "draft",     CHAIRS, "the committee's seal is put on it"),
        Step("draft", "take_effect", "effective", PANEL | CHAIRS, "the last signature, or the seal, is on it"),
        Step("draft", "drop",   "dropped",   PANEL,  "somebody will not sign"),
    ),
    zh={
        "draft": "待签署", "effective": "已生效", "dropped": "已作废",
        "reach": "口头达成", "sign": "签署", "seal": "盖章", "take_effect": "生效", "drop": "作废",
    },
)  # fmt: skip

CONFIRMATION: Final = Machine(
    Term("司法确认", "confirmation"),
    (
        #    from       action            to           who     why
        Step(None,      "apply_confirmation", "applied", DESK, "all parties together ask a court, within thirty days"),
        Step("applied", "court_accepts",  "accepted",  _COURT, "the court takes it"),
        Step("applied", "court_rejects",  "rejected",  _COURT, "the court does not take it (不予受理)"),
        Step("accepted", "court_extends", "accepted",  _COURT, "the court takes ten days more, once", _not_extended),
        Step("accepted", "court_confirms", "confirmed", _COURT, "what was agreed can be enforced"),
        Step("accepted", "court_refuses", "refused",   _COURT, "it is unlawful, harms others or is unclear: mediate again, or sue"),
        *(Step(state,   "take_back",      "withdrawn", DESK,   "the parties take it back") for state in ("applied", "accepted")),
    ),
    zh={
        "applied": "已申请", "accepted": "法院已受理", "rejected": "不予受理", "confirmed": "已确认", "refused": "已驳回", "withdrawn": "已撤回",
        "apply_confirmation": "申请司法确认", "court_accepts": "法院受理", "court_rejects": "法院不予受理", "court_confirms": "法院确认",
        "court_refuses": "法院驳回", "court_extends": "法院延长审查期限", "take_back": "撤回申请",
    },
)  # fmt: skip
