"""Why an import does not go on, or a row does not come in."""

from collections import defaultdict
from pathlib import Path

from gridwhistle.common.problems import Language, Term


class CannotImport(Exception):
    """Nothing, or nothing more, comes in."""

    def __init__(self, zh: str, en: str) -> None:
        """Take why, and what to do."""
        super().__init__(en)
        self.why = Term(zh, en)


def unreadable(file: Path, reason: Exception) -> CannotImport:
    """Return why a file cannot be read, as the system says it."""
    said = getattr(reason, "strerror", None) or reason
    return CannotImport(f"无法读取 {file}:{said}。", f"{file} cannot be read: {said}.")


class Refused(CannotImport):
    """The suite answered no: to one row, or to the whole."""

    def __init__(self, status: int, code: str, sentence: str) -> None:
        """Take what the answer says, in the language that was asked for."""
        super().__init__(sentence, sentence)
        self.status, self.code = status, code

    @property
    def of_all(self) -> bool:
        """Tell whether every other row would hear the same."""
        return self.status == 401 or self.code == "insufficient_scope"  # noqa: PLR2004  no good token


def sentence_of(code: str, language: Language) -> str:
    """Return what a refusal says of which an answer gives no more than the code; what only the service knows is left open."""
    # What the services are made of takes seconds to load, and --help need not wait for it.
    from gridwhistle.standalone.documents.problems import catalogue  # noqa: PLC0415

    said = next((str(getattr(kind, language)) for kind in catalogue() if kind.code == code), "")
    return said.format_map(defaultdict(lambda: "…"))
