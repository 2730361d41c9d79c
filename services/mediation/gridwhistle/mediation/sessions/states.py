"""A session: who may take each step, and why. Whether somebody mediates the case is looked at besides."""

from typing import Final

from gridwhistle.common.machine import Machine, Step
from gridwhistle.common.problems import Term
from gridwhistle.mediation.cases.states import PANEL

SESSION: Final = Machine(
    Term("调解会", "session"),
    (
        #    from       action    to           who     why
        Step(None,      "plan",   "planned",   PANEL,  "a day, a place or a line, open or closed"),
        Step("planned", "notify", "planned",   PANEL,  "a party is told when and where"),
        Step("planned", "open",   "open",      PANEL,  "everything that has to be so before is so"),
        Step("planned", "cancel", "cancelled", PANEL,  "it does not take place"),
        Step("open",    "end",    "ended",     PANEL,  "what was said is written down"),
        Step("ended",   "sign",   "ended",     PANEL,  "who was there signs the record, or will not, which is written too"),
    ),
    zh={
        "planned": "已安排", "open": "进行中", "ended": "已结束", "cancelled": "已取消",
        "plan": "安排", "notify": "通知", "cancel": "取消", "end": "结束", "sign": "签署笔录",
    },
)  # fmt: skip
