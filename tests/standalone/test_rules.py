"""`gridwhistle rules` and `gridwhistle calendar`, on a suite that runs and on one that does not."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gridwhistle.common import migrations
from gridwhistle.common.sealing import make_keys
from gridwhistle.standalone.postgres import Postgres
from gridwhistle.standalone.services import KINDS
from tests.conftest import Loop

GRIDWHISTLE = str(Path(sys.executable).parent / "gridwhistle")


class Folder:
    """The data folder of a suite."""

    def __init__(self, path: Path, background: Loop) -> None:
        self.path, self._background = path, background
        make_keys(path / "keys")
        self._server = background.run(Postgres.start(path))
        for kind in KINDS:
            background.run(self._server.ensure_database(kind.name))
            background.run(migrations.upgrade(kind, self._server.url(kind.name)))

    def stop(self) -> None:
        """Stop its server."""
        self._background.run(self._server.child.stop())

    def gridwhistle(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command on it."""
        command = [GRIDWHISTLE, *words, "--data-dir", str(self.path)]
        return subprocess.run(command, capture_output=True, text=True, check=False, env={"COLUMNS": "200"})  # noqa: S603  our own


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, background: Loop) -> Iterator[Folder]:
    """Return a data folder whose server runs."""
    folder = Folder(tmp_path_factory.mktemp("suite"), background)
    yield folder
    folder.stop()


def test_a_set_of_rules_is_chosen_and_still_to_be_confirmed(folder: Folder) -> None:
    chosen = folder.gridwhistle("rules", "choose", "township")
    unknown = folder.gridwhistle("rules", "choose", "rural")
    unconfirmed = folder.gridwhistle("rules", "unconfirmed")
    folder.gridwhistle("rules", "choose", "urban")

    assert chosen.returncode == 0, chosen.stderr
    assert [line for line in chosen.stdout.splitlines() if "incidents.accept" in line and "4" in line]
    assert (unknown.returncode, "No service has such a rule or set" in unknown.stderr) == (1, True)
    assert "incidents.verify" in unconfirmed.stdout


def test_of_two_services_with_a_set_of_one_name_one_alone_can_choose_it(folder: Folder) -> None:
    alone = folder.gridwhistle("rules", "choose", "beijing", "--service", "timebank")
    both = folder.gridwhistle("rules", "choose", "beijing")
    folder.gridwhistle("rules", "choose", "jinan")

    assert "timebank.redeem_age_min" in alone.stdout
    assert "incidents.handle" not in alone.stdout
    assert "incidents.handle" in both.stdout


def test_a_rule_that_is_set_beside_a_running_suite_holds_when_it_is_stopped(folder: Folder) -> None:
    before = folder.gridwhistle("rules", "unconfirmed")
    done = folder.gridwhistle("rules", "set", "incidents.sign", "8", "--source", "county notice 7")
    confirmed = folder.gridwhistle("rules", "confirm", "incidents.accept")
    refused = folder.gridwhistle("rules", "set", "incidents.unheard_of", "8", "--source", "county notice 7")
    folder.stop()

    after = folder.gridwhistle("rules", "list")
    unconfirmed = folder.gridwhistle("rules", "unconfirmed")

    assert "incidents.sign" in before.stdout
    assert done.returncode == confirmed.returncode == 0, done.stderr + confirmed.stderr
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "No service has such a rule" in refused.stderr
    [row] = [line for line in after.stdout.splitlines() if "incidents.sign" in line]
    assert [cell.strip() for cell in row.split("│")][2:7] == ["8", "work_hour", "county", "county notice 7", "yes"]
    assert "incidents.sign" not in unconfirmed.stdout


def test_a_years_notice_is_put_in_from_a_file(folder: Folder, tmp_path: Path) -> None:
    notice = tmp_path / "2031.csv"
    notice.write_text("date,is_workday,name\n2031-01-01,0,元旦\n2031-01-04,1,调休上班\n", encoding="utf-8")
    before = folder.gridwhistle("calendar", "show", "2031")

    done = folder.gridwhistle("calendar", "put", str(notice), "--source", "国办发明电〔2030〕", "--notice")

    after = folder.gridwhistle("calendar", "show", "2031")
    assert "provisional" in before.stdout
    assert done.returncode == 0, done.stderr
    assert "provisional" not in after.stdout
    assert "国办发明电〔2030〕" in after.stdout


def test_a_day_of_which_nobody_knows_whether_it_is_worked_is_told_by_its_place(tmp_path: Path) -> None:
    days = tmp_path / "days.csv"
    days.write_text("date,is_workday,name\n2031-01-04,half,调休上班\n", encoding="utf-8")
    command = [GRIDWHISTLE, "calendar", "put", str(days), "--source", "notice 7", "--data-dir", str(tmp_path)]

    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  our own

    assert done.returncode == 1
    assert "row 2, column B, Working day: must be true or false" in done.stderr


def test_a_folder_without_a_suite_is_said_to_be_one(tmp_path: Path) -> None:
    command = [GRIDWHISTLE, "rules", "list", "--data-dir", str(tmp_path)]

    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  our own

    assert done.returncode == 1
    assert "there is no suite in" in done.stderr
