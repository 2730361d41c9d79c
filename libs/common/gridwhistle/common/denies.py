"""What nobody may do, whatever their role: look into a complaint against their own house, approve for themselves, or twice.

Columns of these names put a table under them: `complained_org`; for a thing that is approved, `subject_id` and `approved_by`.
"""

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Table

from gridwhistle.common.problems import Forbidden, Problem

if TYPE_CHECKING:
    from gridwhistle.common.principal import Principal


class ConcernsYou(Forbidden):
    """Who a thing is about never approves it."""

    code = "concerns_you"
    zh, en = "事项涉及您本人,须由他人审批。", "This concerns you, so somebody else has to approve it."


class ApprovedByYou(Forbidden):
    """Two approvals in a row are two people's."""

    code = "approved_by_you"
    zh, en = (
        "上一步审批由您作出,这一步须由他人审批。",
        "You gave the approval before this one; somebody else has to give this one.",
    )


def hides(table: Table, row: Any, caller: "Principal") -> bool:
    """Tell whether a row is kept from the caller although it lies in the jurisdiction; `shown` is the same as a predicate."""
    return "complained_org" in table.c and caller.org is not None and row.complained_org == caller.org


def shown(table: Table, caller: "Principal") -> list[ColumnElement[bool]]:
    """Return what a row has to fulfil to be shown to the caller; every query carries it with the jurisdiction."""
    if "complained_org" not in table.c or caller.org is None:
        return []
    return [table.c.complained_org.is_distinct_from(caller.org)]


def may_approve(row: Any, caller: "Principal") -> Problem | None:
    """Return why the caller may not approve, or None."""
    if str(row.subject_id) == caller.id:
        return ConcernsYou()
    return ApprovedByYou() if row.approved_by == caller.id else None
