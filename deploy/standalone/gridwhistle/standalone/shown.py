"""Tables on standard output: on a terminal within its width, into a pipe as wide as they are."""

from rich.console import Console
from rich.table import Table


def print_table(table: Table) -> None:
    """Print a table; a program that reads it finds each row in one line, and every word whole."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = console.measure(table, options=console.options.update(max_width=1_000_000)).maximum
    console.print(table)
