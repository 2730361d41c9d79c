"""What people have comes in through the API of a running suite: each kind once, and after a kill the same."""

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest
from click.testing import Result
from typer.testing import CliRunner

from gridwhistle.common.sheet_formats import csv_of
from gridwhistle.standalone import cli
from gridwhistle.standalone.bringing.kinds import KINDS
from tests.conftest import Loop, RunningSuite

COUNTY: Final = "990601"
AREA: Final = f"{COUNTY}001001"
HAMAMATSU: Final = Path(__file__).parents[3] / "shared/data/shelters_hamamatsu/221309_hamamatsu_tsunami_hinan.csv"


@dataclass
class Desk:
    """Somebody who brings files in to a county of their own."""

    suite: RunningSuite
    background: Loop
    folder: Path

    def write(self, kind: str, *rows: dict[str, str]) -> Path:
        """Write rows under our heads."""
        file = self.folder / f"{kind}.csv"
        columns = [column for column in KINDS[kind].line.columns() if any(column.name in row for row in rows)]
        file.write_bytes(
            csv_of([[column.head.zh for column in columns]] + [[row.get(c.name) for c in columns] for row in rows])
        )
        return file

    def command(self, kind: str, file: Path, *more: str) -> list[str]:
        where = ["--base-url", self.suite.base_url, "--data-dir", str(self.suite.folder), "--county", COUNTY]
        return ["import", kind, str(file), *where, "--language", "en", *more]

    def bring(self, kind: str, file: Path, *more: str) -> Result:
        return CliRunner().invoke(cli.app, self.command(kind, file, *more))

    def counts(self, kind: str, file: Path, *more: str) -> dict[str, int]:
        """Bring a file in and return what became of its rows."""
        told = self.bring(kind, file, *more)
        assert told.stdout, told.output
        lines = [line.strip("│┃ ").replace("┃", "│").split("│") for line in told.stdout.splitlines()]
        said = {cells[0].strip(): int(cells[1].replace(",", "")) for cells in lines if len(cells) == 2}
        return {name: count for name, count in said.items() if count and name != "rows"}

    def ask(self, service: str, sql: str, *args: Any) -> Any:
        async def asked() -> Any:
            connection = await asyncpg.connect(self.suite.postgres.url(service))
            try:
                return await connection.fetchval(sql, *args)
            finally:
                await connection.close()

        return self.background.run(asked())


@pytest.fixture(scope="module")
def county(suite: RunningSuite) -> None:
    """Make a county with an organisation and two grids."""
    admin = suite.somebody("county_admin", COUNTY)
    ring = [[70.0, 10.0], [70.05, 10.0], [70.05, 10.05], [70.0, 10.05], [70.0, 10.0]]
    for path, content in (
        ("areas", {"area_code": AREA, "level": "community", "name": "示例社区"}),
        ("organisations", {"org": f"{COUNTY}-office", "area_code": AREA, "name": "综治中心", "kind": "department"}),
        *(
            ("grids", {"grid_code": f"{AREA}00{number}", "name": "一", "households": 1, "filed_at": "2020-01-01T00:00:00Z"}
                      | {"boundary": {"type": "Polygon", "coordinates": [[[lon + 0.1 * number, lat] for lon, lat in ring]]}})
            for number in (1, 2)
        ),
    ):  # fmt: skip
        answer = admin.post(f"/personnel/v1/{path}", content)
        assert answer.status_code == 201, answer.text


@pytest.fixture
def desk(suite: RunningSuite, background: Loop, county: None, tmp_path: Path) -> Desk:  # noqa: ARG001  it is there
    return Desk(suite, background, tmp_path)


# --- reports -----------------------------------------------------------------------------------------------------------------


def reports(number: int, name: str) -> list[dict[str, str]]:
    """Return reports, two of three of which are closed."""
    at = {"found_at": "2024-03-05 08:30:00", "reported_at": "2024-03-05 09:00:00"}
    return [
        {"row_id": f"{name}-{row}", "title": "井盖缺失", "area_code": AREA, "source": "12345热线", **at}
        | ({"closed_at": "2024-03-06 17:00:00"} if row % 3 else {})
        for row in range(number)
    ]


