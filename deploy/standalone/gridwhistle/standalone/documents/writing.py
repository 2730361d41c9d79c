"""How generated documents are written."""

from typing import Any, Final

import orjson

WRITTEN: Final = "<!-- Written by `make docs` from the code; change the code. -->"


def as_json(content: Any) -> str:
    """Return a document as JSON that reads and compares line by line."""
    return orjson.dumps(content, option=orjson.OPT_INDENT_2).decode() + "\n"
