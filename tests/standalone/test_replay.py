"""`gridwhistle replay`: copies made anew from what was told."""

import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from tests.conftest import RunningSuite

GRIDWHISTLE = str(Path(sys.executable).parent / "gridwhistle")
COPIES = ("known_grid", "known_organisation", "known_shift")


async def copied(suite: RunningSuite) -> dict[str, list[asyncpg.Record]]:
    connection = await asyncpg.connect(suite.postgres.url("incidents"))
    try:
        return {table: await connection.fetch(f"SELECT t::text FROM {table} t ORDER BY id") for table in COPIES}
    finally:
        await connection.close()


@pytest.mark.anyio
async def test_lost_and_spoilt_copies_are_made_anew_from_what_was_told(suite: RunningSuite) -> None:
    before = await copied(suite)
    connection = await asyncpg.connect(suite.postgres.url("incidents"))
    await connection.execute("DELETE FROM known_grid; UPDATE known_organisation SET name = 'spoilt'")
    await connection.close()

    done = subprocess.run(  # noqa: ASYNC221, S603  our own command
        [GRIDWHISTLE, "replay", "incidents", "--data-dir", str(suite.folder)], capture_output=True, text=True, check=True
    )

    assert await copied(suite) == before
    assert f"known_grid: {len(before['known_grid']):,} rows" in done.stdout


def test_who_names_no_suite_or_no_service_is_told_so(tmp_path: Path) -> None:
    nothing = subprocess.run(  # noqa: S603  our own command
        [GRIDWHISTLE, "replay", "incidents", "--data-dir", str(tmp_path)], capture_output=True, text=True, check=False
    )
    nobody = subprocess.run([GRIDWHISTLE, "replay", "nobody"], capture_output=True, text=True, check=False)  # noqa: S603  the same

    assert (nothing.returncode, nobody.returncode) == (1, 2)
    assert "there is no suite in" in nothing.stderr
    assert "there are: personnel, incidents" in nobody.stderr
