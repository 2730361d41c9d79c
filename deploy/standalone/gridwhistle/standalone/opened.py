"""The databases of a suite's services, opened by a command of an operator: whether the suite runs or is stopped."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gridwhistle.common.database import Database
from gridwhistle.common.sealing import Seal, read_keys
from gridwhistle.standalone.postgres import databases

if TYPE_CHECKING:
    from gridwhistle.common.service import Service


async def each(folder: Path, *kinds: "Service") -> "AsyncIterator[tuple[Service, Database]]":
    """Yield services of a data folder, each with its database."""
    async with databases(folder) as url:
        seal = Seal(read_keys(folder / "keys"))
        for kind in kinds:
            async with Database(url(kind.name), seal, kind.constraints, presets=kind.presets).connected() as database:
                yield kind, database


@asynccontextmanager
async def of(kind: "Service", folder: Path) -> AsyncIterator[Database]:
    """Return the database of one service of a data folder."""
    async for _, database in each(folder, kind):
        yield database
