"""Files that are brought in: what they say with a mapping and without one, and what is found wrong before anything comes in."""

import datetime as dt
import gzip
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gridwhistle.common.problems import Problem
from gridwhistle.common.sheet_formats import CSV, csv_of, xlsx_of
from gridwhistle.common.sheets import SheetNotValid, write
from gridwhistle.standalone import cli
from gridwhistle.standalone.bringing.files import _file
from gridwhistle.standalone.bringing.kinds import KINDS
from gridwhistle.standalone.bringing.mapping import read_mapping
from gridwhistle.standalone.bringing.refusals import CannotImport
from gridwhistle.standalone.bringing.run import read_file

MAPPING = """
data_set = "old-hotline"

[columns]
row_id = "No."
title = ["Kind", "What"]
found_at = "When"
closed_at = "Done"

[constants]
area_code = "990101001001"

[times]
format = "%d.%m.%Y %H:%M"
zone = "America/Los_Angeles"

[values.source]
"Call" = "hotline_12345"
"*" = "integrator"
"""
HEADS = ["No.", "Kind", "What", "When", "Done", "By"]
GOOD = ["1-101", "Graffiti", "Removal", "01.07.2020 00:05", "", "Call"]


def read(folder: Path, *rows: list[Any], mapping: str = MAPPING, kind: str = "reports", form: str = "csv", **more: str) -> Any:
    file, toml = folder / f"theirs.{form}", folder / "mapping.toml"
    file.write_bytes(csv_of(rows) if form == "csv" else xlsx_of("theirs", rows))
    toml.write_text(mapping, "utf-8")
    return read_file(file, KINDS[kind], read_mapping(toml, more, None))


def faults(refused: pytest.ExceptionInfo[Problem]) -> list[str]:
    return [error["message"].en for error in refused.value.errors]


def test_a_mapping_says_what_the_columns_are_and_what_is_so_of_every_row(tmp_path: Path) -> None:
    mapping = MAPPING.replace("[constants]", 'source = "By"\n[constants]')

    [(row, line)] = read(tmp_path, HEADS, GOOD, mapping=mapping).lines

    assert (row, line.row_id, line.title, line.source) == (2, "1-101", "Graffiti Removal", "hotline_12345")
    assert (line.found_at, line.closed_at) == (dt.datetime(2020, 7, 1, 7, 5, tzinfo=dt.UTC), None)
    assert line.content("old-hotline")["reference"] == {"system": "old-hotline", "code": "1-101"}
    assert line.content("old-hotline")["area_code"] == "990101001001"


@pytest.mark.parametrize(
    ("word", "ours"), [("Call", "hotline_12345"), ("Pigeon", "integrator"), ("", "integrator"), ("resident", "integrator")]
)
def test_their_words_become_ours(tmp_path: Path, word: str, ours: str) -> None:
    mapping = MAPPING.replace("[constants]", 'source = "By"\n[constants]')

    [(_, line)] = read(tmp_path, HEADS, [*GOOD[:-1], word], mapping=mapping).lines

    assert line.source == ours


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize(
    ("cell", "utc"),
    [
        ("01.01.2020 00:05", "2020-01-01T08:05"),
        ("01.07.2020 00:05", "2020-07-01T07:05"),
        ("2020-07-01", "2020-07-01T07:00"),
        ("2020-07-01T00:05:00Z", "2020-07-01T00:05"),
    ],
    ids=["winter", "summer", "a day", "with its offset"],
)
def test_times_are_told_by_the_clocks_of_the_mapping(tmp_path: Path, form: str, cell: str, utc: str) -> None:
    [(_, line)] = read(tmp_path, HEADS, [*GOOD[:3], cell, "", ""], form=form).lines

    assert line.found_at.astimezone(dt.UTC).isoformat()[:16] == utc


def test_times_in_a_workbook_are_told_by_the_same_clocks(tmp_path: Path) -> None:
    from openpyxl import Workbook  # noqa: PLC0415  it takes a second to load

    book, file = Workbook(), tmp_path / "theirs.xlsx"
    for row in (HEADS, [*GOOD[:3], dt.datetime(2020, 7, 1, 0, 5), "", ""]):  # noqa: DTZ001  as workbooks have them
        book.active.append(row)  # type: ignore[union-attr]
    book.save(file)
    (tmp_path / "mapping.toml").write_text(MAPPING, "utf-8")

    [(_, line)] = read_file(file, KINDS["reports"], read_mapping(tmp_path / "mapping.toml", {}, None)).lines

    assert line.found_at == dt.datetime(2020, 7, 1, 7, 5, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (["1-9", "A", "B", "yesterday", "", ""], "row 3, column D, Found at: must be a time of the form %d.%m.%Y %H:%M"),
        (["", "A", "B", "01.07.2020 00:05", "", ""], "row 3, column A, Number: is required"),
        (["1-9", "", "", "01.07.2020 00:05", "", ""], "row 3, column B, Title: is required"),
        (["1-9", "x" * 81, "", "01.07.2020 00:05", "", ""], "row 3, column B, Title: must have at most 80 characters"),
        (["1-101", "A", "B", "01.07.2020 00:05", "", ""], "row 3, column A, Number: stands in row 2 already"),
        (["1-9", "A", "B", "", "01.07.2020 00:05", ""], "row 3, column D, Found at: is required"),
        (["1-9", "A", "B", "02.07.2020 00:00", "01.07.2020 00:05", ""], "row 3, column E, Closed at: must not be before"),
    ],
    ids=["no time", "no number", "no title", "too long", "twice", "closed, not found", "closed before it was found"],
)
def test_a_fault_is_told_by_its_row_and_the_column_of_their_file(tmp_path: Path, row: list[str], says: str) -> None:
    with pytest.raises(SheetNotValid) as refused:
        read(tmp_path, HEADS, GOOD, row)

    [told] = faults(refused)
    assert told.startswith(says)


