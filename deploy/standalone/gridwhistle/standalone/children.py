"""The programs that the suite starts beside itself: found free ports for, watched, stopped."""

import asyncio
import ctypes
import os
import pwd
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType


class CannotStart(Exception):
    """Something that the suite needs cannot be had; the message says what, and what to do."""


@dataclass
class Child:
    """A running program of ours."""

    name: str
    process: asyncio.subprocess.Process
    log: Path
    stop_signal: signal.Signals

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    @classmethod
    async def start(
        cls,
        name: str,
        command: Sequence[str],
        log: Path,
        *,
        stop_signal: signal.Signals = signal.SIGTERM,
        user: pwd.struct_passwd | None = None,
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> "Child":
        """Start a program in a session of its own, so that Ctrl-C reaches us alone and we stop things in order."""
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=partial(_become, user),
                cwd="/",
                env={**os.environ, "LC_ALL": "C.UTF-8", **environment},
            )
        return cls(name, process, log, stop_signal)

    async def stop(self, patience_s: float = 10.0) -> None:
        """Ask it to stop, and make it when it does not."""
        if self.process.returncode is not None:
            return
        self.process.send_signal(self.stop_signal)
        try:
            async with asyncio.timeout(patience_s):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()

    def last_words(self) -> str:
        """Return the end of its log."""
        return self.log.read_text(errors="replace")[-1_000:].strip() if self.log.exists() else ""


def _become(user: pwd.struct_passwd | None) -> None:
    """Prepare the child between fork and exec: its user, and that the kernel stops it when the suite is killed (Linux)."""
    if user is not None:
        os.setgroups([])
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)
    if sys.platform == "linux":
        set_death_signal = 1  # PR_SET_PDEATHSIG of prctl(2)
        ctypes.CDLL(None).prctl(set_death_signal, signal.SIGINT)


def free_port() -> int:
    """Return a port of 127.0.0.1 that the system says is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
