"""`gridwhistle catalogue`: a county's catalogue (事项目录) and files, on the database of a running or a stopped suite."""

import asyncio
import getpass
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridwhistle.common.ids import new_id
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import Language, Problem
from gridwhistle.standalone.children import CannotStart
from gridwhistle.standalone.demo import words
from gridwhistle.standalone.shown import FOLDER, Folder, say, say_refused, tell, write_file

if TYPE_CHECKING:
    from gridwhistle.common.database import Db

catalogue = typer.Typer(
    no_args_is_help=True, help="The catalogue of a county 事项目录: what is reported, when it is a case, who answers."
)
Area = Annotated[str, typer.Option("--county", help="Six digits.")]
In = Annotated[Language, typer.Option("--language", help="Of heads, and of what is said of faults.")]
To = Annotated[Path, typer.Argument(help="Where the file is written: .csv or .xlsx.")]


@catalogue.command("seed")
def seed(county: Area = words.COUNTY, data_dir: Folder = FOLDER) -> None:
    """Begin with the starter catalogue. What the county has already stays as it is."""

    async def work(db: "Db", caller: Principal) -> Any:
        from gridwhistle.incidents.categories import StartCatalogue, start_catalogue  # noqa: PLC0415  as below

        return await start_catalogue(StartCatalogue(county_code=county), caller, db)

    tell.print(f"{_ask(data_dir, county, work).added:,} categories came in.")


@catalogue.command("import")
def bring_in(
    file: Annotated[Path, typer.Argument(help="CSV or XLSX, with the columns of `gridwhistle catalogue template`.")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Look through the file, and change nothing.")] = False,
    county: Area = words.COUNTY,
    data_dir: Folder = FOLDER,
    language: In = "zh",
) -> None:
    """Bring lines in. Nothing is written unless every line is right; a second run changes nothing."""
    try:
        content = file.read_bytes()
    except OSError as reason:
        say.print(f"[red]The file cannot be read:[/] {reason.strerror}")
        sys.exit(1)

    async def work(db: "Db", caller: Principal) -> Any:
        from gridwhistle.incidents.catalogue_files import ImportQuery, import_catalogue  # noqa: PLC0415  as below

        return await import_catalogue(content, ImportQuery(area_code=county, dry_run=dry_run), caller, db)

    done = _ask(data_dir, county, work, language)
    tell.print(
        f"{'Would be added' if dry_run else 'Added'}: {done.added:,}, changed: {done.changed:,}, unchanged: {done.unchanged:,}."
    )


@catalogue.command("export")
def export(to: To, county: Area = words.COUNTY, data_dir: Folder = FOLDER, language: In = "zh") -> None:
    """Write a county's catalogue to a file, as it can be brought in again: what holds, and nothing withdrawn."""

    def exported(media_type: str) -> bytes:
        async def work(db: "Db", caller: Principal) -> bytes:
            from gridwhistle.incidents.catalogue_files import ExportQuery, export_catalogue  # noqa: PLC0415  as below

            db.language, db.media_type = language, media_type
            return await (await export_catalogue(ExportQuery(area_code=county), caller, db)).read()

        return bytes(_ask(data_dir, county, work))

    write_file(to, exported)


@catalogue.command("template")
def template(to: To, county: Area = words.COUNTY, language: In = "zh") -> None:
    """Write a file with a line of each kind to begin from. They name organisations that are not there, and do not come in."""
    from gridwhistle.common.sheets import cells_of, write  # noqa: PLC0415  as below
    from gridwhistle.incidents.catalogue_lines import CatalogueLine, examples  # noqa: PLC0415  as below

    lines = [cells_of(line) for line in examples(county)]
    write_file(to, lambda media_type: write("catalogue", media_type, CatalogueLine.columns(), lines, language))


def _ask(folder: Path, county: str, work: "Callable[[Db, Principal], Awaitable[Any]]", language: Language = "en") -> Any:
    """Do something in a county's catalogue as whoever operates the suite, and return what came of it."""
    try:
        return asyncio.run(_once(folder.absolute(), county, work))
    except CannotStart as reason:
        say.print(f"[red]{reason}[/]")
    except Problem as refusal:
        say_refused(refusal, language)
    sys.exit(1)


async def _once(folder: Path, county: str, work: "Callable[[Db, Principal], Awaitable[Any]]") -> Any:
    # What the services are made of takes two seconds to load, and --help need not wait for it.
    from gridwhistle.common.again import again  # noqa: PLC0415
    from gridwhistle.common.database import Db  # noqa: PLC0415
    from gridwhistle.incidents.app import INCIDENTS  # noqa: PLC0415
    from gridwhistle.standalone import opened  # noqa: PLC0415

    caller = Principal(id=f"operator:{getpass.getuser()}", roles=frozenset({"county_admin"}), areas=(county,))
    async with opened.of(INCIDENTS, folder) as database:
        db = Db(database, scope=f"request|{caller.id}", key=None, request_id=str(new_id()))

        async def run() -> Any:
            db.start_over()
            return await work(db, caller)

        return await again(run)
