"""Backups (备份): every database in one snapshot, the attachments that they name, and a manifest that says what is in it.

A backup is a folder. It has its name when it is whole and its files are on disk, and `.part` behind its name until then.
`sha256sum -c SHA256SUMS` checks it, and `pg_restore` reads its databases, without us.
"""

import asyncio
import datetime as dt
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import asyncpg
import orjson

from gridwhistle.common.agreement import Agreement
from gridwhistle.standalone.children import CannotStart
from gridwhistle.standalone.services import ANCHORS, KINDS, VERSION
from gridwhistle.standalone.stack import Look, Stack, ended, look, tool

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
SUMS: Final = "SHA256SUMS"
_CHUNK: Final = 1 << 20
_TABLES: Final = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname"
_POSITION: Final = """
SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM outbox_archive) AS events_told,
  (SELECT max(occurred_at) FROM outbox) AS last_told_at, (SELECT count(*) FROM waiting) AS events_waiting,
  (SELECT count(*) FROM heard) AS things_heard, (SELECT count(*) FROM parked) AS events_parked,
  (SELECT max(id) FROM audit) AS audit_last, (SELECT max(number) FROM audit_seal) AS audit_seal"""
Say = Callable[[str], None]


class CannotKeep(CannotStart):
    """A backup cannot be written, or is not one; the message says which file, and why."""


@dataclass
class Kept:
    """What a backup turned out to be."""

    folder: Path
    bytes: int
    attachments: int
    seconds: float
    agreements: list[Agreement]
    lost: list[str] = field(default_factory=list)
    """Attachments that rows name and that are not in their folder."""


async def back_up(stack: Stack, folder: Path, say: Say) -> Kept:
    """Write a backup, while the suite runs or not; what was written is taken away again when it cannot be finished.

    Raises:
        CannotStart: a database cannot be read, or nobody said where the attachments are.
        CannotKeep: the folder is there already, or cannot be written.
    """
    started, half = time.monotonic(), folder.with_name(folder.name + ".part")
    if folder.exists():
        raise CannotKeep(f"{folder} is there already; a backup goes into a new folder.")
    try:
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(mode=0o700, parents=True)
        kept = await _write(stack, half, say)
        half.rename(folder)
        _to_disk(folder.parent)
    except OSError as error:
        raise CannotKeep(
            f"it stopped at {error.filename or folder}: {error.strerror or error}. Nothing of it is kept."
        ) from None
    finally:
        shutil.rmtree(half, ignore_errors=True)
    kept.folder, kept.seconds = folder, time.monotonic() - started
    return kept


async def _write(stack: Stack, half: Path, say: Say) -> Kept:
    sums: dict[str, str] = {}
    # First, so that every seal in it is in the databases as well.
    if anchors := _lines(stack.anchors_files):
        sums[ANCHORS] = _put(anchors, half / ANCHORS)
    services: dict[str, Any] = {}
    lost: list[str] = []
    files = {kind.name: stack.files_of(kind) for kind in KINDS}
    async with look(stack) as seen:
        for kind in KINDS:
            services[kind.name] = await _facts(seen.connections[kind.name])
            name = f"{kind.name}.dump"
            sums[name] = await _dump(stack.databases[kind.name], seen.snapshots[kind.name], half / name)
            rows = sum(services[kind.name]["rows"].values())
            say(f"{kind.name}: {rows:,} rows, {_megabytes((half / name).stat().st_size)}")
            if source := files[kind.name]:
                copied, gone = await _attachments(seen, kind.name, stack.databases[kind.name], source, half)
                sums |= copied
                lost += gone
    agreements = list(seen.agreements)
    manifest = {
        "format": FORMAT,
        "release": VERSION,
        "made_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "keys": stack.marks(),
        "services": services,
        "agreement": {one.service: {"behind": one.behind, "forked": one.forked} for one in agreements},
        "attachments_lost": lost,
    }
    sums[MANIFEST] = _put(orjson.dumps(manifest, option=orjson.OPT_INDENT_2) + b"\n", half / MANIFEST)
    _put("".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items())).encode(), half / SUMS)
    size = sum(path.stat().st_size for path in half.rglob("*") if path.is_file())
    return Kept(half, size, sum("/" in name for name in sums), 0.0, agreements, lost)


