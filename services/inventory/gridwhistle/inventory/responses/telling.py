"""What is told of a response, and of what thread."""

from typing import Any

from gridwhistle.common.commands import Command
from gridwhistle.common.rows import Row


def told_of(response: Row) -> dict[str, Any]:
    """Return what every event of a response carries."""
    return {name: getattr(response, name) for name in ("level", "event_class", "areas")}


def course_of(response: Row) -> dict[str, Any]:
    """Return what is told of a response that runs."""
    return {name: getattr(response, name) for name in ("measures", "expected_persons", "expected_days", "expected_until")}


def following(tx: Command, response: Row) -> Row:
    """Let what this command tells be part of the response's thread."""
    tx.db.correlation_id, tx.db.emergency_session_id = response.correlation_id, response.session_id
    return response
