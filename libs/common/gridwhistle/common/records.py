"""What a command leaves behind beside the rows that it changes: lines of the audit and the history, and what it tells."""

from typing import TYPE_CHECKING, Any

from gridwhistle.common.events import Envelope, Event
from gridwhistle.common.ids import new_id
from gridwhistle.common.logs import DOING
from gridwhistle.common.machine import Step
from gridwhistle.common.rows import Row

if TYPE_CHECKING:
    from gridwhistle.common.commands import Command

EVENT_CHARS_MAX = 300_000
"""Of an event; a character may take three bytes, and the bus carries a million."""


def audit_row(tx: "Command", row: Row, action: str, reason: str | None) -> dict[str, Any]:
    """Return who did what to a row, at whose request."""
    return {
        "at": tx.told_at,
        "actor_id": tx.caller.id,
        "actor_role": tx.role,
        "org": tx.caller.org,
        "action": action,
        "object_type": row.table.name,
        "object_id": row.id,
        "request_id": tx.db.request_id,
        "reason": reason,
    }


def history_row(tx: "Command", row: Row, step: Step, reason: str | None) -> dict[str, Any]:
    """Return which step a thing takes, and at which version it is then."""
    return {
        "thing_id": row.id,
        "version": (row.read_version or 0) + 1,
        "at": tx.now,
        "action": step.action,
        "from_state": step.source,
        "to_state": step.target,
        "actor_id": tx.caller.id,
        "actor_role": tx.role,
        "org": tx.caller.org,
        "reason": reason,
    }


def outbox_row(tx: "Command", row: Row, event: Event) -> dict[str, Any]:
    """Return an event as it waits to be published, in its envelope."""
    doing = DOING.get()
    envelope = Envelope(
        id=new_id(),
        data=event,
        aggregate_id=row.id,
        event_no=row.event_no,
        area_code=row.__dict__.get("grid_code") or row.area_code,
        occurred_at=tx.now,
        actor_role=tx.role,
        correlation_id=tx.db.correlation_id,
        causation_id=tx.db.causation_id,
        emergency_session_id=tx.db.emergency_session_id,
        traceparent=doing.tracing.traceparent() if doing and doing.tracing else None,
    )
    content = envelope.to_json()
    assert len(content) <= EVENT_CHARS_MAX, "an event is a fact, not a file"
    return {
        "event_id": envelope.id,
        "aggregate_id": row.id,
        "event_no": row.event_no,
        "subject": envelope.subject,
        "envelope": content,
        "occurred_at": tx.now,
        "epoch": 1,
    }
