"""The catalogue of refusals: every code that an answer may carry, in both languages, and whether to try again."""

from collections.abc import Iterator

from gridwhistle.common.problems import Problem
from gridwhistle.standalone.documents.writing import WRITTEN


def catalogue() -> list[type[Problem]]:
    """Return every kind of refusal of the suite that has words of its own, by status and code."""
    ours = {kind for kind in _kinds(Problem) if kind.__module__.startswith("gridwhistle.") and kind.zh}
    return sorted(ours, key=lambda kind: (kind.status, kind.code))


def page() -> str:
    """Return the catalogue as people read it."""
    lines = [
        WRITTEN,
        "# Problems 错误目录",
        "",
        "Errors are RFC 9457 problems (`application/problem+json`). `code` is stable: branch on it. `detail` is the sentence",
        "below, in Chinese, or in English where `Accept-Language` asks for it first; places in braces are filled with facts,",
        "never with what was sent. `errors` points at fields, `allowed` says what is possible instead, `request_id` is what to",
        "quote.",
        "",
        "The last column says what a repeat under the same `Idempotency-Key` does: **answered** repeats hear the same refusal,",
        "so a new try takes a new key; **mend** it and send it again under the same key; **later** the same may pass as it is.",
    ]
    status = 0
    for kind in catalogue():
        if kind.status != status:
            status = kind.status
            lines += ["", f"## {status}", "", "| code | when | 中文 | English | same key |", "|---|---|---|---|---|"]
        when = str(kind.__doc__).partition("\n")[0]
        lines.append(f"| `{kind.code}` | {' | '.join(_cell(text) for text in (when, kind.zh, kind.en))} | {_again(kind)} |")
    return "\n".join([*lines, ""])


def _kinds(kind: type[Problem]) -> Iterator[type[Problem]]:
    for below in kind.__subclasses__():
        yield below
        yield from _kinds(below)


def _cell(text: str) -> str:
    return text.replace("{{}}", "`{}`").replace("|", r"\|")


def _again(kind: type[Problem]) -> str:
    if kind.kept:
        return "answered"
    return "later" if kind.status >= 500 or "Retry-After" in kind.headers else "mend"  # noqa: PLR2004  our side of it
