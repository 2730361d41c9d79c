"""Writes a migration for what has changed in the tables: `python -m gridwhistle.standalone.migration SERVICE MESSAGE`.

SERVICE is a service, or `plumbing` for the tables that every service's database carries.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from gridwhistle.common import migrations
from gridwhistle.standalone.postgres import Postgres
from gridwhistle.standalone.services import KINDS


async def write(branch: str, message: str) -> None:
    """Bring an empty database to the newest version, compare, and write the difference down."""
    kinds = {kind.name: kind for kind in KINDS}
    kind = kinds.get(branch, KINDS[0])
    if branch not in {*kinds, "plumbing"}:
        sys.exit(f"there is no {branch}; there are: plumbing, {', '.join(kinds)}")
    with tempfile.TemporaryDirectory() as folder:
        server = await Postgres.start(Path(folder))
        try:
            await server.ensure_database("scratch")
            await migrations.upgrade(kind, server.url("scratch"))
            await migrations.write(kind, server.url("scratch"), message, branch=branch)
        finally:
            await server.child.stop()


if __name__ == "__main__":
    asyncio.run(write(*sys.argv[1:3]))
