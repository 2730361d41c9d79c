"""What the machine is, and who uses it: processes, their processor time and memory, the disk."""

import os
import platform
import statistics
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_FSYNCS = 200


@dataclass(frozen=True)
class Process:
    """A process as the kernel tells of it."""

    parent: int
    cpu_s: float
    """Its own processor time, and that of the children it has seen end."""


def processes() -> dict[int, Process]:
    """Return every process by its id; nothing where there is no /proc."""
    found = {}
    for folder in _PROC.glob("[0-9]*"):
        try:
            # The name, in brackets, may hold anything; what follows it is: state, parent, …
            words = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        found[int(folder.name)] = Process(int(words[1]), sum(map(int, words[11:15])) / _TICKS_A_SECOND)
    return found


def tree(root: int, everyone: dict[int, Process]) -> list[int]:
    """Return a process and all below it."""
    children = defaultdict(list)
    for pid, process in everyone.items():
        children[process.parent].append(pid)
    found = [root] if root in everyone else []
    for pid in found:
        found += children[pid]
    return found


def cpu_s(root: int, everyone: dict[int, Process]) -> float:
    """Return the processor time of a process and all below it."""
    return sum(everyone[pid].cpu_s for pid in tree(root, everyone))


def memory_mb(*roots: int) -> float:
    """Return the memory of processes and all below them; what several share counts once (PSS)."""
    everyone = processes()
    total_kb = 0
    for pid in {pid for root in roots for pid in tree(root, everyone)}:
        lines = (_PROC / str(pid) / "smaps_rollup").read_text().splitlines()
        total_kb += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total_kb / 1024


@dataclass(frozen=True)
class Moment:
    """What everybody had used up to now."""

    at: float
    busy_s: float
    everyone: dict[int, Process]

    @classmethod
    def now(cls) -> "Moment":
        """Look."""
        busy_s = 0.0
        if (_PROC / "stat").exists():
            user, nice, system, _idle, _waits, *interrupts = map(int, (_PROC / "stat").read_text().split("\n")[0].split()[1:9])
            busy_s = (user + nice + system + sum(interrupts)) / _TICKS_A_SECOND
        return cls(time.monotonic(), busy_s, processes())

    def foreign_since(self, before: "Moment") -> float:
        """Return the share of all processors that went to others (and to the host's other guests) since then."""
        ours = cpu_s(os.getpid(), self.everyone) - cpu_s(os.getpid(), before.everyone)
        capacity = (self.at - before.at) * (os.cpu_count() or 1)
        return max(0.0, (self.busy_s - before.busy_s - ours) / capacity)


def fdatasync_us() -> float:
    """Return how long the disk takes to keep 8 kB, the median of 200: the floor of every commit."""
    sync = getattr(os, "fdatasync", os.fsync)
    taken = []
    with tempfile.TemporaryFile(buffering=0) as file:
        for _ in range(_FSYNCS):
            file.seek(0)
            file.write(bytes(8192))
            started = time.perf_counter()
            sync(file.fileno())
            taken.append(time.perf_counter() - started)
    return statistics.median(taken) * 1e6


def facts() -> dict[str, object]:
    """Return what somebody who compares needs to know of the machine."""
    return {
        "processors": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "fdatasync_us": round(fdatasync_us()),
    }
