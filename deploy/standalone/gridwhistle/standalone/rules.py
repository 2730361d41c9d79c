"""`gridwhistle rules` and `gridwhistle calendar`: what holds in a county, on the databases of a running or a stopped suite."""

import asyncio
import datetime as dt
import getpass
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from pydantic import ValidationError
from rich.table import Table

from gridwhistle.common.calendars import LOCAL
from gridwhistle.common.ids import new_id
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import NotFound, Problem
from gridwhistle.standalone.children import CannotStart
from gridwhistle.standalone.demo import words
from gridwhistle.standalone.shown import FOLDER, Folder, print_table, say, say_refused

rules = typer.Typer(no_args_is_help=True, help="The rules of a county 规则: what holds, what is unconfirmed, its own values.")
calendar = typer.Typer(no_args_is_help=True, help="The working days of a county 日历.")
Area = Annotated[str, typer.Option("--county", help="Six digits.")]


@rules.command("list")
def list_rules(county: Area = words.COUNTY, data_dir: Folder = FOLDER) -> None:
    """List every rule as it holds in a county, with its source."""
    _show(county, data_dir, unconfirmed=False)


@rules.command("unconfirmed")
def list_unconfirmed(county: Area = words.COUNTY, data_dir: Folder = FOLDER) -> None:
    """List what a county has to confirm, or set, before going live."""
    _show(county, data_dir, unconfirmed=True)


@rules.command("set")
def set_rule(
    key: Annotated[str, typer.Argument(help="As `gridwhistle rules list` names it.")],
    value: Annotated[str, typer.Argument()],
    source: Annotated[str, typer.Option(help="The document that says so.")],
    unit: Annotated[str | None, typer.Option(help="Of a limit, if it is to be counted otherwise.")] = None,
    cutoff: Annotated[Literal["close", "midnight"] | None, typer.Option(help="When a day by law ends.")] = None,
    since: Annotated[dt.datetime | None, typer.Option(help="By the county's clocks (北京时间); now, if left out.")] = None,
    county: Area = words.COUNTY,
    data_dir: Folder = FOLDER,
) -> None:
    """Set a county's own value. Clocks that run already keep what they were started with."""
    given = {
        "key": key,
        "value": value,
        "unit": unit,
        "cutoff": cutoff,
        "source_ref": source,
        "area_code": county,
        "effective_from": since and since.replace(tzinfo=LOCAL),
    }

    _print_rules(_ask(data_dir, county, "set_rule", "SetRule", given))


@rules.command("confirm")
def confirm_rule(
    key: Annotated[str, typer.Argument(help="As `gridwhistle rules unconfirmed` names it.")],
    county: Area = words.COUNTY,
    data_dir: Folder = FOLDER,
) -> None:
    """Confirm that a rule shall hold in a county as it is."""
    _print_rules(_ask(data_dir, county, "confirm_rule", "ConfirmRule", {"key": key, "area_code": county}))


@rules.command("choose")
def choose_set(
    name: Annotated[
        str,
        typer.Argument(
            help="Of the set. incidents: urban or township; jinan, beijing or fengxian;"
            " timebank: beijing, shanghai, changning or nanjing."
        ),
    ],
    service: Annotated[str | None, typer.Option(help="Of one service alone; several may have a set of that name.")] = None,
    county: Area = words.COUNTY,
    data_dir: Folder = FOLDER,
) -> None:
    """Choose a set of rules for a county. Clocks that run already keep what they were started with."""
    _print_rules(_ask(data_dir, county, "choose", "ChooseRuleSet", {"name": name, "area_code": county}, service))


@calendar.command("show")
def show(
    year: Annotated[int, typer.Argument(min=2000, max=2199)], county: Area = words.COUNTY, data_dir: Folder = FOLDER
) -> None:
    """List the days of a year that are not what their weekday says."""
    _print_days(_ask(data_dir, county, "list_calendar_days", "CalendarQuery", {"year": year, "area_code": county}))


