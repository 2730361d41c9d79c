"""The log: a JSON object a line, or text for a person at a terminal; what is at work is named, personal data never is.

An error is told by where it happened and of which kind, never by the values it happened with.
"""

import datetime as dt
import logging
import sys
import traceback
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

if TYPE_CHECKING:
    from gridwhistle.common.metrics import Metrics
    from gridwhistle.common.tracing import Tracing


class Doing(NamedTuple):
    """What is being done: for which service, in which request (or applying which event), in which chain of events."""

    service: str
    metrics: "Metrics"
    request_id: str = ""
    correlation_id: str = ""
    tracing: "Tracing | None" = None


DOING: Final[ContextVar[Doing | None]] = ContextVar("doing", default=None)
ACCESS: Final = logging.getLogger("gridwhistle.access")
"""Has one line a request when its level is INFO."""
_LIBRARIES: Final = (
    "uvicorn",
    "uvicorn.error",
    "uvicorn.access",
    "nats",
    "alembic",
    "httpx2",
    "httpcore2",
    "asyncio",
    "opentelemetry",
)


def told_safely(error: BaseException) -> str:
    """Return an error for the log: its kind, what the database calls it, and where; its text may quote personal data."""
    names = [type(error).__name__, *(str(getattr(error, name, None) or "") for name in ("sqlstate", "constraint_name"))]
    return " ".join(filter(None, names)) + "\n" + "".join(traceback.format_tb(error.__traceback__)).rstrip()


def _facts(record: logging.LogRecord) -> dict[str, Any]:
    doing = DOING.get()
    facts = {
        "time": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "service": doing.service if doing else None,
        "logger": record.name,
        "event": record.getMessage(),
        "request_id": doing.request_id if doing else None,
        "correlation_id": doing.correlation_id if doing else None,
        **(doing.tracing.ids() if doing and doing.tracing else {}),
        **getattr(record, "facts", {}),
        "error": told_safely(record.exc_info[1]) if record.exc_info and record.exc_info[1] else None,
    }
    return {name: fact for name, fact in facts.items() if fact not in (None, "")}


class JsonLines(logging.Formatter):
    """A JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return orjson.dumps(_facts(record), default=str).decode()


class Text(logging.Formatter):
    """A line for a person, with the error's place below it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        facts = _facts(record)
        error, event = facts.pop("error", None), facts.pop("event", "")
        at = dt.datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        head = f"{at} {record.levelname:8} {facts.pop('service', '')}".rstrip()
        more = " ".join(f"{name}={fact}" for name, fact in facts.items() if name not in {"time", "level", "logger"})
        return "\n".join(filter(None, [f"{head} {event}" + (f" ({more})" if more else ""), error]))


def set_up(level: str, form: str = "auto", *, access: bool = False, more: tuple[logging.Handler, ...] = ()) -> None:
    """Send every log of this process to standard error in one form, those of libraries too, and to `more`."""
    here = logging.StreamHandler(sys.stderr)
    text = form == "text" or (form == "auto" and sys.stderr.isatty())
    here.setFormatter(Text() if text else JsonLines())
    here.setLevel(level.upper())
    root = logging.getLogger()
    root.handlers[:] = [here, *more]
    root.setLevel(min(handler.level for handler in root.handlers))
    for name in _LIBRARIES:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.WARNING)
    ACCESS.setLevel(logging.INFO if access else logging.WARNING)
