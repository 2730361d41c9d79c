"""How rows come in: reports a thousand at a time, workers and volunteers one by one and several at once."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeVar

from gridwhistle.incidents.intake import BATCH_MAX
from gridwhistle.personnel.domain import AlreadyAssigned
from gridwhistle.standalone.bringing.api import Api
from gridwhistle.standalone.bringing.lines import ReportLine, VolunteerLine, WorkerLine
from gridwhistle.standalone.bringing.refusals import CannotImport, Refused, sentence_of
from gridwhistle.timebank.participants import AlreadyRegistered

Outcome = Literal["new", "changed", "there already", "refused"]
OUTCOMES: Final[tuple[Outcome, ...]] = ("new", "changed", "there already", "refused")
_AT_ONCE: Final = 8
_Line = TypeVar("_Line")


@dataclass
class Tally:
    """What became of every row."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    refused: list[tuple[int, str]] = field(default_factory=list)
    notes: list[tuple[int, str]] = field(default_factory=list)
    """What is worth a look in rows that are taken."""
    told: Callable[[int], Any] = lambda _rows: None
    """Hears how many more rows are done."""

    def add(self, row: int, outcome: Outcome, why: str = "") -> None:
        """Count a row."""
        self.outcomes[outcome] += 1
        if outcome == "refused":
            self.refused.append((row, why))
        self.told(1)

    def count(self, *, new: int, changed: int, rows: int) -> None:
        """Count some rows of which so many are new and so many changed; the others were there."""
        self.outcomes.update({"new": new, "changed": changed, "there already": rows - new - changed})
        self.told(rows)


@dataclass(frozen=True)
class Import:
    """What is so of a whole import, and what comes of it."""

    data_set: str | None = None
    constants: Mapping[str, str] = field(default_factory=dict)
    """What is said of the whole file and is no column."""
    letters: Mapping[str, str] = field(default_factory=dict)
    """What a spreadsheet calls the columns of the file."""
    tally: Tally = field(default_factory=Tally)


async def bring_reports(api: Api, lines: Sequence[tuple[int, ReportLine]], asked: Import) -> None:
    """File reports, and bring in as history what is closed; what is there under its number stays as it is."""
    if asked.data_set is None:
        raise CannotImport(
            "请为数据集命名:在映射文件中写 data_set,或用 --data-set。它与行号一起区分各行。",
            "name the data set: data_set in the mapping, or --data-set. With a row's number it tells rows apart.",
        )
    for batch in pieces(lines, BATCH_MAX):
        for is_closed in (False, True):
            some = [(row, line) for row, line in batch if bool(line.closed_at) is is_closed]
            if not some:
                continue
            # What is still open was found long ago as well: no clock starts, and it stands in lists where it was found.
            found = None if is_closed else max((line.found_at for _, line in some if line.found_at), default=None)
            path = f"/incidents/v1/incidents/{'import_closed' if is_closed else 'batch'}"
            content = {"reports": [line.content(asked.data_set) for _, line in some]}
            answer, earlier = await api.call(path, content, as_of=found)
            for (row, _), result in zip(some, answer["results"], strict=True):
                if result["result"] == "refused":
                    asked.tally.add(row, "refused", f"{result['code']}: {sentence_of(result['code'], api.language)}")
                else:
                    asked.tally.add(row, "new" if result["result"] == "created" and not earlier else "there already")


async def bring_workers(api: Api, lines: Sequence[tuple[int, WorkerLine]], asked: Import) -> None:
    """Take workers over (沿用) with their grids; who has the same name, area and organisation is there already."""
    there = {(one["name"], one["area_code"], one["org"]): one["id"] async for one in api.all("/personnel/v1/workers")}

    async def bring(line: WorkerLine) -> Outcome:
        id_ = there.get((line.name, line.area_code, line.org))
        outcome: Outcome = "there already" if id_ else "new"
        if id_ is None:
            said = {name: getattr(line, name) for name in ("name", "area_code", "org", "employment")}
            id_ = (await api.call("/personnel/v1/workers", said))[0]["id"]
        worker, _ = await api.call(f"/personnel/v1/workers/{id_}")
        for grid_code in sorted(set(line.grid_codes) - {held["grid_code"] for held in worker["assignments"]}):
            outcome = "new" if outcome == "new" else "changed"
            assignment = {"grid_code": grid_code, "duty": line.duty}
            await _unless(AlreadyAssigned.code, api.call(f"/personnel/v1/workers/{id_}/assignments", assignment))
        return outcome

    await _each(lines, bring, asked.tally)


async def bring_volunteers(api: Api, lines: Sequence[tuple[int, VolunteerLine]], asked: Import) -> None:
    """Register participants of the time bank; whose real-name token is registered in the county is there already."""

    async def bring(line: VolunteerLine) -> Outcome:
        answer = await _unless(AlreadyRegistered.code, api.call("/timebank/v1/participants", line.content()))
        return "there already" if answer is None or answer[1] else "new"

    await _each(lines, bring, asked.tally)


def pieces(lines: Sequence[_Line], rows_max: int) -> Iterator[Sequence[_Line]]:
    """Yield lines in pieces of so many rows at most."""
    for first in range(0, len(lines), rows_max):
        yield lines[first : first + rows_max]


async def _unless(code: str, asked: Awaitable[tuple[dict[str, Any], bool]]) -> tuple[dict[str, Any], bool] | None:
    """Return an answer, or None where it is the refusal that says that all is as wished."""
    try:
        return await asked
    except Refused as refusal:
        if refusal.code != code:
            raise
        return None


async def _each(lines: Sequence[tuple[int, _Line]], bring: Callable[[_Line], Awaitable[Outcome]], tally: Tally) -> None:
    """Bring rows in by themselves, several at once; one that is refused stops no other."""
    left = iter(lines)

    async def some() -> None:
        for row, line in left:
            try:
                outcome, why = await bring(line), ""
            except Refused as refusal:
                if refusal.of_all:
                    raise
                outcome, why = "refused", str(refusal)
            tally.add(row, outcome, why)

    try:
        async with asyncio.TaskGroup() as hands:
            for _ in range(_AT_ONCE):
                hands.create_task(some())
    except* CannotImport as reasons:
        raise reasons.exceptions[0] from None
