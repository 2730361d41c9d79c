"""The way back from an upgrade: the services of the release before run on the databases that this code has extended.

Its code is taken from the history. Every service of it runs as a process of its own, behind this code's one port, and one
report goes from found to closed, with a worker on shift whom the other service knows from events alone.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import pytest

from gridwhistle.common import migrations
from gridwhistle.incidents.app import INCIDENTS
from gridwhistle.standalone.postgres import Postgres
from gridwhistle.standalone.services import KINDS
from gridwhistle.standalone.suite import Suite, running
from tests.conftest import Loop
from tests.releases import releases

GRID, WATER = "990101001001001", "990101-water"
CORNERS = [[120.15, 30.27], [120.16, 30.27], [120.16, 30.28], [120.15, 30.28], [120.15, 30.27]]
LAND = {"type": "Polygon", "coordinates": [CORNERS]}
MADE: list[tuple[str, dict[str, Any]]] = [
    ("areas", {"area_code": "990101000000", "level": "county", "name": "示例县"}),
    ("areas", {"area_code": "990101001000", "level": "township", "name": "望湖街道"}),
    ("areas", {"area_code": "990101001001", "level": "community", "name": "示例社区"}),
    ("organisations", {"org": WATER, "area_code": "990101000000", "name": "示例县水务局", "kind": "department"}),
    (
        "grids",
        {"grid_code": GRID, "name": "第一网格", "households": 300, "boundary": LAND},
    ),
    ("workers", {"name": "冯立新", "area_code": "990101001001", "employment": "full_time", "org": WATER}),
]
STEPS: list[tuple[str, str, dict[str, Any]]] = [
    ("accept", "town_acceptor", {}),
    ("file", "town_acceptor", {"category": "C-0101"}),
    ("dispatch", "town_dispatcher", {"lead_org": WATER}),
    ("sign", "dept_desk", {}),
    ("submit", "dept_handler", {"result": "已更换井盖并复位"}),
    ("confirm", "dept_leader", {}),
    ("order_check", "town_acceptor", {}),
]


@pytest.fixture
def before(tmp_path: Path, background: Loop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Suite]:
    """Run the services of the release before on databases of this code."""
    last = releases()[-1]
    last.unpack(tmp_path / "before")
    # A service that it did not have yet has nothing to go back to.
    monkeypatch.setattr("gridwhistle.standalone.isolated.KINDS", [kind for kind in KINDS if kind.name in last.migrations])
    folders = [tmp_path / "before" / part for part in ("libs/common", "services/incidents", "services/personnel")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, folders)))
    whose = subprocess.run(
        [
            sys.executable,
            "-c",
            "import gridwhistle.common.service as it, gridwhistle.incidents.app as app; print(it.__file__, app.__file__)",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert all(path.startswith(str(tmp_path / "before")) for path in whose.stdout.split()), whose.stdout
    stack = AsyncExitStack()
    yield background.run(stack.enter_async_context(running(tmp_path / "data", isolated=True)))
    background.run(stack.aclose())


def test_the_release_before_runs_on_the_databases_of_this_one(before: Suite) -> None:
    with httpx2.Client(base_url=before.base_url, timeout=30) as client:

        def post(role: str, path: str, content: dict[str, Any] | None = None, subject: str = "somebody") -> dict[str, Any]:
            org = WATER if role.startswith("dept_") else None
            token = before.issuer.token(f"{subject}-{role}" if subject == "somebody" else subject, [role], ["990101"], org=org)
            answer = client.post(path, json=content, headers={"Authorization": f"Bearer {token}"})
            assert answer.is_success, answer.text
            made: dict[str, Any] = answer.json()
            return made

        for plural, content in MADE:
            made = post("county_admin", f"/personnel/v1/{plural}", content)
        worker_id = made["id"]
        post("county_admin", f"/personnel/v1/workers/{worker_id}/assignments", {"grid_code": GRID})
        post("grid_worker", "/personnel/v1/shifts", {"grid_code": GRID}, worker_id)
        report = {"title": "井盖缺失", "location": {"lon": 120.155, "lat": 30.275}, "area_code": GRID[:12]}
        end = time.monotonic() + 30
        while True:  # until the other service has heard of the grid
            incident = post("town_acceptor", "/incidents/v1/incidents", report)
            if incident["grid_code"] or time.monotonic() > end:
                break
            time.sleep(0.1)
        for action, role, content in STEPS:
            incident = post(role, f"/incidents/v1/incidents/{incident['id']}/{action}", content)
        checked = post("grid_worker", f"/incidents/v1/incidents/{incident['id']}/checked", {"reason": "看过"}, worker_id)
        closed = post("town_acceptor", f"/incidents/v1/incidents/{incident['id']}/close", {})

    assert incident["grid_code"] == GRID
    assert (checked["state"], closed["state"]) == ("checked", "closed")


@pytest.mark.anyio
async def test_a_database_of_a_later_release_stays_as_it_is(postgres: Postgres) -> None:
    await postgres.ensure_database("later")
    await migrations.upgrade(INCIDENTS, postgres.url("later"))
    connection = await asyncpg.connect(postgres.url("later"))
    await connection.execute("UPDATE alembic_version SET version_num = 'plumbing_9999' WHERE version_num LIKE 'plumbing%'")

    await migrations.upgrade(INCIDENTS, postgres.url("later"))

    assert await connection.fetchval("SELECT count(*) FROM alembic_version WHERE version_num = 'plumbing_9999'") == 1
    await connection.close()
