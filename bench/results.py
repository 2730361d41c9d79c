"""Answers: a figure beside its peer or limit, and how both are shown."""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from generators import Sample
from rich.console import Console
from rich.table import Table

_WIDTH_IN_FILES = 140


@dataclass(frozen=True)
class Answer:
    """The answer to one question."""

    question: str
    figure: float
    unit: str
    measured_against: str
    against: float
    goal: float
    """For the ratio of figure and what it is measured against."""
    more_is_better: bool = True
    rounds: dict[str, Any] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        """The figure as a multiple of what it is measured against."""
        return self.figure / self.against

    @property
    def is_met(self) -> bool:
        """Whether the goal is reached."""
        return self.ratio >= self.goal if self.more_is_better else self.ratio <= self.goal

    def as_json(self) -> dict[str, Any]:
        """Return everything, for a file."""
        return {**asdict(self), "ratio": self.ratio, "is_met": self.is_met}


def rates(question: str, measured_against: str, theirs: Sequence[Sample], own: Sequence[Sample], goal: float) -> Answer:
    """Return the answer to how often something can be done a second: medians of the rounds."""
    return Answer(
        question,
        statistics.median(sample.rate for sample in own),
        "/s",
        measured_against,
        statistics.median(sample.rate for sample in theirs),
        goal,
        rounds=as_rounds(theirs, own),
    )


def as_rounds(theirs: Sequence[Sample], own: Sequence[Sample]) -> dict[str, Any]:
    """Return the rounds of both, for a file."""
    return {"peer": [asdict(sample) for sample in theirs], "ours": [asdict(sample) for sample in own]}


def foreign_of(answers: Sequence[Answer]) -> float:
    """Return which share of the machine others used, the median of all rounds."""
    return statistics.median([sample["foreign"] for side in ("peer", "ours") for sample in _samples(answers, side)] or [0.0])


def show(answers: Sequence[Answer]) -> None:
    """Print the answers as a table, and below it what each side asked of the processors, which noise changes least."""
    table = Table()
    for name in ("question", "figure", "measured against", "ratio", "goal", "met?"):
        table.add_column(name, justify="right" if name in {"figure", "ratio", "goal"} else "left")
    for answer in answers:
        table.add_row(
            answer.question,
            _with_unit(answer.figure, answer.unit),
            f"{answer.measured_against}: {_with_unit(answer.against, answer.unit)}",
            f"{answer.ratio:.2f}",
            f"{'≥' if answer.more_is_better else '≤'} {answer.goal:g}",
            "[green]yes[/]" if answer.is_met else "[red]no[/]",
        )
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _WIDTH_IN_FILES
    console.print(table)
    for answer in answers:
        if answer.rounds.get("peer"):
            app, ours, theirs = (
                statistics.median(sample[name] for sample in _samples([answer], side))
                for name, side in (("app_us", "ours"), ("postgres_us", "ours"), ("postgres_us", "peer"))
            )
            console.print(
                f"{answer.question}: service {app:.0f} µs + PostgreSQL {ours:.0f} µs each; peer: PostgreSQL {theirs:.0f} µs"
            )


def _samples(answers: Sequence[Answer], side: str) -> list[dict[str, Any]]:
    return [sample for answer in answers for sample in answer.rounds.get(side, [])]


def _with_unit(figure: float, unit: str) -> str:
    return f"{figure:,.0f} {unit}" if figure >= 100 else f"{figure:,.2f} {unit}"  # noqa: PLR2004  three digits say enough
