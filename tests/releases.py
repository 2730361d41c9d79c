"""The releases that `RELEASES` names, for tests of what has to go on with them."""

import subprocess
import tarfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]


@dataclass(frozen=True)
class Release:
    """A release: its commit, and its newest migrations by branch."""

    name: str
    commit: str
    migrations: dict[str, str]

    def unpack(self, folder: Path) -> None:
        """Write its code into a folder; skip the test where the history does not reach back to it."""
        archive = subprocess.run(["git", "archive", self.commit], cwd=ROOT, capture_output=True, check=False)  # noqa: S603, S607
        if archive.returncode:
            pytest.skip(f"the commit of {self.name} is not here: the clone is shallow, or no clone")
        with tarfile.open(fileobj=BytesIO(archive.stdout)) as content:
            content.extractall(folder, filter="data")


def releases() -> list[Release]:
    """Return all of them, the newest last."""
    lines = [line.split() for line in (ROOT / "RELEASES").read_text().splitlines() if not line.startswith("#")]
    return [Release(name, commit, {one.rpartition("_")[0]: one for one in newest}) for name, commit, *newest in lines]
