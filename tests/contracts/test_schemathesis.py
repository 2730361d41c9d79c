"""Schemathesis reads each service's contract and tries to catch the running suite out, with every check that it has."""

import subprocess
import sys
from pathlib import Path

import pytest

from gridwhistle.standalone.services import NAMES
from tests.conftest import RunningSuite

HERE = Path(__file__).parent / "schemathesis"


@pytest.mark.parametrize(
    ("examples", "seed"),
    [pytest.param(3, 1, id="short"), pytest.param(100, 2, id="long", marks=pytest.mark.long)],
)
@pytest.mark.parametrize("service", NAMES)
def test_the_service_keeps_its_contract(
    punchbag: RunningSuite, service: str, examples: int, seed: int, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    # One caller who may do everything: what is tried is the contract, not who may.
    asked = [f"{punchbag.base_url}/{service}/openapi.json", "-H", f"Authorization: Bearer {punchbag.everybody()}"]
    how = ["--checks", "all", "--max-examples", str(examples), "--seed", str(seed), "--no-color"]

    # Nothing of this machine's environment; what hypothesis knows of characters is counted once for all services.
    environment = {
        "SCHEMATHESIS_HOOKS": str(HERE / "hooks.py"),
        "HYPOTHESIS_STORAGE_DIRECTORY": str(tmp_path_factory.getbasetemp() / "hypothesis"),
        "PYTHONIOENCODING": "utf-8",
    }

    run = subprocess.run(  # noqa: S603  our own arguments
        [
            sys.executable,
            *("-c", "from schemathesis.cli import schemathesis; schemathesis()"),
            *("--config-file", str(HERE / "schemathesis.toml"), "run", *asked, *how),
        ],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    sys.stdout.write("\n".join(run.stdout.splitlines()[-12:]))
    faults = max(run.stdout.find(" FAILURES "), 0)  # the warnings after them are longer
    assert run.returncode == 0, run.stdout[faults : faults + 8_000] + run.stderr[-2_000:]
    assert " passed" in run.stdout
