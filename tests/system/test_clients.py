"""Clients in Python and TypeScript, generated as the integrator's guide says, call a running suite.

The tools come from the package registries, so this is run by `make clients-test`; where there are none it is skipped.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import RunningSuite

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/guide-integrator.md").read_text(encoding="utf-8")
PYTHON_IS_MADE, TYPESCRIPT_IS_MADE = re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)
pytestmark = pytest.mark.clients


def program(language: str) -> str:
    """Return the program of the guide."""
    found = re.search(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)
    assert found is not None
    return found[1]


def told_by(script: str, suite: RunningSuite, folder: Path) -> str:
    """Return what the guide's commands print."""
    app = suite.issuer.token("my-app", ["integrator"], ["990101"], scope="incidents:report incidents:read")
    done = subprocess.run(  # noqa: S603
        ["bash", "-euo", "pipefail", "-c", script],  # noqa: S607
        cwd=folder, env={**os.environ, "BASE": suite.base_url, "APP": app},
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    if any(sign in done.stderr for sign in ("No matching distribution", "ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT")):
        pytest.skip(f"no package registry is reached: {done.stderr[-300:]}")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_client_in_python_files_a_report_and_reads_it_back(suite: RunningSuite, tmp_path: Path) -> None:
    (tmp_path / "first.py").write_text(program("python"), encoding="utf-8")

    told = told_by(PYTHON_IS_MADE, suite, tmp_path)

    assert "WARNING" not in told, "the generator left something out"
    assert told.splitlines()[-1] == "python: 护栏松动 reported 1"


def test_a_client_in_typescript_files_a_report_and_reads_it_back(suite: RunningSuite, tmp_path: Path) -> None:
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("there is no node here")
    (tmp_path / "first.ts").write_text(program("ts"), encoding="utf-8")

    told = told_by(TYPESCRIPT_IS_MADE, suite, tmp_path)

    assert told.splitlines()[-1] == "typescript: 护栏松动 reported 1"
