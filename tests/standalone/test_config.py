"""`gridwhistle config`."""

import io
import json
import os
import subprocess

from rich.cells import cell_len
from rich.console import Console

from gridwhistle.standalone import config
from tests.standalone.test_up import GRIDWHISTLE


def shown(*options: str, **environment: str) -> str:
    command = [GRIDWHISTLE, "config", *options]
    environment = {**os.environ, "COLUMNS": "200", **environment}
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout  # noqa: S603  our own


def test_settings_are_shown_to_people_without_passwords() -> None:
    told = shown(GW_DATABASE_URL="postgresql://gw:tiger-7@db/incidents", GW_PORT="8123")

    assert "postgresql://gw:***@db/incidents" in told
    assert "tiger-7" not in told
    assert "8123" in told
    assert "未设置" in told


def test_on_a_narrow_terminal_every_name_is_whole() -> None:
    terminal = Console(width=80, file=io.StringIO())

    terminal.print(config.as_table())

    lines = terminal.file.getvalue().splitlines()  # type: ignore[attr-defined]
    names = [row["name"] for row in config.rows()]
    assert [line.split()[0] for line in lines if line.startswith(("  GW_", "  OTEL_"))] == names
    assert any("required 必填" in line for line in lines)
    assert max(map(cell_len, lines)) <= 80


def test_in_a_pipe_each_setting_is_one_line() -> None:
    lines = shown(COLUMNS="80", GW_DATABASE_URL="postgresql://gw:tiger-7@db/incidents").splitlines()

    assert [line.split()[0] for line in lines[3:-1]] == [row["name"] for row in config.rows()]
    assert "required 必填 → postgresql://gw:***@db/incidents (environment 环境变量)" in lines[3]


def test_settings_are_listed_for_programs() -> None:
    rows = {row["name"]: row for row in json.loads(shown("--json", GW_PORT="8123"))}

    assert rows["GW_PORT"]["value"] == "8123"
    assert rows["GW_PORT"]["default"] == "8000"
    assert rows["GW_PORT"]["services"] == ["personnel", "incidents", "timebank", "inventory", "mediation"]
    assert rows["GW_KEYS_FILE"]["source"] == "missing"
