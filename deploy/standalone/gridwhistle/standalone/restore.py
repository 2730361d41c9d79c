"""Puts a backup back (恢复): into an empty suite, the databases first, then the attachments, the audit's anchors and the keys.

Streams are not restored. The relay finds another stream than the one it knew and publishes every event again, under a new
epoch; consumers pass over what they have heard, and hear the rest.
"""

import asyncio
import datetime as dt
import os
import shutil
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import asyncpg
from nats.aio.client import Client
from nats.js.errors import NotFoundError

from gridwhistle.common.again import AWAY
from gridwhistle.common.bus import BUS_AWAY, stream_name
from gridwhistle.standalone.backup import CannotKeep, Say, count_rows, read_manifest
from gridwhistle.standalone.children import CannotStart
from gridwhistle.standalone.services import ANCHORS, KINDS, NAMES
from gridwhistle.standalone.stack import Stack, ended, tool

# What PostgreSQL does by itself is nobody's; what kind of session another user's is, it does not say.
_OTHERS: Final = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid() AND usesysid IS NOT NULL"
)
_TABLES: Final = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
# Functions of an extension go with the extension alone.
_ROUTINES: Final = (
    "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
    " AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')"
)
_BUS_PATIENCE_S: Final = 5.0


async def restore(
    stack: Stack,
    folder: Path,
    say: Say,
    *,
    manifest: Mapping[str, Any],
    keys: bytes | None = None,
    replace: bool = False,
    only: Collection[str] = NAMES,
) -> float:
    """Put a backup back, and return how many seconds it took.

    Args:
        stack: where to; its databases are there, and empty.
        folder: of the backup.
        say: hears how far it is.
        manifest: of the backup, as `readable` returned it.
        keys: the key file that is to be put in place, if the stack has not got it.
        replace: whether what is there may go. A key file and anchors are kept under another name.
        only: the services whose databases are put back, when the others are as they should be.

    Raises:
        CannotStart: a database cannot be reached or is in use, or something is there already.
    """
    started = time.monotonic()
    kinds = [kind for kind in KINDS if kind.name in only]
    files = {kind.name: stack.files_of(kind) for kind in kinds}
    for kind in kinds:
        await _is_free(stack, kind.name, replace=replace)
    for place in (*files.values(), stack.folder and stack.folder / "nats"):
        if place and not replace and any(path.is_file() and path.name != ".lock" for path in place.rglob("*")):
            raise CannotStart(f"{place} is not empty: restore into an empty suite, or say --replace to lose what is there.")
    await _forget_streams(stack, say, replace=replace)
    try:
        for kind in kinds:
            told = manifest["services"][kind.name]["rows"]
            await _database(stack.databases[kind.name], folder / f"{kind.name}.dump", told)
            say(f"{kind.name}: {sum(told.values()):,} rows")
            if target := files[kind.name]:
                source = folder / "attachments" / kind.name
                copied = [path for path in source.rglob("*") if path.is_file()]
                for path in copied:
                    _put(path.read_bytes(), target / path.relative_to(source))
                say(f"{kind.name}: {len(copied):,} attachments")
        if {*only} == {*NAMES}:
            _anchors(stack, folder)
        if keys and "" in stack.keys_files:
            _keys(stack.keys_files[""], keys)
    except OSError as error:
        why = f"it stopped at {error.filename or 'a database'}: {error.strerror or error}"
        raise CannotStart(f"{why}. Make room, and restore again with --replace.") from None
    return time.monotonic() - started


# --- before anything is touched ----------------------------------------------------------------------------------------------


def readable(folder: Path, marks: Mapping[str, str], where: str) -> Mapping[str, Any]:
    """Return the manifest of a backup that this release can put back, with keys that open what is in it.

    Without the keys the databases would come back, and everything sealed in them would be lost without a word.

    Args:
        folder: of the backup.
        marks: what the keys that are at hand are recognised by.
        where: they are, in words.

    Raises:
        CannotKeep: the backup is damaged, made by a newer release, or its keys are missing.
    """
    manifest = read_manifest(folder)
    for kind in KINDS:
        known = kind.newest_migrations()
        for migration in manifest["services"][kind.name]["migrations"]:
            if migration > known.get(migration.rpartition("_")[0], ""):
                raise CannotKeep(
                    f"the backup was made by a newer release ({manifest['release']}, {migration} of {kind.name});"
                    f" this one knows {', '.join(sorted(known.values()))}. Restore it with that release."
                )
    if missing := [number for number, mark in manifest["keys"].items() if marks.get(number) != mark]:
        raise CannotKeep(
            f"the backup is sealed under keys that are not {where} (number {', '.join(missing)}): give their copy with --keys,"
            " or put the key file in place. Without them no personal value and no attachment can be read again."
        )
    return manifest


