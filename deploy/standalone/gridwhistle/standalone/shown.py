"""What the commands share: the folder of a suite, and how they speak. Tables fit a terminal, and are whole in a pipe."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from gridwhistle.common.problems import Language, Problem

PORT: Final = 8990
FOLDER: Final = Path(".gridwhistle")
Folder = Annotated[Path, typer.Option("--data-dir", help="Of the suite, whether it runs or not.")]
tell = Console(highlight=False, soft_wrap=True)
"""Says what was asked for."""
say = Console(stderr=True, highlight=False, soft_wrap=True)
"""Says what else there is to say."""


def print_table(table: Table) -> None:
    """Print a table; a program that reads it finds each row in one line, and every word whole."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = console.measure(table, options=console.options.update(max_width=1_000_000)).maximum
    console.print(table)


def say_refused(refusal: Problem, language: Language = "en") -> None:
    """Say why nothing was done, and where the faults are."""
    say.print(f"[red]{refusal.sentence(language)}[/]")
    for error in refusal.errors:
        say.print(getattr(error["message"], language), markup=False)


def write_file(file: Path, made: Callable[[str], bytes]) -> None:
    """Write a file of lines, made for the media type that its name says, or say why that cannot be and exit."""
    # What reads and writes files takes a while to load, and --help need not wait for it.
    from gridwhistle.common.sheet_formats import ENDING_OF  # noqa: PLC0415

    media_type = {f".{ending}": media_type for media_type, ending in ENDING_OF.items()}.get(file.suffix)
    if media_type is None:
        say.print("[red]The file's name ends in .csv or .xlsx.[/]")
        sys.exit(2)
    content = made(media_type)
    try:
        file.write_bytes(content)
    except OSError as reason:
        say.print(f"[red]The file cannot be written:[/] {reason.strerror}")
        sys.exit(1)
    tell.print(f"Written: {file}")
