"""What may be said of an error in a log: where it happened and of which kind, never the values it happened with."""

import traceback


def told_safely(error: BaseException) -> str:
    """Return an error for the log: its kind, what the database calls it, and where; its text may quote personal data."""
    names = [type(error).__name__, *(str(getattr(error, name, None) or "") for name in ("sqlstate", "constraint_name"))]
    return " ".join(filter(None, names)) + "\n" + "".join(traceback.format_tb(error.__traceback__)).rstrip()