async def _facts(connection: Any) -> dict[str, Any]:
    """Return which migrations a database has, how many rows in which table, and how far its events have come."""
    tables = [row[0] for row in await connection.fetch(_TABLES)]
    return {
        "migrations": sorted(row[0] for row in await connection.fetch("SELECT version_num FROM alembic_version")),
        "position": dict(await connection.fetchrow(_POSITION)),
        "rows": await count_rows(connection, tables),
    }


async def count_rows(connection: Any, tables: Iterable[str]) -> dict[str, int]:
    """Return how many rows each table has."""
    return {table: await connection.fetchval(f'SELECT count(*) FROM "{table}"') for table in tables}


async def _dump(url: str, snapshot: str, path: Path) -> str:
    command, environment = tool("pg_dump", url, "--format=custom", f"--snapshot={snapshot}")
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=environment
    )
    assert process.stdout is not None
    complaint = asyncio.create_task(ended(process))
    digest = hashlib.sha256()
    try:
        # It comes through our hands, so that a full disk is seen in one place, and nothing is read twice.
        with path.open("xb") as file:
            while chunk := await process.stdout.read(_CHUNK):
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        if said := await complaint:
            raise CannotKeep(f"pg_dump does not read {url.rpartition('/')[2]}: {said}")
    except OSError as error:
        error.filename = error.filename or str(path)
        raise
    finally:
        if process.returncode is None:
            process.kill()
        await complaint
    return digest.hexdigest()


async def _attachments(seen: Look, name: str, url: str, source: Path, half: Path) -> tuple[dict[str, str], list[str]]:
    """Copy the files that rows name; return their sums, and which files are not where they should be."""
    sums: dict[str, str] = {}
    missing: list[str] = []
    for row in await seen.connections[name].fetch("SELECT DISTINCT sha256 FROM attachment ORDER BY sha256"):
        file = Path("attachments") / name / row[0][:2] / row[0]
        try:
            sums[str(file)] = await asyncio.to_thread(_copy, source / row[0][:2] / row[0], half / file)
        except FileNotFoundError:
            missing.append(row[0])
    # What was taken away with its row while we copied is no loss.
    connection = await asyncpg.connect(url, timeout=5)
    try:
        lost = await connection.fetch("SELECT DISTINCT sha256 FROM attachment WHERE sha256 = ANY($1::text[])", missing)
    finally:
        await connection.close(timeout=3)
    return sums, [row[0] for row in lost]


def _lines(files: Iterable[Path]) -> bytes:
    """Return the lines of all files, each once: files that were restored have the others' lines as well."""
    lines = [line for file in files if file.exists() for line in file.read_bytes().split(b"\n") if line]
    return b"".join(line + b"\n" for line in dict.fromkeys(lines))


def _copy(source: Path, target: Path) -> str:
    """Copy a file; return its sum."""
    return _put(source.read_bytes(), target)


def _put(content: bytes, target: Path) -> str:
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with target.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(target)) from None
    return hashlib.sha256(content).hexdigest()


def _to_disk(folder: Path) -> None:
    """Let the name outlive a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"


def read_manifest(folder: Path) -> Mapping[str, Any]:
    """Check every file of a backup against its sum, and return the manifest.

    Raises:
        CannotKeep: it is no backup, or not as it was written: the message names the first file that is not.
    """
    if not (folder / SUMS).exists():
        half = " It was not finished." if folder.name.endswith(".part") else ""
        raise CannotKeep(f"{folder} is no backup: it has no {SUMS}.{half}")
    lines = (line.partition("  ") for line in (folder / SUMS).read_text().splitlines())
    listed = {name: sum_ for sum_, _, name in lines}
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} - {SUMS}
    needed = {MANIFEST, *(f"{kind.name}.dump" for kind in KINDS)}
    if wrong := sorted((there ^ listed.keys()) | (needed - there)):
        fault = "is missing" if wrong[0] not in there else f"is not in {SUMS}"
        raise CannotKeep(f"the backup is damaged: {folder / wrong[0]} {fault}.")
    for name, sum_ in sorted(listed.items()):
        with (folder / name).open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != sum_:
                raise CannotKeep(f"the backup is damaged: {folder / name} is not what was written.")
    manifest: Mapping[str, Any] = orjson.loads((folder / MANIFEST).read_bytes())
    if manifest["format"] != FORMAT:
        raise CannotKeep(f"the backup has format {manifest['format']}, and this release reads format {FORMAT}.")
    return manifest
