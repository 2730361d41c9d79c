"""The settings of every service: as a table for a person, and for the manual."""

from collections.abc import Mapping
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.table import Table

from gridwhistle.common.settings import listed
from gridwhistle.standalone.services import KINDS, NAMES

_SOURCES: Final = {
    "environment": "environment 环境变量",
    "file": "secret file 密钥文件",
    "missing": "not set 未设置",
}


def rows() -> list[dict[str, Any]]:
    """Return every setting of every service, with what it is in this environment."""
    return listed({kind.name: kind.settings for kind in KINDS})


def as_table() -> Table:
    """Return the settings for a terminal."""
    table = Table(box=SIMPLE_HEAD)
    table.add_column("setting 设置", no_wrap=True)
    table.add_column("meaning 含义", overflow="fold")
    table.add_column("default → now 默认 → 现值", overflow="fold")
    for row in rows():
        now = ["→", row["value"] or "", f"({_SOURCES[row['source']]})"] if row["source"] != "default" else []
        table.add_row(row["name"], _meaning(row), " ".join(word for word in (_default(row), *now) if word))
    return table


def as_markdown() -> list[str]:
    """Return the lines of the settings' table for the manual; it does not tell what they are here."""
    lines = [f"| `{row['name']}` | {_meaning(row)} | {_default(row)} |" for row in rows()]
    return ["| setting | meaning | default |", "|---|---|---|", *lines]


def _meaning(row: Mapping[str, Any]) -> str:
    only = "" if len(row["services"]) == len(NAMES) else f" ({', '.join(row['services'])} only)"
    return f"{row['meaning']}{only}"


def _default(row: Mapping[str, Any]) -> str:
    return "required 必填" if row["required"] else str(row["default"] or "")
