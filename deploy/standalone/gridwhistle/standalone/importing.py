"""`gridwhistle import`: what exists already comes in."""

import sys
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from rich.progress import Progress

from gridwhistle.standalone.children import CannotStart
from gridwhistle.standalone.demo import words
from gridwhistle.standalone.issuing import issuer_of
from gridwhistle.standalone.shown import FOLDER, PORT, Folder, print_table, say, tell

imports = typer.Typer(no_args_is_help=True, help="Bring in what exists already, through the API of a running suite.")


@imports.command("reports")
def import_reports(
    file: Annotated[Path, typer.Argument(help="Los Angeles 311 requests: .csv or .csv.gz.")],
    boundaries: Annotated[
        Path | None,
        typer.Option(help="Council districts as GeoJSON; council_districts_2012.geojson.gz beside FILE, if left out."),
    ] = None,
    base_url: Annotated[str, typer.Option(help="Where the suite runs.")] = f"http://127.0.0.1:{PORT}",
    data_dir: Annotated[Path, typer.Option(help="Of that suite, whose development issuer makes the token.")] = FOLDER,
    county: Annotated[str, typer.Option(help="Six digits; everything goes into its township 900.")] = words.COUNTY,
    token: Annotated[
        str | None,
        typer.Option(help="Instead of one from --data-dir; its scopes are in the README."),
    ] = None,
) -> None:
    """File the 311 requests of Los Angeles as reports. A second run changes nothing; one that was cut short goes on."""
    # What reads maps takes a second to load, and no other command needs it.
    from gridwhistle.standalone import la311, reports  # noqa: PLC0415

    if not (county.isascii() and county.isdecimal() and len(county) == len(words.COUNTY)):
        say.print("[red]--county must have six digits.[/]")
        sys.exit(2)
    if token and not token.isascii():
        say.print("[red]--token is not an access token.[/]")
        sys.exit(2)
    try:
        districts = la311.read_districts(boundaries or file.parent / "council_districts_2012.geojson.gz")
        requests = la311.read_requests(file)
        bearer = token or reports.token(issuer_of(data_dir), county)
        with Progress(console=say) as progress:
            filing = progress.add_task(f"Filing {len(requests):,} reports", total=len(requests))
            work = reports.run(base_url, bearer, county, districts, requests, lambda rows: progress.advance(filing, rows))
            summary = uvloop.run(work)
    except la311.CannotImport as reason:
        say.print("[red]Not imported:[/]", end=" ")
        say.print(str(reason), markup=False)
        sys.exit(1)
    print_table(reports.as_table(len(requests), summary))
    if summary.refused:
        say.print(f"[red]{len(summary.refused):,} rows were refused:[/]", ", ".join(summary.refused[:20]))
        sys.exit(1)


@imports.command("areas")
def import_areas(
    files: Annotated[list[Path], typer.Argument(help="CSV (.gz or not) with the columns code and name, UTF-8.")],
    data_set: Annotated[
        str, typer.Option(help="Names what is imported; with a row's code it makes each row happen once.")
    ] = "areas",
    data_dir: Folder = FOLDER,
) -> None:
    """Make areas of all levels from CSV. Nothing is made unless every row is right; a second run changes nothing."""
    # What reads the services takes a second to load, and most other commands do without.
    from gridwhistle.standalone import areas  # noqa: PLC0415

    issuer_of(data_dir)
    try:
        with Progress(console=say) as progress:
            making = progress.add_task("Making areas", total=None)
            counts = uvloop.run(
                areas.run(
                    data_dir.absolute(),
                    files,
                    data_set,
                    lambda rows: progress.update(making, total=rows),
                    lambda rows: progress.advance(making, rows),
                )
            )
    except (areas.CannotImport, CannotStart) as reason:
        say.print("[red]Not imported:[/]", end=" ")
        say.print(str(reason), markup=False)
        sys.exit(1)
    tell.print(f"{counts['created']:,} areas were made; {counts['known']:,} were there.")