async def _is_free(stack: Stack, name: str, *, replace: bool) -> None:
    try:
        connection = await asyncpg.connect(stack.databases[name], timeout=5)
    except (*AWAY, asyncpg.PostgresError) as error:
        raise CannotStart(f"the database of {name} does not take us in: {error}") from None
    try:
        if others := await connection.fetchval(_OTHERS):
            raise CannotStart(f"the database of {name} is in use ({others} connections): stop the services, then restore.")
        if await connection.fetch(_TABLES) and not replace:
            raise CannotStart(f"the database of {name} is not empty: restore into an empty suite, or say --replace to lose it.")
    finally:
        await connection.close(timeout=3)


async def _forget_streams(stack: Stack, say: Say, *, replace: bool) -> None:
    """Let no stream tell of what the restored databases do not know; they are filled again."""
    if stack.folder:
        shutil.rmtree(stack.folder / "nats", ignore_errors=True)
        return
    if stack.nats_url is None:
        say("NATS was not asked: give --nats-url, or empty its store yourself before the services start")
        return
    client = Client()
    try:
        async with asyncio.timeout(_BUS_PATIENCE_S):
            await client.connect(stack.nats_url, max_reconnect_attempts=1, reconnect_time_wait=0, error_cb=_say_nothing)
        js = client.jetstream(timeout=_BUS_PATIENCE_S)
        for stream in map(stream_name, NAMES):
            with suppress(NotFoundError):
                await js.stream_info(stream)
                if not replace:
                    raise CannotStart(f"the stream {stream} is there already: empty NATS, or say --replace to lose it.")
                await js.delete_stream(stream)
    except BUS_AWAY as error:
        raise CannotStart(
            f"NATS does not do what is needed ({type(error).__name__}): give a user who may delete streams."
        ) from None
    finally:
        if client.is_connected:
            await client.close()


async def _say_nothing(_error: Exception) -> None:
    """NATS is asked once, and what it raises is said."""


# --- putting back ------------------------------------------------------------------------------------------------------------


async def _database(url: str, dump: Path, rows: Mapping[str, int]) -> None:
    """Put a database back in one transaction, and count its rows."""
    connection = await asyncpg.connect(url, timeout=5, command_timeout=None)
    name = url.rpartition("/")[2]
    try:
        async with connection.transaction():
            for (table,) in await connection.fetch(_TABLES):
                await connection.execute(f'DROP TABLE "{table}" CASCADE')
            for (routine,) in await connection.fetch(_ROUTINES):
                await connection.execute(f"DROP ROUTINE {routine} CASCADE")
        command, environment = tool(
            "pg_restore", url, "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"
        )
        process = await asyncio.create_subprocess_exec(
            *command, str(dump), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE, env=environment
        )
        if said := await ended(process):
            raise CannotStart(f"pg_restore does not put {name} back: {said}. The database is empty now.")
        found = await count_rows(connection, rows)
        if wrong := [table for table, count in rows.items() if found[table] != count]:
            raise CannotStart(f"{name} has other rows than the backup, in {', '.join(wrong)}.")
        # Whatever stream is there is another one than it knew: all of its events are published again.
        await connection.execute("UPDATE stream SET created = ''")
        await connection.execute("ANALYZE")
    except asyncpg.PostgresError as error:
        raise CannotStart(f"{name} cannot be put back: {error}. Restore again with --replace.") from None
    finally:
        await connection.close(timeout=3)


def _anchors(stack: Stack, folder: Path) -> None:
    if (folder / ANCHORS).exists():
        for file in stack.anchors_files:
            _keep_old(file)
            _put((folder / ANCHORS).read_bytes(), file)


def _keys(file: Path, keys: bytes) -> None:
    if not (file.exists() and file.read_bytes() == keys):
        _keep_old(file)
        _put(keys, file)


def _keep_old(path: Path) -> None:
    """Put aside what is in the way; keys and anchors are never lost."""
    if path.exists():
        path.rename(path.with_name(f"{path.name}.{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%SZ}"))


def _put(content: bytes, target: Path) -> None:
    half = target.with_name(target.name + ".part")
    made = [folder for folder in target.parents if not folder.exists()]
    owner = (made[-1] if made else target).parent.stat()
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        half.touch(mode=0o600)
        with half.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if os.geteuid() == 0:  # who restores for somebody else
            for path in (half, *made):
                os.chown(path, owner.st_uid, owner.st_gid)
        half.rename(target)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(target)) from None
