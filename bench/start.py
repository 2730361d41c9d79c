"""From an empty folder to a suite that is ready, and the memory that it takes with the whole demo county in it."""

import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from harness import NotTrue
from machine import memory_mb
from results import Answer

from gridwhistle.standalone.children import Child

_READY_MAX_S = 5.0
_MEMORY_MAX_MB = 250.0
_PATIENCE_S = 60.0
_IDLE_S = 25.0


async def ask(rounds: int, _seconds: float) -> list[Answer]:
    """Measure a first start, and the memory of everything when it has been idle for a while."""
    taken_s, used_mb = [], 0.0
    for number in range(rounds):
        async with _suite() as (ready_s, ready):
            taken_s.append(ready_s)
            if number == rounds - 1 and Path("/proc").exists():
                log = Path(ready["data_dir"]).parent / "suite.log"
                while "month of reports" not in log.read_text():  # the demo county comes in behind
                    await asyncio.sleep(0.1)
                await asyncio.sleep(_IDLE_S)
                used_mb = memory_mb(*ready["pids"].values())
    first = Answer(
        "an empty folder becomes a ready suite",
        statistics.median(taken_s),
        "s",
        "limit",
        _READY_MAX_S,
        1.0,
        more_is_better=False,
        rounds={"seconds": taken_s},
    )
    memory = Answer("memory of everything, idle", used_mb, "MB", "limit", _MEMORY_MAX_MB, 1.0, more_is_better=False)
    return [first, memory] if used_mb else [first]


@asynccontextmanager
async def _suite() -> AsyncIterator[tuple[float, dict[str, Any]]]:
    """Start a suite on an empty folder; give the seconds that it took and what it says of itself; stop it on leaving."""
    with tempfile.TemporaryDirectory(prefix="gridwhistle-bench-") as name:
        ready_file = Path(name) / "ready.json"
        command = [str(Path(sys.executable).parent / "gridwhistle"), "up", "--port", "0", "--data-dir", f"{name}/data"]
        started = time.perf_counter()
        child = await Child.start("suite", [*command, "--ready-file", str(ready_file)], Path(name) / "suite.log")
        try:
            while not ready_file.exists():
                if child.process.returncode is not None or time.perf_counter() - started > _PATIENCE_S:
                    raise NotTrue(f"the suite does not get ready. Its log ends:\n{child.last_words()}")
                await asyncio.sleep(0.005)
            yield time.perf_counter() - started, json.loads(ready_file.read_text())
        finally:
            await child.stop(30)