def test_an_import_that_was_killed_goes_on_and_ends_with_equal_counts(desk: Desk) -> None:
    file = desk.write("reports", *reports(2_100, "k"))
    there = "SELECT count(*) FROM incident WHERE ref_system = 'killed'"
    gridwhistle = str(Path(sys.executable).with_name("gridwhistle"))

    command = [gridwhistle, *desk.command("reports", file, "--data-set", "killed")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as killed:  # noqa: S603
        end = time.monotonic() + 60
        while not desk.ask("incidents", there):
            assert time.monotonic() < end, "nothing came in"
            time.sleep(0.02)
        killed.kill()
    half = desk.ask("incidents", there)
    resumed = desk.counts("reports", file, "--data-set", "killed")
    again = desk.counts("reports", file, "--data-set", "killed")

    assert 0 < half < 2_100
    assert resumed.keys() == {"new", "there already"}
    assert sum(resumed.values()) == 2_100 == desk.ask("incidents", there)
    assert again == {"there already": 2_100}
    closed = f"{there} AND closed_at = '2024-03-06 17:00+08' AND reported_at = '2024-03-05 09:00+08'"
    assert desk.ask("incidents", closed) == 1_400
    assert desk.ask("incidents", "SELECT count(*) FROM clock WHERE area_code = $1", AREA) == 0


def test_a_row_that_is_refused_is_told_with_its_reason_and_stops_no_other(desk: Desk) -> None:
    rows = reports(3, "r")
    file = desk.write("reports", rows[0], rows[1] | {"category": "C-9999"}, rows[2])

    told = desk.bring("reports", file, "--data-set", "refused")

    assert told.exit_code == 1
    assert "  3: unknown_category: The county's catalogue has no … in use" in told.stderr
    assert desk.ask("incidents", "SELECT count(*) FROM incident WHERE ref_system = 'refused'") == 2


def test_of_a_file_with_a_fault_nothing_comes_in(desk: Desk) -> None:
    rows = reports(2, "f")

    told = desk.bring("reports", desk.write("reports", rows[0], rows[1] | {"title": ""}), "--data-set", "faulty")

    assert told.exit_code == 1
    assert "row 3, column B, Title: is required" in told.stderr
    assert desk.ask("incidents", "SELECT count(*) FROM incident WHERE ref_system = 'faulty'") == 0


def test_a_dry_run_looks_and_changes_nothing(desk: Desk) -> None:
    assert desk.counts("reports", desk.write("reports", *reports(2, "d")), "--data-set", "dry", "--dry-run") == {}
    assert desk.ask("incidents", "SELECT count(*) FROM incident WHERE ref_system = 'dry'") == 0


# --- rosters -----------------------------------------------------------------------------------------------------------------


def test_a_roster_comes_in_with_its_grids_and_what_was_half_done_is_finished(desk: Desk) -> None:
    roster = [
        {"name": name, "area_code": AREA, "org": f"{COUNTY}-office", "employment": "兼职", "grid_codes": grids}
        for name, grids in (("甲", f"{AREA}001"), ("乙", f"{AREA}001|{AREA}002"), ("丙", ""))
    ]
    held = "SELECT count(*) FROM assignment WHERE grid_code LIKE $1 AND ended_at IS NULL"

    first = desk.counts("workers", desk.write("workers", *(row | {"grid_codes": ""} for row in roster[:2])))
    second = desk.counts("workers", desk.write("workers", *roster))
    third = desk.counts("workers", desk.write("workers", *roster))

    assert (first, second, third) == ({"new": 2}, {"new": 1, "changed": 2}, {"there already": 3})
    assert desk.ask("personnel", held, f"{AREA}%") == 3
    assert desk.ask("personnel", "SELECT count(*) FROM worker WHERE area_code = $1 AND employment = 'part_time'", AREA) == 3


def test_a_worker_whose_organisation_is_not_there_is_refused(desk: Desk) -> None:
    row = {"name": "丁", "area_code": AREA, "org": f"{COUNTY}-nobody"}

    told = desk.bring("workers", desk.write("workers", row))

    assert told.exit_code == 1
    assert "  2: " in told.stderr


def test_volunteers_come_in_once_and_their_values_are_told_nowhere(desk: Desk) -> None:
    rows = [
        {"name": "王芳", "phone": f"1380013800{number}", "real_name_token": f"rn-bring-{number}", "area_code": AREA}
        | {"birth_year": year, "kind": "志愿者"}
        for number, year in enumerate(("1978", "1985", "2015"))
    ]

    first = desk.bring("volunteers", desk.write("volunteers", *rows))
    second = desk.counts("volunteers", desk.write("volunteers", *(row | {"insured_until": "2030-06-30"} for row in rows)))

    assert "Whoever may be a minor needs a guardian." in first.stderr
    assert second == {"there already": 2, "refused": 1}
    assert desk.ask("timebank", "SELECT count(*) FROM participant WHERE area_code = $1", AREA) == 2
    assert not any(value in first.output for value in ("王芳", "138001", "rn-bring"))


# --- what the emergency service reads itself ---------------------------------------------------------------------------------


def test_a_register_of_shelters_comes_in_with_a_mapping_and_its_faults_are_at_their_places(desk: Desk) -> None:
    mapping = desk.folder / "mapping.toml"
    mapping.write_text(
        '[columns]\ncode = "No."\nname = "施設"\naddress = "住所"\nlon = "経度"\nlat = "緯度"\ncapacity_declared = "人"\n'
        f'[constants]\narea_code = "{AREA}"\nlevel = "village"\nkind = "emergency"\nspace = "building"\n',
        "utf-8",
    )
    heads, line = (
        ["NO", "人", "施設", "No.", "住所", "緯度", "経度"],
        ["1", "1,089人", "示例楼", "H-1", "示例路 1 号", "10.01", "70.12"],
    )
    file = desk.folder / "theirs.csv"
    file.write_bytes(csv_of([heads, line, [], [*line[:3], "H-2", *line[4:6], "70.13"]]))

    first, second = (desk.counts("shelters", file, "--mapping", str(mapping)) for _ in range(2))
    file.write_bytes(csv_of([heads, line, [], [*line[:3], "H-2", *line[4:6], "70.14"]]))
    moved = desk.bring("shelters", file, "--mapping", str(mapping))

    assert (first, second) == ({"new": 2}, {"there already": 2})
    assert moved.exit_code == 1
    assert "row 4, column G, Longitude: a shelter is not moved" in moved.stderr


@pytest.mark.skipif(not HAMAMATSU.exists(), reason="the register of Hamamatsu (shared/data) is not beside the repository")
def test_a_real_register_comes_in_with_a_mapping_of_its_heads(desk: Desk) -> None:
    mapping = desk.folder / "hamamatsu.toml"
    mapping.write_text(
        '[columns]\ncode = ["都道府県コード又は市区町村コード", "NO"]\nname = ["USER_施設名称", "USER_棟名"]\n'
        'address = "USER_静岡県浜松市"\nlon = "経度"\nlat = "緯度"\narea_m2 = "USER_面積___"\n'
        'capacity_declared = "収容人数(0.7*0.7)指数o.8"\n'
        f'[constants]\narea_code = "{AREA}"\nlevel = "village"\nkind = "emergency"\nspace = "building"\n',
        "utf-8",
    )

    first, second = (desk.counts("shelters", HAMAMATSU, "--mapping", str(mapping)) for _ in range(2))

    assert (first, second) == ({"new": 225}, {"there already": 225})
    declared = "SELECT sum(capacity_declared) FROM shelter WHERE area_code = $1 AND code LIKE '22130%'"
    assert desk.ask("inventory", declared, AREA) == 141_829


def test_a_list_of_stock_comes_in_to_a_storage_point(desk: Desk) -> None:
    manager = desk.suite.somebody("inventory_manager", COUNTY)
    point = manager.post("/inventory/v1/storage_points", {"area_code": AREA, "name": "示例库", "level": "county"}).json()
    file = desk.write("stock", {"name": "棉被", "unit": "床", "qty": "1500", "required_qty": "1000", "most_qty": "3000"})
    said = ["--constant", f"storage_point_id={point['id']}", "--constant", "source_ref=常备救灾物资目录"]

    unsaid = desk.bring("stock", file)
    first, second = (desk.counts("stock", file, *said) for _ in range(2))

    assert "say storage_point_id and source_ref" in unsaid.stderr
    assert (first, second) == ({"new": 1}, {"there already": 1})
