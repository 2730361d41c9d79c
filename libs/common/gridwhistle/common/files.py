"""Keeps files in a folder, sealed, each under the SHA-256 of its content; the same content twice is one file."""

import asyncio
import fcntl
import hashlib
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from gridwhistle.common.ids import new_id
from gridwhistle.common.sealing import CannotOpen, Seal

_AT_ONCE: Final = 2
"""Pictures decoded at the same time; each may take a quarter of a gigabyte."""
ORPHANS_KEPT_S: Final = 24 * 3600.0
"""How long a file waits for the row that names it."""


class Files:
    """A folder of sealed files. A file is kept before the row that names it is written; what no row names goes after a day."""

    def __init__(self, folder: Path, seal: Seal) -> None:
        """Take the folder, which belongs to one service, and the seal."""
        self._folder, self._seal = folder, seal
        self.decoding = asyncio.Semaphore(_AT_ONCE)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    async def keep(self, content: bytes) -> str:
        """Keep a content, on disk when this returns; return its name, the SHA-256 in hexadecimal digits."""
        return await asyncio.to_thread(self._keep, content)

    async def read(self, name: str) -> bytes:
        """Return a content.

        Raises:
            FileNotFoundError: it is not there.
            CannotOpen: its key is not in the ring, or it was changed.
        """
        return await asyncio.to_thread(lambda: self._seal.open(self._path(name).read_bytes(), f"attachment|{name}"))

    async def old(self) -> AsyncIterator[list[str]]:
        """Give the names of all files that were kept more than a day ago, a shelf at a time; delete what was never finished."""
        for half in await asyncio.to_thread(self._old_in, self._folder):
            if half.suffix == ".part":
                half.unlink(missing_ok=True)
        for shelf in sorted(self._folder.glob("[0-9a-f][0-9a-f]")):
            yield [path.name for path in await asyncio.to_thread(self._old_in, shelf)]

    async def drop(self, name: str) -> None:
        """Delete a file, unless it was kept again within the last day."""
        await asyncio.to_thread(self._drop, name)

    def _keep(self, content: bytes) -> str:
        name = hashlib.sha256(content).hexdigest()
        path = self._path(name)
        # Many may keep at once, but nobody while one drops: a content found here must still be here when its row commits.
        with self._locked(fcntl.LOCK_SH):
            if path.exists():
                os.utime(path)
                return name
            self._write(content, path)
        return name

    def _write(self, content: bytes, path: Path) -> None:
        half = self._folder / f"{new_id()}.part"
        with half.open("xb") as file:
            file.write(self._seal.close(content, f"attachment|{path.name}"))
            file.flush()
            os.fsync(file.fileno())
        path.parent.mkdir(mode=0o700, exist_ok=True)
        half.rename(path)
        for folder in (path.parent, self._folder):
            _sync(folder)

    def reseal(self) -> tuple[int, int]:
        """Seal again what older keys seal; return how many files it was, and how many nobody can open."""
        again = lost = 0
        for path in self._folder.glob("[0-9a-f][0-9a-f]/*"):
            with self._locked(fcntl.LOCK_SH), suppress(FileNotFoundError):
                sealed = path.read_bytes()
                if sealed[1:2] != bytes((self._seal.current,)):
                    try:
                        self._write(self._seal.open(sealed, f"attachment|{path.name}"), path)
                        again += 1
                    except CannotOpen:
                        lost += 1
        return again, lost

    def _drop(self, name: str) -> None:
        with self._locked(fcntl.LOCK_EX):
            if self._path(name) in self._old_in(self._path(name).parent):
                self._path(name).unlink()

    @staticmethod
    def _old_in(folder: Path) -> list[Path]:
        before = time.time() - ORPHANS_KEPT_S
        return [Path(entry) for entry in os.scandir(folder) if entry.is_file() and entry.stat().st_mtime < before]

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name

    @contextmanager
    def _locked(self, how: int) -> Iterator[None]:
        with (self._folder / ".lock").open("w") as lock:
            fcntl.flock(lock, how)
            yield


def _sync(folder: Path) -> None:
    """Let a new name in a folder outlive a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