@calendar.command("put")
def put(
    file: Annotated[Path, typer.Argument(help="CSV or XLSX with the columns date, is_workday (0 or 1) and name.")],
    source: Annotated[str, typer.Option(help="The document that says so.")],
    *,
    notice: Annotated[
        bool, typer.Option("--notice", help="These are all days of the State Council's notice for their year.")
    ] = False,
    county: Area = words.COUNTY,
    data_dir: Folder = FOLDER,
) -> None:
    """Put calendar days in: a county's own, or a year's notice that this release does not know yet."""
    # What reads files takes a second to load, and --help need not wait for it.
    from gridwhistle.common import sheets  # noqa: PLC0415
    from gridwhistle.common.rulebook import CalendarLine  # noqa: PLC0415

    try:
        sheet = sheets.read(file.read_bytes(), CalendarLine)
        sheet.check()
    except OSError as reason:
        say.print(f"[red]The file cannot be read:[/] {reason.strerror}")
        sys.exit(1)
    except Problem as refusal:
        say_refused(refusal)
        sys.exit(1)
    days = [line.model_dump() for _, line in sheet.lines]
    given = {"area_code": county, "source_ref": source, "of_notice": notice, "days": days}

    _print_days(_ask(data_dir, county, "put_in_calendar_days", "PutInDays", given))


def _show(county: str, data_dir: Path, *, unconfirmed: bool) -> None:
    _print_rules(_ask(data_dir, county, "list_rules", "RuleQuery", {"area_code": county, "unconfirmed": unconfirmed}))


def _print_rules(answers: list[Any]) -> None:
    table = Table("rule", "value", "unit", "level", "source", "confirmed", "since")
    table.columns[0].no_wrap, table.columns[0].overflow = True, "fold"  # the key is typed again, so all of it is shown
    seen: set[str] = set()
    for answer in answers:
        for rule in getattr(answer, "items", [answer]):
            if rule.key not in seen:  # what the plumbing declares, every service has
                table.add_row(
                    *(getattr(rule, name) for name in ("key", "value", "unit", "level", "source_ref")), *_standing(rule)
                )
            seen.add(rule.key)
    print_table(table)


def _standing(rule: Any) -> tuple[str, str]:
    since = rule.effective_from
    return "yes" if rule.confirmed else "no", f"{since:%Y-%m-%d}" if since.year > 1970 else ""  # noqa: PLR2004  since ever


def _print_days(answers: list[Any]) -> None:
    year = answers[0]
    table = Table(
        "date", "", "name", "source", title=f"{year.year}" + ("" if year.is_published else ": not published, provisional")
    )
    for day in year.items:
        table.add_row(str(day.date), "work" if day.is_workday else "rest", day.name, day.source_ref)
    print_table(table)


def _ask(
    folder: Path, county: str, operation: str, model: str, given: Mapping[str, Any], service: str | None = None
) -> list[Any]:
    """Ask an operation on rules in every service's database, or one's, and return what each of them answers."""
    try:
        return asyncio.run(_each(folder.absolute(), county, operation, model, given, service))
    except CannotStart as reason:
        say.print(f"[red]{reason}[/]")
    except ValidationError as error:
        say.print("[red]Not valid:[/]", *(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()))
    except Problem as refusal:
        say_refused(refusal)
    sys.exit(1)


async def _each(
    folder: Path, county: str, operation: str, model: str, given: Mapping[str, Any], service: str | None
) -> list[Any]:
    # What the services are made of takes two seconds to load, and --help need not wait for it.
    from gridwhistle.common import rule_sets, rulebook  # noqa: PLC0415
    from gridwhistle.common.again import again  # noqa: PLC0415
    from gridwhistle.common.database import Db  # noqa: PLC0415
    from gridwhistle.standalone import opened  # noqa: PLC0415
    from gridwhistle.standalone.services import KINDS  # noqa: PLC0415

    asked = getattr(rule_sets if operation == "choose" else rulebook, model).model_validate(given)
    caller = Principal(id=f"operator:{getpass.getuser()}", roles=frozenset({"county_admin"}), areas=(county,))
    answers = []
    kinds = [kind for kind in KINDS if service in {None, kind.name}]
    async for kind, database in opened.each(folder, *kinds):
        work = partial(rule_sets.choose, kind.rule_sets) if operation == "choose" else getattr(rulebook, operation)
        db = Db(database, scope=f"request|{caller.id}", key=None, request_id=str(new_id()))

        async def run(db: Db = db, work: Any = work) -> Any:
            db.start_over()
            return await work(asked, caller, db)

        try:
            answers.append(await again(run))
        except NotFound:
            continue  # another service's rule
    if not answers:
        raise CannotStart("No service has such a rule or set; `gridwhistle rules list` names the rules.")
    return answers
