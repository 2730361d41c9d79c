"""`gridwhistle audit verify`, on a suite that runs and on one that is stopped; and what auditors read."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from gridwhistle.standalone import auditing
from gridwhistle.standalone.demo.county import County
from gridwhistle.standalone.demo.load import Loader
from gridwhistle.standalone.postgres import Postgres
from gridwhistle.standalone.suite import running
from tests.conftest import RunningSuite

GRIDWHISTLE = str(Path(sys.executable).parent / "gridwhistle")


def verify(folder: Path) -> "subprocess.CompletedProcess[str]":
    command = [GRIDWHISTLE, "audit", "verify", "--data-dir", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  our own command


async def a_suite_that_ran(folder: Path) -> auditing.Verdict:
    """Run a suite with its demo county, and return what was found while it ran."""
    async with running(folder) as suite, Loader.of(suite.base_url, suite.issuer, County()) as loader:
        await loader.settle()
        return await auditing.verify(folder)


async def as_its_owner(folder: Path, statement: str) -> None:
    """Do something to the personnel service's database behind everybody's back."""
    server = await Postgres.start(folder)
    owner = await asyncpg.connect(server.url("personnel"))
    await owner.execute("SET session_replication_role = replica")
    await owner.execute(statement)
    await owner.close()
    await server.child.stop()


def test_the_audit_is_proved_running_and_stopped_and_what_was_done_to_it_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    while_it_ran = asyncio.run(a_suite_that_ran(folder))
    stopped = verify(folder)
    asyncio.run(as_its_owner(folder, "UPDATE audit SET actor_id = 'another' WHERE id = 2"))

    changed = verify(folder)

    assert while_it_ran.whole
    assert stopped.returncode == 0, stopped
    assert "against 0 anchors" not in stopped.stdout
    assert int(stopped.stdout.splitlines()[-1].partition(" rows")[0]) > len(County().grids), stopped.stdout
    assert changed.returncode == 1
    assert "personnel, seal 1, row 2: the row was changed" in changed.stderr


def test_where_no_suite_is_nothing_is_proved(tmp_path: Path) -> None:
    answer = verify(tmp_path)

    assert answer.returncode == 2
    assert "there is no suite in" in answer.stderr


# --- what auditors read ------------------------------------------------------------------------------------------------------


@pytest.fixture
def report(suite: RunningSuite) -> dict[str, Any]:
    made: dict[str, Any] = (
        suite.person("town_acceptor")
        .post("/incidents/v1/incidents", {"title": "井盖缺失", "location": {"lon": 120.152, "lat": 30.272}})
        .json()
    )
    suite.person("town_acceptor").post(f"/incidents/v1/incidents/{made['id']}/accept", {"reason": "属实"})
    return made


def test_auditors_read_who_did_what_to_a_thing(suite: RunningSuite, report: dict[str, Any]) -> None:
    auditor = suite.somebody("auditor", "990101")

    answer = auditor.get(f"/incidents/v1/audit?object_type=incident&object_id={report['id']}")

    lines = [(line["action"], line["actor_id"], line["actor_role"], line["reason"]) for line in answer.json()["items"]]
    assert lines == [
        ("accept", "demo-town_acceptor", "town_acceptor", "属实"),
        ("report", "demo-town_acceptor", "town_acceptor", None),
    ]


@pytest.mark.parametrize(
    ("query", "seen"),
    [
        pytest.param("actor_id=demo-town_acceptor", True, id="by its actor"),
        pytest.param("actor_id=somebody-else", False, id="by another actor"),
        pytest.param("since=2020-01-01T00:00:00Z", True, id="since"),
        pytest.param("until=2020-01-01T00:00:00Z", False, id="until"),
        pytest.param("object_type=shift", False, id="of another kind"),
    ],
)
def test_the_audit_is_filtered(suite: RunningSuite, report: dict[str, Any], query: str, seen: bool) -> None:
    lines = suite.somebody("auditor", "990101").get(f"/incidents/v1/audit?object_id={report['id']}&{query}").json()["items"]

    assert bool(lines) == seen


def test_an_auditor_of_another_county_reads_nothing_of_it(suite: RunningSuite, report: dict[str, Any]) -> None:
    lines = suite.somebody("auditor", "990102").get(f"/incidents/v1/audit?object_id={report['id']}").json()["items"]

    assert lines == []


def test_auditors_read_the_seals(
    suite: RunningSuite, report: dict[str, Any], eventually: Callable[[Callable[[], bool]], None]
) -> None:
    auditor = suite.somebody("auditor", "990101")
    eventually(lambda: bool(auditor.get("/incidents/v1/audit/seals").json()["items"]))

    newest = auditor.get("/incidents/v1/audit/seals?limit=1").json()["items"][0]

    assert report
    assert (newest["number"] > 0, newest["rows"] > 0, len(newest["hash"])) == (True, True, 64)
