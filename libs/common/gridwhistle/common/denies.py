"""What nobody may do, whatever their role: look into what is against their own house, or their own interest; approve twice.

Columns of these names put a table under them: `complained_org`; `barred_ids`, a list of those who have an interest; for a thing
that is approved, `subject_id` and `approved_by`, since nobody approves for themselves.
"""

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Table, cast, false, func, not_
from sqlalchemy.dialects.postgresql import JSONB

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
    if "barred_ids" in table.c and caller.id in (row.barred_ids or ()):
        return True
    return "complained_org" in table.c and caller.org is not None and row.complained_org == caller.org


def shown(table: Table, caller: "Principal") -> list[ColumnElement[bool]]:
    """Return what a row has to fulfil to be shown to the caller; every query carries it with the jurisdiction."""
    seen: list[ColumnElement[bool]] = []
    if "barred_ids" in table.c:
        seen.append(not_(func.coalesce(cast(table.c.barred_ids, JSONB).has_key(caller.id), false())))
    if "complained_org" in table.c and caller.org is not None:
        seen.append(table.c.complained_org.is_distinct_from(caller.org))
    return seen


def may_approve(row: Any, caller: "Principal") -> Problem | None:
    """Return why the caller may not approve, or None."""
    if str(row.subject_id) == caller.id:
        return ConcernsYou()
    return ApprovedByYou() if row.approved_by == caller.id else None