def test_every_fault_is_told_in_chinese_as_well(tmp_path: Path) -> None:
    wrong = [["1", "A", "B", "never", "", ""], ["2", "A", "B", "never", "never", ""]]

    with pytest.raises(SheetNotValid) as refused:
        read(tmp_path, HEADS, *wrong)

    assert [error["message"].zh for error in refused.value.errors] == [
        "第 2 行 D 列“发现时间”:时间须写作 %d.%m.%Y %H:%M",
        "第 3 行 D 列“发现时间”:时间须写作 %d.%m.%Y %H:%M",
        "第 3 行 E 列“结案时间”:时间须写作 %d.%m.%Y %H:%M",
    ]


@pytest.mark.parametrize(
    ("mapping", "zh", "en"),
    [
        (MAPPING.replace("When", "Found"), "没有映射文件所指的列 Found", "has no column Found, of which the mapping speaks"),
        (MAPPING.replace("title =", "name ="), "未知字段 name", "the mapping speaks of name; the fields are row_id, title"),
        (MAPPING.replace("data_set", "dataset"), "dataset:映射文件没有此项", "dataset: is nothing that a mapping says"),
        (MAPPING.replace("old-hotline", "Old Hotline"), "data_set:须符合格式", "data_set: must match"),
        (MAPPING.replace("America/Los_Angeles", "Los Angeles"), "不是时区名称", "is not the name of a time zone"),
        (MAPPING.replace("[times]", "[times"), "不是 TOML", "is not TOML"),
    ],
    ids=["no such head", "no such field", "a slip", "no data set's name", "no zone", "no TOML"],
)
def test_a_mapping_that_does_not_fit_is_refused(tmp_path: Path, mapping: str, zh: str, en: str) -> None:
    with pytest.raises(CannotImport) as refusal:
        read(tmp_path, HEADS, GOOD, mapping=mapping)

    assert zh in refusal.value.why.zh
    assert en in refusal.value.why.en


def test_a_file_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotImport, match="has a head, but no rows"):
        read(tmp_path, HEADS)


def test_a_packed_file_is_read_and_one_that_was_cut_off_is_not(tmp_path: Path) -> None:
    file, packed = tmp_path / "theirs.csv.gz", gzip.compress(csv_of([HEADS, GOOD]))
    (tmp_path / "mapping.toml").write_text(MAPPING, "utf-8")
    mapping = read_mapping(tmp_path / "mapping.toml", {}, None)

    file.write_bytes(packed)
    whole = read_file(file, KINDS["reports"], mapping)
    file.write_bytes(packed[:-12])

    assert len(whole.lines) == 1
    with pytest.raises(CannotImport, match="cannot be read: Compressed file ended"):
        read_file(file, KINDS["reports"], mapping)


# --- our own heads -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_template_can_be_brought_in_as_it_is(tmp_path: Path, kind: str, language: str, form: str) -> None:
    file = tmp_path / f"template.{form}"

    written = CliRunner().invoke(cli.app, ["import", "template", kind, str(file), "--language", language])

    assert written.exit_code == 0, written.output
    [(row, _)] = read_file(file, KINDS[kind], read_mapping(None, {}, None)).lines
    assert row == 2


def test_a_constant_stands_for_a_column_that_the_file_has_not(tmp_path: Path) -> None:
    rows = [["编号", "标题", "区划代码"], ["1", "井盖缺失", ""]]

    of_all = read(tmp_path, *([row[:2] for row in rows]), mapping="", area_code="990101001001", source="resident").lines

    assert [(line.area_code, line.source) for _, line in of_all] == [("990101001001", "resident")]
    with pytest.raises(SheetNotValid):
        read(tmp_path, *rows, mapping="")


def test_a_column_that_is_none_of_ours_is_told_where_no_mapping_passes_it_over(tmp_path: Path) -> None:
    with pytest.raises(SheetNotValid) as refused:
        read(tmp_path, ["编号", "标题", "区划代码", "经办人"], ["1", "井盖缺失", "990101001001", "甲"], mapping="")

    assert faults(refused) == ["row 1, column D: there is no such column"]


def test_what_is_personal_is_not_repeated(tmp_path: Path) -> None:
    example = {**KINDS["volunteers"].example, "phone": "12345", "real_name_token": "110101199001011234;"}
    columns = KINDS["volunteers"].line.columns()
    file = tmp_path / "volunteers.csv"
    file.write_bytes(write("volunteers", CSV, columns, [[example.get(column.name) for column in columns]]))

    with pytest.raises(SheetNotValid) as refused:
        read_file(file, KINDS["volunteers"], read_mapping(None, {}, None))

    assert [error["code"] for error in refused.value.errors] == ["not_a_phone", "not_a_token"]
    assert not any("12345" in told or "110101" in told for told in faults(refused))


def test_lines_go_to_a_service_in_the_rows_and_columns_in_which_they_stood(tmp_path: Path) -> None:
    mapping = '[columns]\nname = "Item"\nqty = "There"\nrequired_qty = "There"'
    rows = [["No.", "There", "Item"], ["1", "", ""], ["2", "40", "棉被"]]

    sheet = read(tmp_path, *rows, mapping=mapping, kind="stock")
    sent = _file(sheet.lines, sheet.letters).decode("utf-8-sig").splitlines()

    assert sent[0].split(",")[1:4] == ["qty", "name", "unit"]
    assert sent[2].split(",")[1:3] == ["40.000", "棉被"]
    assert sent[1] == ""
