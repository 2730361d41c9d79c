"""The command `gridwhistle`."""

import asyncio
import logging
import signal
import sys
from contextlib import AsyncExitStack
from functools import partial
from importlib.metadata import version
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import orjson
import typer
import uvloop
from rich.console import Console
from rich.progress import Progress, TextColumn

from gridwhistle.common import logs
from gridwhistle.common.issuer import ISSUER, Issuer
from gridwhistle.common.principal import DESKS, ROLES
from gridwhistle.common.rebuilding import rebuild
from gridwhistle.standalone import keys, recovery, rules, secret_files
from gridwhistle.standalone.children import CannotStart
from gridwhistle.standalone.demo import words
from gridwhistle.standalone.postgres import addresses
from gridwhistle.standalone.shown import print_table
from gridwhistle.standalone.suite import Suite, running

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from gridwhistle.standalone.demo.load import Loader

PORT: Final = 8990
FOLDER: Final = Path(".gridwhistle")
_LOG_BYTES_MAX: Final = 50_000_000
app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Gridwhistle 网格哨: the suite on one machine.",
)
imports = typer.Typer(no_args_is_help=True, help="Bring in what exists already, through the API of a running suite.")
app.add_typer(imports, name="import")
app.add_typer(keys.app, name="keys")
for command in (recovery.backup, recovery.restore, recovery.check):
    app.command()(command)
app.add_typer(secret_files.app, name="secrets")
app.add_typer(rules.rules, name="rules")
app.add_typer(rules.calendar, name="calendar")
audits = typer.Typer(no_args_is_help=True, help="Look at what was written down about who did what.")
app.add_typer(audits, name="audit")
_say = Console(stderr=True, highlight=False, soft_wrap=True)
_print = Console(highlight=False, soft_wrap=True)

DataDir = Annotated[Path, typer.Option("--data-dir", help="Keeps all data; made when it is not there.")]


@app.command()
def up(
    port: Annotated[int, typer.Option(min=0, max=65535, help="On 127.0.0.1; 0 takes a free one.")] = PORT,
    data_dir: DataDir = FOLDER,
    ready_file: Annotated[
        Path | None, typer.Option(help="Written when all is ready: addresses, process ids and tokens as JSON.")
    ] = None,
    *,
    isolated: Annotated[
        bool, typer.Option("--isolated", help="Each service as a process of its own, started again when it dies.")
    ] = False,
    empty: Annotated[bool, typer.Option("--empty", help="Without the demo county: only an administrator's token.")] = False,
) -> None:
    """Start everything: PostgreSQL, NATS, every service, the demo county. Ctrl-C stops it; the data stays."""
    folder = data_dir.absolute()
    # Made late: the folder may not be there yet.
    kept = RotatingFileHandler(folder / "gridwhistle.log", maxBytes=_LOG_BYTES_MAX, backupCount=5, delay=True)
    kept.setFormatter(logs.JsonLines())
    kept.setLevel(logging.INFO)
    logs.set_up("warning", more=(kept,))
    try:
        sys.exit(uvloop.run(_up(port, folder, ready_file, isolated=isolated, empty=empty)))
    except CannotStart as reason:
        _say.print(f"[red]Gridwhistle did not start:[/] {reason}")
        sys.exit(1)


