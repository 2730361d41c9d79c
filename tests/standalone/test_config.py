"""`gridwhistle config`."""

import json
import os
import subprocess

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


def test_settings_are_listed_for_programs() -> None:
    rows = {row["name"]: row for row in json.loads(shown("--json", GW_PORT="8123"))}

    assert rows["GW_PORT"]["value"] == "8123"
    assert rows["GW_PORT"]["default"] == "8000"
    assert rows["GW_PORT"]["services"] == ["personnel", "incidents"]
    assert rows["GW_KEYS_FILE"]["source"] == "missing"
