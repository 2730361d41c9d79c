"""What belongs in a file (卷宗目录), and what may not be missing: rules over values."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Final, Literal, NamedTuple

from gridwhistle.common.problems import Term

DocumentKind = Literal[
    "application", "rights_notice", "identity", "authorisation", "investigation", "evidence", "mediation_record", "agreement",
    "performance_proof", "follow_up", "confirmation", "note", "back_cover",
]  # fmt: skip
KINDS: Final[Mapping[str, Term]] = {
    "application": Term("申请书或受理登记表", "application, or the register of acceptance"),
    "rights_notice": Term("权利义务告知书", "notice of rights and duties"),
    "identity": Term("身份证明", "proof of identity"),
    "authorisation": Term("授权委托书", "authority of an agent"),
    "investigation": Term("调查记录", "record of an investigation"),
    "evidence": Term("证据材料", "evidence"),
    "mediation_record": Term("调解记录", "record of mediation"),
    "agreement": Term("调解协议书或口头协议登记表", "agreement, or the register of what was agreed by word"),
    "performance_proof": Term("履行凭证", "proof of performance"),
    "follow_up": Term("回访记录", "record of a follow-up"),
    "confirmation": Term("司法确认材料", "papers of a court's confirmation"),
    "note": Term("卷宗情况说明", "note on the file"),
    "back_cover": Term("封底", "back cover"),
}
"""In the order in which they lie in the file."""
MET_ALONE: Final = frozenset({"rights_notice", "mediation_record"})
"""What there is only of a case whose parties have met."""


class Line(NamedTuple):
    """One kind of paper: whether it may not be missing, whether it is there, and how many pages were entered."""

    kind: str
    is_required: bool
    is_present: bool
    pages: int


def lines_of(case: Any, known: AbstractSet[str], pages: Mapping[str, int]) -> list[Line]:
    """Return the lines of a case's file.

    Args:
        case: the row of one.
        known: what the service itself has written down.
        pages: how many pages of each kind were entered.
    """
    required = {"application", "identity"}
    if case.first_session_at:
        required |= MET_ALONE
    if case.agreed_at:
        required.add("agreement")
    return [Line(kind, kind in required, kind in known or kind in pages, pages.get(kind, 0)) for kind in KINDS]


def missing(lines: list[Line]) -> list[str]:
    """Return which kinds may not be missing and are."""
    return [line.kind for line in lines if line.is_required and not line.is_present]


def file_no(year: int, short_name: str, number: int) -> str:
    """Return a file's number as it stands on the cover: `（2026）望湖人调字第1号`."""
    return f"（{year}）{short_name}人调字第{number}号"