async def _up(port: int, folder: Path, ready_file: Path | None, *, isolated: bool, empty: bool) -> int:
    main = asyncio.current_task()
    assert main is not None
    told_to_stop = asyncio.Event()

    def stop() -> None:
        # Before all is up there is nobody to tell but the start itself; after that, the wait below ends.
        if told_to_stop.is_set() or not ready:
            main.cancel()
        told_to_stop.set()

    ready = False
    loop = asyncio.get_running_loop()
    for told in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(told, stop)
    try:
        _say.print(f"Starting Gridwhistle in {folder} …")
        growing = None if empty else asyncio.create_task(asyncio.to_thread(_grown))  # while the servers come up
        async with running(folder, port, isolated=isolated) as suite, AsyncExitStack() as stack:
            loader = await stack.enter_async_context((await growing)(suite.base_url, suite.issuer)) if growing else None
            tokens = await loader.settle() if loader else _administrator(suite.issuer)
            ready = True
            _welcome(suite, tokens)
            if ready_file:
                _write_ready(ready_file, suite, tokens)
            filling = asyncio.create_task(_fill(loader))
            waiting = asyncio.create_task(told_to_stop.wait())
            ending = asyncio.create_task(suite.ended())
            await asyncio.wait({waiting, ending}, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            filling.cancel()
            await asyncio.gather(filling, return_exceptions=True)
            _say.print("\nStopping …")
            if ending.done() and (reason := ending.result()):
                _say.print(f"[red]{reason}[/]")
                return 1
            ending.cancel()
    except asyncio.CancelledError:
        _say.print("\nStopped while starting.")
        return 130
    finally:
        if ready_file:
            ready_file.unlink(missing_ok=True)
    _say.print("Stopped. The data is kept.")
    return 0


def _grown() -> "Callable[[str, Issuer], AbstractAsyncContextManager[Loader]]":
    """Return what loads the demo county into a suite."""
    # What draws maps takes a while to load, and no other command needs it.
    from gridwhistle.standalone.demo.county import County  # noqa: PLC0415
    from gridwhistle.standalone.demo.load import Loader  # noqa: PLC0415

    return partial(Loader.of, county=County.grown())


def _administrator(issuer: Issuer) -> dict[str, str]:
    """Return the one token that is needed to begin with an empty suite."""
    return {"county_admin": issuer.token("demo-county_admin", ["county_admin"], [words.COUNTY])}


async def _fill(loader: "Loader | None") -> None:
    """Bring the people of the demo county and its last month in, while the suite is used already."""
    if loader is None or await loader.is_whole():
        return
    try:
        with Progress(console=_say, transient=True, disable=not _say.is_terminal) as progress:
            filling = progress.add_task("The demo county fills", total=None)
            await loader.fill(lambda done, total: progress.update(filling, completed=done, total=total))
    except (OSError, EOFError, RuntimeError) as reason:
        _say.print(f"[red]The demo county is not whole;[/] the next start goes on: {reason}")
    else:
        _say.print("The demo county has its workers, and a month of reports.")


def _write_ready(path: Path, suite: Suite, tokens: dict[str, str]) -> None:
    content = {
        "base_url": suite.base_url,
        "nats_url": suite.nats.url,
        "postgres_url": suite.postgres.url("postgres"),
        "pids": suite.pids(),
        "data_dir": str(suite.folder),
        "tokens": tokens,
    }
    _write_for_owner(path, orjson.dumps(content, option=orjson.OPT_INDENT_2))


def _write_for_owner(path: Path, content: bytes) -> None:
    """Write a file with tokens: nobody else may read it, and nobody reads half of it."""
    half = path.with_name(path.name + ".part")
    half.touch(mode=0o600)
    half.write_bytes(content)
    half.replace(path)


def _welcome(suite: Suite, tokens: dict[str, str]) -> None:
    """Print where everything is, and a first request that works as it is pasted."""
    file = suite.folder / "tokens"
    _write_for_owner(file, "".join(f"{name}={made}\n" for name, made in tokens.items()).encode())
    name = "town_acceptor" if "town_acceptor" in tokens else next(iter(tokens))
    _print.print(
        f"""\
Gridwhistle 网格哨 is ready.
  API      {suite.base_url}        documents {suite.base_url}/docs
  NATS     {suite.nats.url}        PostgreSQL {suite.postgres.url("incidents")}
  data     {suite.folder}        logs {suite.folder}/*.log
  tokens   {file}        a line for each role, good for seven days; this is {name}'s:

  BASE={suite.base_url}
  TOKEN={tokens[name]}

{_first_steps(name)}

Ctrl-C stops everything.""",
        markup=False,
    )


def _first_steps(name: str) -> str:
    """Return what the holder of a token may begin with."""
    if name == "county_admin":
        return f"""\
Make the county and look at it:

  curl -s "$BASE/personnel/v1/areas" -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
    -d '{{"area_code": "{words.COUNTY}000000", "level": "county", "name": "示例县"}}'
  curl -s "$BASE/personnel/v1/areas" -H "Authorization: Bearer $TOKEN\""""
    lon, lat = words.INSIDE
    return f"""\
File a report, then list what there is:

  curl -s "$BASE/incidents/v1/incidents" -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
    -d '{{"title": "井盖缺失", "source": "hotline_12345", "location": {{"lon": {lon:.4f}, "lat": {lat:.4f}}}}}'
  curl -s "$BASE/incidents/v1/incidents?state=reported&limit=5" -H "Authorization: Bearer $TOKEN\""""


@app.command()
def demo(
    base_url: Annotated[str, typer.Option(help="Where the suite runs.")],
    issuer_key: Annotated[Path, typer.Option(help="The issuer's key: issuer.json of a deployment's secrets.")],
    issuer_name: Annotated[
        str, typer.Option("--issuer", envvar="GW_ISSUER", help="The issuer whose name the tokens say.")
    ] = ISSUER,
    ready_file: Annotated[Path | None, typer.Option(help="Made when the county is there and its tokens are printed.")] = None,
) -> None:
    """Load the demo county into a suite that runs elsewhere, print tokens for it, and stay until told to stop."""
    uvloop.run(_demo(base_url, Issuer.kept_in(issuer_key, issuer_name), ready_file))


async def _demo(base_url: str, issuer: Issuer, ready_file: Path | None) -> None:
    told_to_stop = asyncio.Event()
    for told in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(told, told_to_stop.set)
    async with (await asyncio.to_thread(_grown))(base_url, issuer) as loader:
        tokens = await loader.settle()
        _print.print("Tokens for the demo county, good for seven days:")
        for name, made in tokens.items():
            _print.print(f"  {name:16} {made}", markup=False)
        if ready_file:
            ready_file.touch()
        filling = asyncio.create_task(_fill(loader if issuer.name == ISSUER else None))
        if issuer.name != ISSUER:
            _say.print("Its month of reports is left out: only a suite in development takes what happened earlier.")
        await told_to_stop.wait()
        filling.cancel()
        await asyncio.gather(filling, return_exceptions=True)


@app.command()
def token(
    role: Annotated[str, typer.Argument(help=f"One of: {', '.join(sorted(set(ROLES) - {'auto'}))}.")],
    area: Annotated[
        list[str], typer.Option(help="Code prefix: county 6, township 9, community 12, grid 15 digits; may be given again.")
    ],
    subject: Annotated[str, typer.Option(help="Who it is; a grid worker's is the worker's id.")] = "developer",
    org: Annotated[str | None, typer.Option(help="The organisation, for department roles.")] = None,
    scope: Annotated[str, typer.Option(help="Permissions for an integrator, separated by spaces.")] = "",
    data_dir: DataDir = FOLDER,
    issuer_name: Annotated[
        str, typer.Option("--issuer", envvar="GW_ISSUER", help="The issuer whose name the token says.")
    ] = ISSUER,
) -> None:
    """Print a token, signed with the issuer's key in a folder: a suite's data, or a deployment's secrets/issuer."""
    issuer = _issuer(data_dir, issuer_name)
    lengths = {6, 9, 12, 15}
    if role not in set(ROLES) - {"auto"} or any(not code.isdecimal() or len(code) not in lengths for code in area):
        _say.print("[red]That is not a role, or not a code prefix of 6, 9, 12 or 15 digits.[/] See --help.")
        sys.exit(2)
    if role in DESKS and not org:
        _say.print("[red]A department's people belong to an organisation:[/] name it with --org.")
        sys.exit(2)
    print(issuer.token(subject, [role], area, org=org, scope=scope))  # noqa: T201  the output itself


def _issuer(data_dir: Path, name: str = ISSUER) -> Issuer:
    """Return the issuer of a data folder, or say that there is no suite and exit."""
    key = data_dir / "issuer.json"
    if not key.exists():
        _say.print(f"[red]There is no suite in {data_dir}.[/] Start one with `gridwhistle up`, or name its --data-dir.")
        sys.exit(1)
    return Issuer.kept_in(key, name)


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
        _say.print("[red]--county must have six digits.[/]")
        sys.exit(2)
    if token and not token.isascii():
        _say.print("[red]--token is not an access token.[/]")
        sys.exit(2)
    try:
        districts = la311.read_districts(boundaries or file.parent / "council_districts_2012.geojson.gz")
        requests = la311.read_requests(file)
        bearer = token or reports.token(_issuer(data_dir), county)
        with Progress(console=_say) as progress:
            filing = progress.add_task(f"Filing {len(requests):,} reports", total=len(requests))
            work = reports.run(base_url, bearer, county, districts, requests, lambda rows: progress.advance(filing, rows))
            summary = uvloop.run(work)
    except la311.CannotImport as reason:
        _say.print("[red]Not imported:[/]", end=" ")
        _say.print(str(reason), markup=False)
        sys.exit(1)
    print_table(reports.as_table(len(requests), summary))
    if summary.refused:
        _say.print(f"[red]{len(summary.refused):,} rows were refused:[/]", ", ".join(summary.refused[:20]))
        sys.exit(1)


@imports.command("areas")
def import_areas(
    files: Annotated[list[Path], typer.Argument(help="CSV (.gz or not) with the columns code and name, UTF-8.")],
    data_set: Annotated[
        str, typer.Option(help="Names what is imported; with a row's code it makes each row happen once.")
    ] = "areas",
    data_dir: DataDir = FOLDER,
) -> None:
    """Make areas of all levels from CSV. Nothing is made unless every row is right; a second run changes nothing."""
    # What reads the services takes a second to load, and most other commands do without.
    from gridwhistle.standalone import areas  # noqa: PLC0415

    _issuer(data_dir)
    try:
        with Progress(console=_say) as progress:
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
        _say.print("[red]Not imported:[/]", end=" ")
        _say.print(str(reason), markup=False)
        sys.exit(1)
    _print.print(f"{counts['created']:,} areas were made; {counts['known']:,} were there.")


@app.command()
def replay(
    service: Annotated[str, typer.Argument(help="Whose copies: a service.")],
    data_dir: DataDir = FOLDER,
) -> None:
    """Make a service's copies of what others told anew, from their outboxes. The suite may be running or not."""
    from gridwhistle.standalone.services import KINDS  # noqa: PLC0415  loads every service

    kind = next((kind for kind in KINDS if kind.name == service), None)
    if kind is None:
        _say.print(f"[red]There is no service of that name;[/] there are: {', '.join(kind.name for kind in KINDS)}.")
        sys.exit(2)

    async def work() -> dict[str, int]:
        with Progress(*Progress.get_default_columns()[:1], TextColumn("{task.completed:,} rows"), console=_say) as progress:
            bars = {table.name: progress.add_task(table.name, total=None) for table in kind.consumer.copied}
            async with addresses(data_dir.absolute()) as url:
                sources = {one.name: url(one.name) for one in KINDS}
                return await rebuild(
                    kind.consumer, url(kind.name), sources, lambda table, rows: progress.update(bars[table], completed=rows)
                )

    try:
        counts = uvloop.run(work())
    except CannotStart as reason:
        _say.print(f"[red]Nothing was replayed:[/] {reason}")
        sys.exit(1)
    _print.print(*(f"{table}: {rows:,} rows" for table, rows in counts.items()), sep="\n")


@app.command("config")
def print_config(*, as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """List what an operator can set, with its meaning, its default and what it is in this environment; passwords are hidden."""
    # Its table is of the services themselves, which take a second to load.
    from gridwhistle.standalone import config  # noqa: PLC0415

    if as_json:
        print(orjson.dumps(config.rows(), option=orjson.OPT_INDENT_2).decode())  # noqa: T201  the output itself
    else:
        print_table(config.as_table())


@audits.command("verify")
def verify_audit(data_dir: DataDir = FOLDER) -> None:
    """Prove that nothing was changed in the audit of any service, whether the suite runs or is stopped."""
    # What reads the services takes a second to load, and most other commands do without.
    from gridwhistle.standalone import auditing  # noqa: PLC0415

    try:
        verdict = uvloop.run(auditing.verify(data_dir.absolute()))
    except CannotStart as reason:
        _say.print(f"[red]The audit cannot be read:[/] {reason}")
        sys.exit(2)
    print_table(verdict.table())
    rows = sum(proof.rows for proof in verdict.proofs)
    _print.print(f"{rows:,} rows against {verdict.anchors:,} anchors, in {verdict.seconds:.1f} s.")
    for proof in verdict.proofs:
        for fault in proof.faults:
            where = f"{proof.service}, seal {fault.seal}" + (f", row {fault.row}" if fault.row is not None else "")
            _say.print(f"[red]{where}:[/] {fault.what}")
    if not verdict.whole:
        sys.exit(1)


@app.command("version")
def print_version() -> None:
    """Print the version."""
    print(version("gridwhistle-standalone"))  # noqa: T201  the output itself
