"""What a service does in the background."""

import asyncio
import logging
from typing import Any

import pytest

from gridwhistle.common.database import Database
from gridwhistle.common.problems import Busy
from gridwhistle.common.running import Running, keep_up


@pytest.fixture
def service(database: Database) -> Running:
    return Running(database, None, None, "toolshed")  # type: ignore[arg-type]


@pytest.mark.anyio
@pytest.mark.parametrize("mistake", [Busy(), ValueError("13800138000")], ids=["the database is busy", "a mistake of ours"])
async def test_a_loop_that_fails_begins_anew_and_its_error_is_told_without_its_text(
    service: Running, mistake: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("gridwhistle.common.running._BREATH_S", 0)
    runs: list[Running] = []
    third = asyncio.Event()

    async def count(service: Running) -> None:
        runs.append(service)
        if len(runs) == 3:
            third.set()
            await asyncio.Event().wait()
        raise mistake

    with caplog.at_level(logging.INFO):
        task: asyncio.Task[Any] = asyncio.create_task(keep_up(count, service))
        async with asyncio.timeout(30):
            await third.wait()
    task.cancel()

    assert runs == [service] * 3
    assert caplog.text.count("count of toolshed") == 2
    assert "13800138000" not in caplog.text
