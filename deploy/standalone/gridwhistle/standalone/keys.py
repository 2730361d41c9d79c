"""The keys that seal what the databases keep: a new one, and everything sealed again so that the old ones can go."""

import sys
from dataclasses import dataclass
from pathlib import Path

import typer
import uvloop
from rich.progress import Progress

from gridwhistle.common.sealing import Seal, add_key
from gridwhistle.standalone.children import CannotStart
from gridwhistle.standalone.postgres import databases
from gridwhistle.standalone.shown import FOLDER, Folder, say

app = typer.Typer(no_args_is_help=True, help="The keys that seal personal values and stored answers.")


@app.command()
def add(data_dir: Folder = FOLDER) -> None:
    """Put a new key into the ring. Services seal with it from their next start on, and open with all."""
    file = data_dir / "keys"
    if not file.exists():
        say.print(f"[red]There is no suite in {data_dir}.[/] Start one with `gridwhistle up`, or name its --data-dir.")
        sys.exit(1)
    number = add_key(file)
    say.print(
        f"Key {number} is in {file}. Start the services again, so that they seal with it; then `gridwhistle keys reseal`."
    )
    say.print("Keep a copy of the file apart from the backups of the databases: without it they cannot be read.")


@app.command()
def reseal(data_dir: Folder = FOLDER) -> None:
    """Seal again whatever older keys seal, so that they can go. It may be stopped at any time; a second run goes on."""
    try:
        left = uvloop.run(_reseal(data_dir.absolute()))
    except CannotStart as reason:
        say.print("[red]Nothing was sealed again:[/]", str(reason))
        sys.exit(1)
    if left.waiting:
        say.print(
            f"[red]{left.waiting:,} values are still sealed under older keys,[/] by services that have not been started"
            " again since the key was added. Start them again, and run this once more before a key goes."
        )
    if left.lost:
        say.print(f"[red]{left.lost:,} values cannot be opened:[/] they were changed, or their key is no longer in the file.")
    if left.waiting or left.lost:
        sys.exit(1)
    say.print(
        f"Everything is sealed under key {left.current}. Lines of other numbers may be taken out of"
        f" {data_dir / 'keys'}, if every service was started since this key was added: until then it seals with an older one."
    )


@dataclass
class _Left:
    current: int
    waiting: int = 0
    lost: int = 0


async def _reseal(folder: Path) -> _Left:
    # The services take a second to load, and no other command of this file needs them.
    from gridwhistle.common.database import Database  # noqa: PLC0415
    from gridwhistle.common.files import Files  # noqa: PLC0415
    from gridwhistle.common.resealing import count_old, reseal  # noqa: PLC0415
    from gridwhistle.standalone.services import KINDS  # noqa: PLC0415

    async with databases(folder) as url_of:
        seal = Seal.kept_in(folder / "keys")
        left = _Left(seal.current)
        with Progress(console=say) as progress:
            for kind in KINDS:
                async with Database(url_of(kind.name), seal, {}).connected() as database:
                    sealing = progress.add_task(kind.name, total=await count_old(database, kind.tables))
                    round_left = await reseal(
                        database,
                        kind.tables,
                        lambda values, task=sealing: progress.advance(task, values),  # type: ignore[misc]
                    )
                left.waiting += round_left.waiting
                left.lost += round_left.lost
                if (folder / "attachments" / kind.name).exists():
                    left.lost += Files(folder / "attachments" / kind.name, seal).reseal()[1]
    return left
