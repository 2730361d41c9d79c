"""Areas from CSV: looked at whole, made once."""

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from gridwhistle.common import migrations
from gridwhistle.common.database import Database
from gridwhistle.common.sealing import Seal
from gridwhistle.personnel.app import PERSONNEL
from gridwhistle.standalone.areas import bring_in, read
from gridwhistle.standalone.bringing.refusals import CannotImport
from gridwhistle.standalone.postgres import Postgres
from tests.conftest import Loop

DIVISIONS = Path(__file__).parents[3] / "shared" / "data" / "cn_divisions"
NATION = [DIVISIONS / f"nbs2023_{name}.csv.gz" for name in ("areas", "streets", "villages")]
pytestmark = pytest.mark.anyio


def a_file(folder: Path, *lines: str) -> Path:
    file = folder / "areas.csv"
    file.write_text("\n".join(["code,name,areaCode", *lines]) + "\n", encoding="utf-8")
    return file


def test_codes_of_every_length_become_areas_of_their_level(tmp_path: Path) -> None:
    file = a_file(tmp_path, '990101001001,"示例社区",', "990101001,示例镇,", "990101,示例县,", "990101002000,示例乡,")

    assert [(area.area_code, area.level) for area in read([file])] == [
        ("990101000000", "county"),
        ("990101001000", "township"),
        ("990101002000", "township"),
        ("990101001001", "community"),
    ]


@pytest.mark.parametrize(
    ("lines", "zh", "en"),
    [
        pytest.param(["9901,示例市,"], "2:代码为 6、9 或 12 位", "2: a code has 6, 9 or 12 digits", id="a city"),
        pytest.param(["99010a,示例县,"], "2:代码为 6、9 或 12 位", "2: a code has 6, 9 or 12 digits", id="no digits"),
        pytest.param(
            ["990101,示例县,", "990101,又一县,"],
            "3:990101000000 已见于 areas.csv:2",
            "3: 990101000000 is in areas.csv:2",
            id="twice",
        ),
        pytest.param(["990101001,示例镇,"], "的上级 990101000000 不存在", "990101001000 lies in 990101000000", id="nowhere"),
        pytest.param(["990101,,"], "2:名称为 1 至 60", "2: a name has 1 to 60", id="without a name"),
        pytest.param([f"990101,{'县' * 61},"], "2:名称为 1 至 60", "2: a name has 1 to 60", id="too long a name"),
        pytest.param(["1,x,"] * 60, "另有 10 行", "and 10 more", id="more than anybody reads"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, lines: list[str], zh: str, en: str) -> None:
    with pytest.raises(CannotImport) as refusal:
        read([a_file(tmp_path, *lines)])

    assert zh in refusal.value.why.zh
    assert en in refusal.value.why.en


def test_a_file_cut_short_is_told(tmp_path: Path) -> None:
    whole = gzip.compress("code,name\n990101,示例县\n".encode() * 100)
    (tmp_path / "cut.csv.gz").write_bytes(whole[: len(whole) // 2])

    with pytest.raises(CannotImport, match=r"cut\.csv\.gz cannot be read"):
        read([tmp_path / "cut.csv.gz"])


@pytest.mark.skipif(not DIVISIONS.exists(), reason="needs ../shared/data/cn_divisions, which is not in the repository")
def test_the_whole_nation_is_read() -> None:
    rows = read(NATION)

    assert {level: sum(row.level == level for row in rows) for level in ("county", "township", "community")} == {
        "county": 2_978,
        "township": 41_351,  # Jinmen (金门县) has none, and its own code stands for them
        "community": 620_572,
    }


@pytest.fixture
async def personnel(background: Loop, postgres: Postgres) -> AsyncIterator[Database]:
    """Return a personnel service's database that has nothing yet."""
    background.run(postgres.ensure_database("import_areas"))
    background.run(migrations.upgrade(PERSONNEL, postgres.url("import_areas")))
    seal = Seal({1: bytes(32)})
    made = Database(postgres.url("import_areas"), seal, PERSONNEL.constraints, presets=PERSONNEL.presets)
    async with made.connected() as database:
        yield database


SUMS = (
    "SELECT (SELECT count(*) FROM area) AS areas, (SELECT count(*) FROM audit) AS audit,"
    " (SELECT count(*) FROM outbox) AS told, (SELECT count(*) FROM command_key) AS keys,"
    " (SELECT md5(string_agg(a::text, '|' ORDER BY a.id)) FROM area a) AS rows"
)


async def test_a_second_run_changes_nothing(personnel: Database, tmp_path: Path) -> None:
    towns = [f"990101{town:03},镇{town}," for town in range(1, 31)]
    rows = read(
        [a_file(tmp_path, "990101,示例县,", *towns, *(f"{line[:9]}{n:03},村{n}," for line in towns for n in range(1, 21)))]
    )
    truth = await asyncpg.connect(personnel.url)

    first = await bring_in(personnel, rows, "test")
    before = await truth.fetchrow(SUMS)
    second = await bring_in(personnel, rows, "test")
    after = await truth.fetchrow(SUMS)
    await truth.close()

    assert before is not None
    assert (first, second) == ({"created": 631, "known": 0}, {"known": 631})
    assert tuple(before)[:4] == (631, 631, 631, 631)
    assert before == after
