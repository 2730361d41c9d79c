"""`gridwhistle replay`: a service's copies of what others told, made anew."""

import sys
from typing import Annotated

import typer
import uvloop
from rich.progress import Progress, TextColumn

from gridwhistle.common.rebuilding import rebuild
from gridwhistle.standalone.children import CannotStart
from gridwhistle.standalone.postgres import addresses
from gridwhistle.standalone.shown import FOLDER, Folder, say, tell


def replay(
    service: Annotated[str, typer.Argument(help="Whose copies: a service.")],
    data_dir: Folder = FOLDER,
) -> None:
    """Make a service's copies of what others told anew, from their outboxes. The suite may be running or not."""
    from gridwhistle.standalone.services import KINDS  # noqa: PLC0415  loads every service

    kind = next((kind for kind in KINDS if kind.name == service), None)
    if kind is None:
        say.print(f"[red]There is no service of that name;[/] there are: {', '.join(kind.name for kind in KINDS)}.")
        sys.exit(2)

    async def work() -> dict[str, int]:
        with Progress(*Progress.get_default_columns()[:1], TextColumn("{task.completed:,} rows"), console=say) as progress:
            bars = {table.name: progress.add_task(table.name, total=None) for table in kind.consumer.copied}
            async with addresses(data_dir.absolute()) as url:
                sources = {one.name: url(one.name) for one in KINDS}
                return await rebuild(
                    kind.consumer, url(kind.name), sources, lambda table, rows: progress.update(bars[table], completed=rows)
                )

    try:
        counts = uvloop.run(work())
    except CannotStart as reason:
        say.print(f"[red]Nothing was replayed:[/] {reason}")
        sys.exit(1)
    tell.print(*(f"{table}: {rows:,} rows" for table, rows in counts.items()), sep="\n")
