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
from rich.progress import Progress

from gridwhistle.common import logs
from gridwhistle.common.issuer import ISSUER, Issuer
from gridwhistle.standalone import catalogue, importing, issuing, keys, recovery, replaying, rules, secret_files
from gridwhistle.standalone.children import CannotStart
from gridwhistle.standalone.demo import words
from gridwhistle.standalone.shown import FOLDER, PORT, Folder, print_table, say, tell
from gridwhistle.standalone.suite import Suite, running

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from gridwhistle.standalone.demo.load import Loader

_LOG_BYTES_MAX: Final = 50_000_000
app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Gridwhistle 网格哨: the suite on one machine.",
)
app.add_typer(importing.imports, name="import")
app.command()(replaying.replay)
app.command()(issuing.token)
app.add_typer(keys.app, name="keys")
for command in (recovery.backup, recovery.restore, recovery.check):
    app.command()(command)
app.add_typer(secret_files.app, name="secrets")
app.add_typer(rules.rules, name="rules")
app.add_typer(rules.calendar, name="calendar")
app.add_typer(catalogue.catalogue, name="catalogue")
demos = typer.Typer(help="The demo county in a suite that runs elsewhere, and what can be seen in it.")
app.add_typer(demos, name="demo")
audits = typer.Typer(no_args_is_help=True, help="Look at what was written down about who did what.")
app.add_typer(audits, name="audit")

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
        say.print(f"[red]Gridwhistle did not start:[/] {reason}")
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
        say.print(f"Starting Gridwhistle in {folder} …")
        growing = None if empty else asyncio.create_task(asyncio.to_thread(_grown))  # while the servers come up
        async with running(folder, port, isolated=isolated) as suite, AsyncExitStack() as stack:
            loader = await stack.enter_async_context((await growing)(suite.base_url, suite.issuer)) if growing else None
            tokens = await loader.settle() if loader else _administrator(suite.issuer)
            suite.tokens.update(tokens)
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
            say.print("\nStopping …")
            if ending.done() and (reason := ending.result()):
                say.print(f"[red]{reason}[/]")
                return 1
            ending.cancel()
    except asyncio.CancelledError:
        say.print("\nStopped while starting.")
        return 130
    finally:
        if ready_file:
            ready_file.unlink(missing_ok=True)
    say.print("Stopped. The data is kept.")
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
        with Progress(console=say, transient=True, disable=not say.is_terminal) as progress:
            filling = progress.add_task("The demo county fills", total=None)
            await loader.fill(lambda done, total: progress.update(filling, completed=done, total=total))
    except (OSError, EOFError, RuntimeError) as reason:
        say.print(f"[red]The demo county is not whole;[/] the next start goes on: {reason}")
    else:
        say.print("The demo county has its workers, and a month of reports.")


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
    lines = {"BASE": suite.base_url, "NATS": suite.nats.url, **tokens}
    _write_for_owner(file, "".join(f"{name}={value}\n" for name, value in lines.items()).encode())
    name = "town_acceptor" if "town_acceptor" in tokens else next(iter(tokens))
    tell.print(
        f"""\
Gridwhistle 网格哨 is ready.
  Open     {suite.base_url}        what runs, the documents, the demo county's tokens
  API      {suite.base_url}/docs
  NATS     {suite.nats.url}        PostgreSQL {suite.postgres.url("incidents")}
  data     {suite.folder}        logs {suite.folder}/*.log
  tokens   {file}        for the shell: BASE, NATS, and a token of each role for seven days; this is {name}'s:

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
    -H 'Idempotency-Key: a-first-county' \\
    -d '{{"area_code": "{words.COUNTY}000000", "level": "county", "name": "示例县"}}'
  curl -s "$BASE/personnel/v1/areas" -H "Authorization: Bearer $TOKEN\""""
    lon, lat = words.INSIDE
    return f"""\
File a report, then list what there is:

  curl -s "$BASE/incidents/v1/incidents" -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
    -H 'Idempotency-Key: a-first-report' \\
    -d '{{"title": "井盖缺失", "source": "hotline_12345", "location": {{"lon": {lon:.4f}, "lat": {lat:.4f}}}}}'
  curl -s "$BASE/incidents/v1/incidents?state=reported&limit=5" -H "Authorization: Bearer $TOKEN\""""


@demos.callback(invoke_without_command=True)
def demo(
    context: typer.Context,
    base_url: Annotated[str, typer.Option(help="Where the suite runs.")] = "",
    issuer_key: Annotated[Path | None, typer.Option(help="The issuer's key: issuer.json of a deployment's secrets.")] = None,
    issuer_name: Annotated[
        str, typer.Option("--issuer", envvar="GW_ISSUER", help="The issuer whose name the tokens say.")
    ] = ISSUER,
    ready_file: Annotated[Path | None, typer.Option(help="Made when the county is there and its tokens are printed.")] = None,
) -> None:
    """Load the demo county into a suite that runs elsewhere, print tokens for it, and stay until told to stop."""
    if context.invoked_subcommand:
        return
    if not (base_url and issuer_key):
        say.print("[red]Say where the suite runs and whose key makes its tokens:[/] --base-url and --issuer-key.")
        sys.exit(2)
    uvloop.run(_demo(base_url, Issuer.kept_in(issuer_key, issuer_name), ready_file))


@demos.command()
def flood(
    data_dir: Folder = FOLDER,
    base_url: Annotated[str, typer.Option(help="Where the suite of that folder runs.")] = f"http://127.0.0.1:{PORT}",
) -> None:
    """Let a red rain warning come over the demo county of a suite that runs, and tell each step with the call it is."""
    # Loaded late, like all that speaks HTTP: other commands do without.
    from gridwhistle.standalone.demo.flood import Flood, Stopped  # noqa: PLC0415

    try:
        Flood(base_url, issuing.issuer_of(data_dir.absolute()), lambda line: tell.print(line, markup=False)).play()
    except Stopped as reason:
        say.print(f"[red]The story stopped:[/] {reason}")
        sys.exit(1)


async def _demo(base_url: str, issuer: Issuer, ready_file: Path | None) -> None:
    told_to_stop = asyncio.Event()
    for told in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(told, told_to_stop.set)
    async with (await asyncio.to_thread(_grown))(base_url, issuer) as loader:
        tokens = await loader.settle()
        tell.print("Tokens for the demo county, good for seven days:")
        for name, made in tokens.items():
            tell.print(f"  {name:16} {made}", markup=False)
        if ready_file:
            ready_file.touch()
        filling = asyncio.create_task(_fill(loader if issuer.name == ISSUER else None))
        if issuer.name != ISSUER:
            say.print("Its month of reports is left out: only a suite in development takes what happened earlier.")
        await told_to_stop.wait()
        filling.cancel()
        await asyncio.gather(filling, return_exceptions=True)


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
def verify_audit(data_dir: Folder = FOLDER) -> None:
    """Prove that nothing was changed in the audit of any service, whether the suite runs or is stopped."""
    # What reads the services takes a second to load, and most other commands do without.
    from gridwhistle.standalone import auditing  # noqa: PLC0415

    try:
        verdict = uvloop.run(auditing.verify(data_dir.absolute()))
    except CannotStart as reason:
        say.print(f"[red]The audit cannot be read:[/] {reason}")
        sys.exit(2)
    print_table(verdict.table())
    rows = sum(proof.rows for proof in verdict.proofs)
    tell.print(f"{rows:,} rows against {verdict.anchors:,} anchors, in {verdict.seconds:.1f} s.")
    for proof in verdict.proofs:
        for fault in proof.faults:
            where = f"{proof.service}, seal {fault.seal}" + (f", row {fault.row}" if fault.row is not None else "")
            say.print(f"[red]{where}:[/] {fault.what}")
    if not verdict.whole:
        sys.exit(1)


@app.command("version")
def print_version() -> None:
    """Print the version."""
    print(version("gridwhistle-standalone"))  # noqa: T201  the output itself
