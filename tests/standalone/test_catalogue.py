"""`gridwhistle catalogue`, on a data folder whose suite does not run."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gridwhistle.common.sheet_formats import texts_of
from gridwhistle.incidents.starter import starter
from tests.conftest import Loop
from tests.standalone.test_rules import GRIDWHISTLE, Folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, background: Loop) -> Iterator[Folder]:
    """Return a data folder whose server runs."""
    folder = Folder(tmp_path_factory.mktemp("suite"), background)
    yield folder
    folder.stop()


def test_a_catalogue_is_seeded_leaves_and_comes_in_again(folder: Folder, tmp_path: Path) -> None:
    file = str(tmp_path / "catalogue.xlsx")

    seeded = folder.gridwhistle("catalogue", "seed")
    left = folder.gridwhistle("catalogue", "export", file, "--language", "en")
    dry = folder.gridwhistle("catalogue", "import", file, "--dry-run")
    came = folder.gridwhistle("catalogue", "import", file)

    lines = len(starter()) + sum(len(standards) for _, standards in starter())
    assert seeded.stdout.strip() == f"{len(starter())} categories came in.", seeded.stderr
    assert left.stdout.strip() == f"Written: {file}", left.stderr
    assert texts_of(Path(file).read_bytes())[0][:3] == ["Line", "Code", "Id"]
    assert dry.stdout.strip() == f"Would be added: 0, changed: 0, unchanged: {lines}.", dry.stderr
    assert came.stdout.strip() == f"Added: 0, changed: 0, unchanged: {lines}.", came.stderr


def test_a_template_is_written_and_its_examples_do_not_come_in(folder: Folder, tmp_path: Path) -> None:
    file = tmp_path / "template.csv"

    subprocess.run([GRIDWHISTLE, "catalogue", "template", str(file)], check=True, capture_output=True)  # noqa: S603  our own
    refused = folder.gridwhistle("catalogue", "import", str(file))

    assert file.read_text(encoding="utf-8-sig").startswith("行类型,类别代码")
    assert refused.returncode == 1
    assert "第 4 行 Q 列“监管主体”:没有这个单位" in refused.stderr
    assert refused.stdout == ""


def test_a_file_has_a_name_that_says_what_it_is(folder: Folder, tmp_path: Path) -> None:
    refused = folder.gridwhistle("catalogue", "export", str(tmp_path / "catalogue.doc"))

    assert (refused.returncode, "The file's name ends in .csv or .xlsx." in refused.stderr) == (2, True)
