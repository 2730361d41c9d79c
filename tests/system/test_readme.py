"""The examples of both READMEs, run as they stand."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.conftest import RunningSuite

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_the_examples_work_as_they_stand(suite: RunningSuite, page: str) -> None:
    blocks = re.findall(r"```bash\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)
    environment = {**os.environ, "BASE": suite.base_url, "TOKEN": suite.tokens["town_acceptor"]}

    answers = [
        subprocess.run(["bash", "-euc", block], env=environment, capture_output=True, text=True, check=True).stdout  # noqa: S603, S607
        for block in blocks
    ]

    reported, listed, accepted = answers
    assert '"title":"井盖缺失"' in reported
    assert '"items":[{' in listed
    assert '"state":"accepted"' in accepted
