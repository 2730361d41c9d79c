"""A file that was looked through comes in: each line is a command of its own, and the answer counts what became of them."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Annotated, Final, Literal

from pydantic import Field

from gridwhistle.common.again import Replay, again
from gridwhistle.common.database import Db
from gridwhistle.common.principal import Principal
from gridwhistle.common.sheet_formats import ROWS_MAX
from gridwhistle.common.sheet_heads import COLUMNS_CHARS_MAX
from gridwhistle.common.sheets import Line
from gridwhistle.common.wire import Query, View

NOTES_MAX: Final = 1_000
Outcome = Literal["added", "changed", "unchanged"]
Lines = Annotated[int, Field(ge=0, le=ROWS_MAX, examples=[12])]


class DryRunQuery(Query):
    """Whether anything is to be changed at all."""

    dry_run: Annotated[bool, Field(description="Look through the whole file, and change nothing.")] = False


class AnySheetQuery(DryRunQuery):
    """What somebody else's file calls the columns, as well."""

    columns: Annotated[
        str | None,
        Field(
            max_length=COLUMNS_CHARS_MAX,
            description="Of a file with other heads: `field:head,field:head+head`. Columns that are not named are passed over.",
        ),
    ] = None


class ImportNote(View):
    """A line that was taken, and is worth a look."""

    row: Annotated[int, Field(ge=1, le=ROWS_MAX)]
    code: Annotated[str, Field(max_length=40, examples=["as_needed"])]
    message: Annotated[str, Field(max_length=200)]


Notes = Annotated[list[ImportNote], Field(max_length=NOTES_MAX)]


class Taken(View):
    """What became of one line."""

    outcome: Outcome


async def take_line(
    request: Db, caller: Principal, into: str, row: int, line: Line, take: Callable[[Db], Awaitable[Outcome]]
) -> Outcome:
    """Let one line of a file come in, once for its request; return what became of it.

    Args:
        request: the work of the request that brings the file.
        caller: who sends it.
        into: what it comes into; a key of one thing never meets that of another.
        row: of the line, as a spreadsheet shows it.
        line: what stands there.
        take: does it by one command, which answers `Taken`; it runs again when rows moved under it.
    """
    db = Db(
        request.database,
        scope=f"import|{into}|{caller.id}",
        key=f"{request.key or request.request_id}|{row}",
        fingerprint=hashlib.sha256(f"{row}|{line.model_dump_json()}".encode()).digest(),
        request_id=request.request_id,
        as_of=request.as_of,
    )

    async def work() -> Outcome:
        db.start_over()
        return await take(db)

    try:
        return await again(work)
    except Replay:
        return "unchanged"  # it came in before, by this very request
