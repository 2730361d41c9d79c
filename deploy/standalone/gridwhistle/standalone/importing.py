"""`gridwhistle import`: what exists already comes in."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import typer
import uvloop
from rich.progress import Progress
from rich.table import Table

from gridwhistle.common.issuer import ISSUER
from gridwhistle.common.problems import Language, Problem, Term
from gridwhistle.standalone.bringing.refusals import CannotImport
from gridwhistle.standalone.children import CannotStart
from gridwhistle.standalone.demo import words
from gridwhistle.standalone.issuing import issuer_of
from gridwhistle.standalone.shown import FOLDER, PORT, Folder, print_table, say, say_refused, tell, write_file

imports = typer.Typer(no_args_is_help=True, help="Bring in what exists already, through the API of a running suite.")
KINDS: Final = {
    "reports": "Bring reports in: what is closed as history with its own times (历史事件), what is open as a report.",
    "workers": "Take grid workers over from a roster (花名册), with the grids that they are responsible for.",
    "volunteers": "Register participants of the time bank (志愿者).",
    "shelters": "Bring a register of shelters in (应急避难场所).",
    "stock": "Bring a list of stock in (储备目录) to a storage point: --constant storage_point_id=… and source_ref=….",
}
_SHOWN: Final = 20
_NOT_IMPORTED: Final = Term("未导入:", "Not imported:")
BaseUrl = Annotated[str, typer.Option(help="Where the suite runs.")]
DataDir = Annotated[Path, typer.Option(help="Of that suite, or a deployment's secrets/issuer: its issuer makes the token.")]
County = Annotated[str, typer.Option(help="Six digits: how far the token reaches.")]
Token = Annotated[str | None, typer.Option(help="Instead of one from --data-dir.")]
IssuerName = Annotated[str, typer.Option("--issuer", envvar="GW_ISSUER", help="The issuer whose name the token says.")]
In = Annotated[Language, typer.Option("--language", help="Of heads, and of what is said of faults.")]


def _command(name: str) -> Callable[..., None]:
    def bring_in(
        file: Annotated[Path, typer.Argument(help="CSV or XLSX, also .gz, with the columns of `gridwhistle import template`.")],
        *,
        mapping: Annotated[
            Path | None, typer.Option(help="TOML: what the file calls the columns, and how it writes words and times.")
        ] = None,
        constant: Annotated[list[str] | None, typer.Option(help="`field=value`: so of every row. May be given again.")] = None,
        data_set: Annotated[str | None, typer.Option(help="Names what is imported, if the mapping does not.")] = None,
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Look through the file, and change nothing.")] = False,
        base_url: BaseUrl = f"http://127.0.0.1:{PORT}",
        data_dir: DataDir = FOLDER,
        county: County = words.COUNTY,
        token: Token = None,
        issuer_name: IssuerName = ISSUER,
        language: In = "zh",
    ) -> None:
        # What the services are made of takes seconds to load, and --help need not wait for it.
        from gridwhistle.standalone.bringing.api import Api  # noqa: PLC0415
        from gridwhistle.standalone.bringing.kinds import KINDS as ALL  # noqa: PLC0415
        from gridwhistle.standalone.bringing.mapping import read_mapping  # noqa: PLC0415
        from gridwhistle.standalone.bringing.rows import Tally  # noqa: PLC0415
        from gridwhistle.standalone.bringing.run import read_file, run  # noqa: PLC0415

        kind = ALL[name]
        with _told(language):
            more = dict(said.partition("=")[::2] for said in constant or ())
            read = read_mapping(mapping, more, data_set)
            sheet = read_file(file, kind, read)
            _check(county, token)
            bearer = token or issuer_of(data_dir, issuer_name).token("import", [kind.role], [county], scope=kind.scope)
            with Progress(console=say) as progress:
                bar = progress.add_task(f"{len(sheet.lines):,} {name}", total=len(sheet.lines))
                tally = Tally(told=lambda rows: progress.advance(bar, rows))
                uvloop.run(run(Api(base_url, bearer, language), kind, sheet, read, tally, dry_run=dry_run))
        _print(name, len(sheet.lines), tally)
        if tally.refused:
            sys.exit(1)

    return bring_in


for _name, _help in KINDS.items():
    imports.command(_name, help=f"{_help} A second run changes nothing; one that was cut short goes on.")(_command(_name))


@contextmanager
def _told(language: Language) -> Iterator[None]:
    """Say why nothing, or nothing more, comes in, and end."""
    try:
        yield
    except (CannotImport, CannotStart) as reason:
        why = str(getattr(reason.why, language)) if isinstance(reason, CannotImport) else str(reason)
        say.print(f"[red]{getattr(_NOT_IMPORTED, language)}[/]", end=" ")
        say.print(why, markup=False)
    except Problem as refusal:
        say_refused(refusal, language)
    else:
        return
    sys.exit(1)


def _check(county: str, token: str | None) -> None:
    if not (county.isascii() and county.isdecimal() and len(county) == len(words.COUNTY)):
        raise CannotImport("--county 须为六位数字。", "--county has six digits.")
    if token and not token.isascii():
        raise CannotImport("--token 不是访问令牌。", "--token is not an access token.")


def _print(name: str, rows: int, tally: Any) -> None:
    from gridwhistle.standalone.bringing.rows import OUTCOMES  # noqa: PLC0415  as above

    table = Table("rows", f"{rows:,}", title=name)
    table.columns[1].justify = "right"
    for outcome in OUTCOMES:
        table.add_row(outcome, f"{tally.outcomes[outcome]:,}")
    print_table(table)
    for told, title in ((tally.notes, "Worth a look"), (tally.refused, "[red]Refused[/]")):
        if told:
            say.print(f"{title}: {len(told):,}")
            for row, why in told[:_SHOWN]:
                say.print(f"  {row}: {why}", markup=False)
            if len(told) > _SHOWN:
                say.print("  …")


@imports.command("template")
def template(
    kind: Annotated[str, typer.Argument(help=f"One of: {', '.join(KINDS)}.")],
    to: Annotated[Path, typer.Argument(help="Where the file is written: .csv or .xlsx.")],
    language: In = "zh",
) -> None:
    """Write a file with our heads and one example, to be filled in and brought in without a mapping."""
    from gridwhistle.common.sheets import write  # noqa: PLC0415  as above
    from gridwhistle.standalone.bringing.kinds import KINDS as ALL  # noqa: PLC0415  as above

    if kind not in ALL:
        say.print(f"[red]There is no kind {kind}.[/] It is one of: {', '.join(ALL)}.")
        sys.exit(2)
    columns = ALL[kind].line.columns()
    example = [ALL[kind].example.get(column.name) for column in columns]
    write_file(to, lambda media_type: write(kind, media_type, columns, [example], language))


@imports.command("districts")
def import_districts(
    file: Annotated[Path, typer.Argument(help="GeoJSON, also .gz: polygons, each with a number as its name.")],
    base_url: BaseUrl = f"http://127.0.0.1:{PORT}",
    data_dir: DataDir = FOLDER,
    county: County = words.COUNTY,
    token: Token = None,
    issuer_name: IssuerName = ISSUER,
    language: In = "zh",
) -> None:
    """Make a community with one grid of each numbered district, in the county's township 900. A second run changes nothing."""
    # What reads maps takes a second to load, and no other command needs it.
    from gridwhistle.standalone.bringing import districts  # noqa: PLC0415
    from gridwhistle.standalone.bringing.api import Api  # noqa: PLC0415

    with _told(language):
        boundaries = districts.read_districts(file)
        _check(county, token)
        town = [districts.town_of(county)]
        bearer = token or issuer_of(data_dir, issuer_name).token("import", ["integrator"], town, scope=districts.SCOPES)
        uvloop.run(districts.run(Api(base_url, bearer, language), county, boundaries))
    tell.print(f"{len(boundaries):,} districts are grids of {districts.town_of(county)}, and incidents knows them.")


@imports.command("areas")
def import_areas(
    files: Annotated[list[Path], typer.Argument(help="CSV (.gz or not) with the columns code and name, UTF-8.")],
    data_set: Annotated[
        str, typer.Option(help="Names what is imported; with a row's code it makes each row happen once.")
    ] = "areas",
    data_dir: Folder = FOLDER,
    language: In = "zh",
) -> None:
    """Make areas of all levels from CSV. Nothing is made unless every row is right; a second run changes nothing."""
    # What reads the services takes a second to load, and most other commands do without.
    from gridwhistle.standalone import areas  # noqa: PLC0415

    issuer_of(data_dir)
    with _told(language), Progress(console=say) as progress:
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
    tell.print(f"{counts['created']:,} areas were made; {counts['known']:,} were there.")
