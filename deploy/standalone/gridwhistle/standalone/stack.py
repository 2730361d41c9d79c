"""Where a suite is: in a data folder, in containers, or in databases and folders that are named; and one look at all of it."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, Final

import asyncpg
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from gridwhistle.common.again import AWAY
from gridwhistle.common.agreement import Agreement, compare
from gridwhistle.common.service import Service
from gridwhistle.standalone import key_copies
from gridwhistle.standalone.children import CannotStart
from gridwhistle.standalone.postgres import BIN, databases
from gridwhistle.standalone.services import ANCHORS, KINDS, NAMES

KEPT: Final = Path("/var/lib/gridwhistle")
"""Where a container of ours sees what the services keep, a folder each."""
_LOOKS: Final = 5
# A look lasts as long as the largest dump.
_PATIENT: Final = {"statement_timeout": "0", "transaction_timeout": "0", "idle_in_transaction_session_timeout": "0"}


@dataclass(frozen=True)
class Stack:
    """The parts of a suite that hold what it knows."""

    databases: Mapping[str, str]
    """The address of each service's database."""
    keys_files: Mapping[str, Path]
    """The key file of each service; one under an empty name, when it is the same for all."""
    attachments: Mapping[str, Path]
    """The folder of each service's attachments."""
    anchors_files: Sequence[Path]
    nats_url: str | None = None
    """Where its streams are, when it is not a suite of a data folder."""
    folder: Path | None = None
    """The data folder, when it is one."""

    def files_of(self, kind: Service) -> Path | None:
        """Return the folder of a service's attachments; None when it takes none.

        Raises:
            CannotStart: it takes some, and nobody said where they are.
        """
        if not kind.takes_files:
            return None
        if kind.name not in self.attachments:
            raise CannotStart(f"{kind.name} has attachments: name their folder with --attachments-dir.")
        return self.attachments[kind.name]

    def marks(self) -> dict[str, str]:
        """Return what each of its keys is recognised by, which opens nothing.

        Raises:
            CannotStart: a key file cannot be read, or holds no keys.
        """
        return {
            f"{name} {number}".strip(): mark
            for name, file in self.keys_files.items()
            for number, mark in key_copies.marks(file).items()
        }


@asynccontextmanager
async def in_folder(folder: Path, *, make: bool = False) -> AsyncIterator[Stack]:
    """Give the suite of a data folder, whether it runs or not.

    Raises:
        CannotStart: there is none, or its PostgreSQL does not come up.
    """
    async with databases(folder, make=NAMES if make else ()) as url:
        yield Stack(
            {name: url(name) for name in NAMES},
            {"": folder / "keys"},
            {name: folder / "attachments" / name for name in NAMES},
            [folder / ANCHORS],
            folder=folder,
        )


def in_containers(secrets: Path) -> Stack:
    """Return the suite of a deployment with containers, as its owner sees it from one of them."""
    return Stack(
        {name: (secrets / f"{name}-owner" / "gw_database_url").read_text() for name in NAMES},
        {name: secrets / name / "keys" for name in NAMES},
        {name: KEPT / name / "attachments" / name for name in NAMES},
        [KEPT / name / ANCHORS for name in NAMES],
    )


def named(
    given: Sequence[str],
    *,
    keys_file: Path | None = None,
    attachments_dir: Path | None = None,
    anchors_file: Path | None = None,
    nats_url: str | None = None,
) -> Stack:
    """Return a suite whose parts are named one by one, its databases as `service=address`.

    Raises:
        CannotStart: a service has no database, or an address is none.
    """
    urls = dict(one.split("=", 1) for one in given if "=" in one)
    if len(urls) != len(given) or urls.keys() != {*NAMES}:
        raise CannotStart(f"name the database of each service once, as service=address; the services are: {', '.join(NAMES)}.")
    for name, url in urls.items():
        try:
            if make_url(url).get_backend_name() != "postgresql" or not make_url(url).database:
                raise ArgumentError
        except (ArgumentError, ValueError):
            raise CannotStart(f"the database of {name} is to be postgresql://user@host:port/name.") from None
    return Stack(
        urls,
        {"": keys_file} if keys_file else {},
        {name: attachments_dir / name for name in NAMES} if attachments_dir else {},
        [anchors_file] if anchors_file else [],
        nats_url,
    )


@dataclass(frozen=True)
class Look:
    """All databases as they were at nearly the same moment."""

    connections: Mapping[str, Any]
    snapshots: Mapping[str, str]
    """What pg_dump is to be told, so that it sees the same."""
    agreements: Sequence[Agreement]

    @property
    def is_forked(self) -> bool:
        """Tell whether a service has heard what its source has not told."""
        return any(one.forked for one in self.agreements)


@asynccontextmanager
async def look(stack: Stack) -> AsyncIterator[Look]:
    """Look at all databases, each in one snapshot, and compare the services.

    Who listens is looked at before whom it listens to: all that it has heard by then, they have told by then. Where two listen
    to each other there is no such order, so a look that finds a fork is taken again before it is believed.

    Raises:
        CannotStart: a database cannot be reached, or has no tables of ours.
    """
    for attempt in range(_LOOKS):
        async with AsyncExitStack() as held:
            taken = await _taken(stack, held)
            if not taken.is_forked or attempt == _LOOKS - 1:
                yield taken
                return


async def _taken(stack: Stack, held: AsyncExitStack) -> Look:
    connections, snapshots = {}, {}
    for name in _listeners_first():
        try:
            connection = await asyncpg.connect(stack.databases[name], timeout=5, server_settings=_PATIENT)
            held.push_async_callback(connection.close, timeout=3)
            await held.enter_async_context(connection.transaction(isolation="repeatable_read", readonly=True))
            snapshots[name] = await connection.fetchval("SELECT pg_export_snapshot()")
        except (*AWAY, asyncpg.PostgresError) as error:
            raise CannotStart(f"the database of {name} does not take us in: {error}") from None
        connections[name] = connection
    try:
        agreements = [await compare(kind.consumer, connections[kind.name], connections) for kind in KINDS]
    except asyncpg.UndefinedTableError:
        raise CannotStart("there is nothing in the databases yet: the suite has never run on them.") from None
    return Look(connections, snapshots, agreements)


def _listeners_first() -> list[str]:
    heard_by = {name: {kind.name for kind in KINDS if name in kind.consumer.filters()} - {name} for name in NAMES}
    try:
        return [*TopologicalSorter(heard_by).static_order()]
    except CycleError:
        return [*NAMES]


def tool(name: str, url: str, *words: str) -> tuple[list[str], dict[str, str]]:
    """Return the command of one of PostgreSQL's own programs on a database, and its environment.

    Raises:
        CannotStart: it is not installed.
    """
    path = BIN / name if (BIN / name).exists() else shutil.which(name)
    if path is None:
        raise CannotStart(f"{name} is not installed; it comes with PostgreSQL and with gridwhistle-standalone.")
    address = make_url(url)
    # A command can be read by everybody on the machine, an environment cannot.
    password = {"PGPASSWORD": str(address.password)} if address.password else {}
    shown = address.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    return [str(path), *words, "--no-password", f"--dbname={shown}"], {**os.environ, "LC_ALL": "C.UTF-8", **password}


async def ended(process: asyncio.subprocess.Process) -> str | None:
    """Wait for a program to end; return what it complained of, or None."""
    assert process.stderr is not None
    said = (await process.stderr.read()).decode(errors="replace").strip()
    return (said or f"it ended with {process.returncode}") if await process.wait() else None
