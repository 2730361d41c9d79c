"""The starter catalogue: what a county begins with and then changes, each line with its source."""

import csv
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from gridwhistle.common.presets import UNCONFIRMED

_LOCAL_FROM: Final = 80
"""Items (小类) that places add for themselves count down from 99."""
_DONE: Final = "处理完毕,恢复正常"
"""What closes a case where the source does not say."""


@cache
def starter() -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Return the categories, each with its case standards, as they are written down."""
    with Path(__file__).with_name("starter.csv").open(encoding="utf-8") as text:
        lines = list(csv.DictReader(text))
    return [(_category(code, rows), [_standard(row) for row in rows]) for code, rows in _by_code(lines)]


def _by_code(lines: list[dict[str, str]]) -> list[tuple[str, list[dict[str, str]]]]:
    return [(code, list(rows)) for code, rows in groupby(lines, key=lambda line: line["code"])]


def _category(code: str, rows: list[dict[str, str]]) -> dict[str, Any]:
    is_local = code[0] != "S" and int(code[4:]) >= _LOCAL_FROM
    return {"code": code, "name": rows[0]["name"], "is_local": is_local, "guide": None, "legal_refs": []} | {
        "source_ref": rows[0]["source_ref"]
    }


def _standard(row: dict[str, str]) -> dict[str, Any]:
    own = row["source_ref"].startswith(UNCONFIRMED)
    return {
        "condition": row["condition"],
        "handle_amount": int(row["amount"]),
        "handle_unit": row["unit"],
        "close_condition": row["close_condition"] or _DONE,
        "photos_required": [] if row["code"].startswith("S") else ["before", "after"],
        "season": row["season"] or None,
        "source_ref": row["source_ref"] if own or row["close_condition"] else f"{row['source_ref']}; INF: 结案条件",
    }
