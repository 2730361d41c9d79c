"""What the commands share: the folder of a suite, and how they speak. Tables fit a terminal, and are whole in a pipe."""

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
