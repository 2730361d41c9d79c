"""The examples of the guides, run as they stand."""

import os
import re
import subprocess
from pathlib import Path

from tests.conftest import RunningSuite

ROOT = Path(__file__).parents[2]


def test_the_guide_for_a_street_leads_a_report_through_its_whole_life(suite: RunningSuite, tmp_path: Path) -> None:
    blocks = re.findall(r"```bash\n(.*?)```", (ROOT / "docs/guide-street.md").read_text(), re.DOTALL)
    tokens = tmp_path / "tokens"
    tokens.write_text("".join(f"{name}={token}\n" for name, token in suite.tokens.items()))
    environment = {**os.environ, "BASE": suite.base_url, "TOKENS": str(tokens)}

    told = subprocess.run(  # noqa: S603
        ["bash", "-euc", "\n".join(blocks)],  # noqa: S607
        env=environment, capture_output=True, text=True, check=True, timeout=60,
    ).stdout.splitlines()  # fmt: skip

    said = [line for line in told if re.match(r"[a-z_]+: ", line) and not re.match(r"[a-z_]+: .* → ", line)]
    assert said == [
        "order_verification: order_verification is done by: township acceptor.",
        "order_verification: verifying",
        "verified: accepted",
        "file: filed",
        "dispatch: dispatched",
        "object: objected",
        "deny_objection: dispatched",
        "sign: in_progress",
        said[8],
        "request_extension: in_progress",
        "endorse: in_progress",
        "approve: in_progress",
        "submit: dept_review",
        "confirm: handled",
        "order_check: checking",
        "checked: checked is done by: grid worker.",
        "check_failed: rework",
        "redispatch: in_progress",
        "submit: dept_review",
        "confirm: handled",
        "order_check: checking",
        "checked: checked",
        "close: closed",
        "callback: in_progress",
        "submit: dept_review",
        "confirm: handled",
        "order_check: checking",
        "checked: checked",
        "close: closed",
        "reopen: It was reopened once before; what is still wrong is for supervision.",
    ]
    assert said[8].startswith("object: The incident is in_progress, so object is not possible")
    assert any("request (extension, material is awaited): approved" in line for line in told)


def test_the_guide_to_grids_works_as_it_stands(suite: RunningSuite) -> None:
    text = (ROOT / "docs/guide-grids.md").read_text(encoding="utf-8")
    script = "echo =====\n".join(re.findall(r"```bash\n(.*?)```", text, re.DOTALL))
    tokens = {
        name: suite.issuer.token(f"guide-{name}", [f"{name.lower()}_admin"], [area])
        for name, area in (("TOWN", "990101001"), ("COUNTY", "990101"), ("CITY", "990101"))
    }

    environment = {**os.environ, **tokens, "BASE": suite.base_url}
    done = subprocess.run(["bash", "-euc", script], env=environment, capture_output=True, text=True, check=True)  # noqa: S603, S607

    filed, versions, located = done.stdout.split("=====")
    assert '"state":"filed"' in filed
    assert '"code":"households_below"' in filed
    assert versions.count('"edition"') == 2
    assert '"households":410' in versions
    assert '"found":[0,null]' in located
    assert '"grid_code":"990101' in located
