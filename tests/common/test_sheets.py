"""Files that people have: what is read from them, how faults are told, and that nothing in what is written runs."""

import asyncio
import datetime as dt
import io
import zipfile
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from gridwhistle.common.answers import file_answer
from gridwhistle.common.problems import Problem, Term
from gridwhistle.common.sheet_formats import (
    COLUMNS_MAX,
    CSV,
    ROWS_MAX,
    XLSX,
    MixedEncodings,
    SeveralSheets,
    SheetTooLarge,
    UnreadableSheet,
    csv_of,
    texts_of,
    xlsx_of,
)
from gridwhistle.common.sheets import SEVERAL, YES_OR_NO, Line, SheetNotValid, cells_of, download, read, write

FORMATS = (CSV, XLSX)


class Tool(Line):
    """A tool that is lent."""

    code: Annotated[str, Field(pattern="^T-[0-9]{4}$"), Term("编号", "Code")]
    name: Annotated[str, Field(min_length=1, max_length=20), Term("名称", "Name")]
    days: Annotated[int, Field(ge=1, le=30), Term("借期", "Days")] = 7
    is_heavy: Annotated[bool, YES_OR_NO, Term("较重", "Heavy")] = False
    parts: Annotated[list[Annotated[str, Field(max_length=10)]], SEVERAL, Term("配件", "Parts")] = Field(default_factory=list)
    kind: Annotated[Literal["hand", "power"], Term("种类", "Kind")] = "hand"


def workbook(*rows: tuple[object, ...]) -> bytes:
    """Return what a spreadsheet program would save."""
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    return saved(made)


def saved(made: openpyxl.Workbook) -> bytes:
    written = io.BytesIO()
    made.save(written)
    return written.getvalue()


def as_csv(*lines: str) -> bytes:
    return "\r\n".join(lines).encode()


HEADS = ("编号", "名称", "借期", "较重", "配件", "种类")
FILES = [
    pytest.param("编号,名称,借期,较重,配件\nT-0001,电钻,14,是,钻头|充电器\n".encode(), id="CSV in UTF-8"),
    pytest.param("编号,名称,借期,较重,配件\nT-0001,电钻,14,是,钻头|充电器\n".encode("utf-8-sig"), id="with a byte order mark"),
    pytest.param("编号,名称,借期,较重,配件\r\nT-0001,电钻,14,是,钻头|充电器\r\n".encode("gb18030"), id="CSV in GB18030"),
    pytest.param('name,code,Days,is_heavy,parts\n电钻,T-0001,14,true,"钻头\n充电器"\n'.encode(), id="other heads and order"),
    pytest.param(workbook(HEADS, ("T-0001", "电钻", 14, True, "钻头\n充电器")), id="a workbook"),
    pytest.param(workbook(HEADS, ("T-0001 ", "电钻", "14", "是", "钻头|充电器"), ()), id="a workbook of texts"),
]


@pytest.mark.parametrize("content", FILES)
def test_what_people_save_is_read_the_same(content: bytes) -> None:
    sheet = read(content, Tool)

    sheet.check()
    assert sheet.lines == [(2, Tool(code="T-0001", name="电钻", days=14, is_heavy=True, parts=["钻头", "充电器"]))]


@pytest.mark.parametrize("content", [as_csv("编号,名称", "", "T-0001,锤", ",", "T-0002,锯"),
                                     workbook(("编号", "名称"), (), ("T-0001", "锤"), (None, " "), ("T-0002", "锯"))],
                         ids=FORMATS)  # fmt: skip
def test_rows_are_numbered_as_a_spreadsheet_shows_them(content: bytes) -> None:
    sheet = read(content, Tool)

    assert [(row, tool.name) for row, tool in sheet.lines] == [(3, "锤"), (5, "锯")]


FAULTS = [
    pytest.param(as_csv("编号,名称,借期", "T-0001,锤,很久"), 2, "C", "days", "int_parsing", id="no number"),
    pytest.param(as_csv("编号,名称,借期", "T-0001,锤,90"), 2, "C", "days", "less_than_equal", id="a number out of bounds"),
    pytest.param(as_csv("名称,编号", "锤,T-0001", "锯,9.9E+11"), 3, "B", "code", "string_pattern_mismatch", id="no code"),
    pytest.param(as_csv("编号,名称", "T-0001,"), 2, "B", "name", "missing", id="a blank that may not be"),
    pytest.param(as_csv("编号,名称,种类", "T-0001,锤,sharp"), 2, "C", "kind", "literal_error", id="a word that is none"),
    pytest.param(as_csv("编号,名称", "T-0001,锤\x07"), 2, "B", "name", "control_character", id="a control character"),
    pytest.param(as_csv("编号,名称", "T-0001,锤,张三"), 2, "C", "C", "unknown_column", id="a cell beside the table"),
    pytest.param(as_csv("编号,名称,电话", "T-0001,锤,1"), 1, "C", "C", "unknown_column", id="a column that is none"),
    pytest.param(as_csv("编号,名称,Name", "T-0001,锤,锤"), 1, "C", "C", "unknown_column", id="a column that is there twice"),
    pytest.param(as_csv("编号", "T-0001"), 1, None, "name", "missing", id="a column that is missing"),
    pytest.param(b"", 1, None, "code", "missing", id="nothing at all"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "row", "column", "name", "code"), FAULTS)
def test_a_fault_is_told_by_row_and_column(content: bytes, row: int, column: str | None, name: str, code: str) -> None:
    sheet = read(content, Tool)

    with pytest.raises(SheetNotValid) as refusal:
        sheet.check()

    told = refusal.value.errors[0]
    assert (told["row"], told.get("column"), told["pointer"], told["code"]) == (row, column, f"#/{row}/{name}", code)
    assert f"第 {row} 行" in told["message"].zh
    assert f"row {row}, column {column or name}" in told["message"].en


def test_every_fault_is_counted_and_no_cell_is_repeated() -> None:
    content = as_csv("编号,名称,借期", *["张三的电话,锤,13800138000"] * 300)

    with pytest.raises(SheetNotValid) as refusal:
        read(content, Tool).check()

    body = refusal.value.body("zh", "x").decode()
    assert "有 600 处" in body
    assert body.count("row") == 100
    assert "张三" not in body
    assert "13800138000" not in body


def test_what_a_service_finds_wrong_is_told_in_the_same_way() -> None:
    sheet = read(as_csv("编号,名称", "T-0001,锤"), Tool)

    sheet.wrong(2, "code", "there_already", Term("已经登记", "is there already"))

    with pytest.raises(SheetNotValid) as refusal:
        sheet.check()
    assert refusal.value.errors[0]["message"] == Term("第 2 行 A 列“编号”:已经登记", "row 2, column A, Code: is there already")


FORMULAS = ["=1+1", "+86 571", "-5 cm", "@here", "\t=1", "\r=1", "＝1", "＋1", "－1", "＠x", "'=1", "''+1", " =1"]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_is_written_as_a_formula(text: str) -> None:
    row = csv_of([[text]]).decode("utf-8-sig").strip('"\r\n')
    cell = openpyxl.load_workbook(io.BytesIO(xlsx_of("x", [[text]]))).active["A1"]

    assert row.startswith("'")
    assert cell.data_type == "s"
    assert cell.quotePrefix or text.startswith("'")
    assert texts_of(csv_of([[text]])) == texts_of(xlsx_of("x", [[text]])) == [[text.strip()]]


def test_numbers_stay_numbers_and_long_ones_keep_their_digits() -> None:
    row = [
        -30,
        2.5,
        Decimal("1.10"),
        990101001000,
        1234567890123456789,
        True,
        dt.date(2026, 7, 6),
        None,
        ["近", "远"],
        UUID(int=7),
    ]
    moment = dt.datetime(2026, 7, 6, 0, 30, tzinfo=dt.UTC)

    as_text, as_workbook = (texts_of(written) for written in (csv_of([[*row, moment]]), xlsx_of("x", [[*row, moment]])))

    assert as_text == [["-30", "2.5", "1.10", "990101001000", "1234567890123456789", "true", "2026-07-06", "", "近\n远",
                        "00000000-0000-0000-0000-000000000007",
                        "2026-07-06T08:30:00+08:00"]]  # fmt: skip
    assert as_workbook == [[text if text != "1.10" else "1.1" for text in as_text[0]]]


def test_dates_and_hours_of_a_workbook_are_read_as_they_are_written_elsewhere() -> None:
    content = workbook(("甲", "乙", "丙"), (dt.date(2026, 7, 6), dt.datetime(2026, 7, 6, 8, 30), 0.5))  # noqa: DTZ001

    assert texts_of(content)[1] == ["2026-07-06", "2026-07-06T08:30:00+08:00", "0.5"]


TEXTS = st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("'=+-@,\"\n;|＝"))


@given(rows=st.lists(st.lists(TEXTS, min_size=1, max_size=4), min_size=1, max_size=5), kind=st.sampled_from(FORMATS))
def test_what_was_written_is_read_again(rows: list[list[str]], kind: str) -> None:
    written = csv_of(rows) if kind == CSV else xlsx_of("x", rows)

    again = texts_of(written)

    wanted = [[cell.strip() for cell in row] for row in rows]
    assert [row + [""] * (len(wanted[at]) - len(row)) for at, row in enumerate(again)] == wanted[: len(again)]
    assert not any(any(row) for row in wanted[len(again) :])


@pytest.mark.parametrize("kind", FORMATS)
def test_lines_are_written_under_heads_in_the_readers_language(kind: str) -> None:
    tool = Tool(code="T-0001", name="电钻", parts=["钻头", "充电器"])

    zh, en = (write("工具", kind, Tool.columns(), [cells_of(tool)], language) for language in ("zh", "en"))

    assert texts_of(zh)[0] == [*HEADS]
    assert texts_of(en)[0] == ["Code", "Name", "Days", "Heavy", "Parts", "Kind"]
    assert read(zh, Tool).lines == read(en, Tool).lines == [(2, tool)]


@pytest.mark.parametrize(
    ("media_type", "said", "ending"), [(CSV, "text/csv; charset=utf-8", "csv"), (XLSX, XLSX, "xlsx")], ids=FORMATS
)
def test_a_download_says_what_it_is_and_how_it_is_called(media_type: str, said: str, ending: str) -> None:
    async def answered() -> dict[bytes, bytes]:
        file = await download("目录-990101", media_type, Tool.columns(), [])
        return dict((await file_answer(file, {}))[2])

    headers = asyncio.run(answered())

    assert headers[b"content-type"] == said.encode()
    assert headers[b"content-disposition"] == (
        f"attachment; filename=\"file.{ending}\"; filename*=UTF-8''%E7%9B%AE%E5%BD%95-990101.{ending}".encode()
    )


# --- files that are none, or too much ----------------------------------------------------------------------------------------


def parts_of(sheet: bytes, **more: bytes) -> bytes:
    """Return a workbook whose sheet is this XML."""
    plain = zipfile.ZipFile(io.BytesIO(workbook(("甲",))))
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in plain.namelist():
            archive.writestr(name, sheet if name == "xl/worksheets/sheet1.xml" else plain.read(name))
        for name, content in more.items():
            archive.writestr(name, content)
    return written.getvalue()


def sheet_xml(rows: bytes, before: bytes = b"") -> bytes:
    return (
        b'<?xml version="1.0"?>' + before + b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        b"<sheetData>" + rows + b"</sheetData></worksheet>"
    )


LAUGHS = b'<!DOCTYPE x [<!ENTITY a "' + b"ha" * 1_000 + b'"><!ENTITY b "' + b"&a;" * 1_000 + b'">]>'
HOSTILE = [
    pytest.param(b"\xd0\xcf\x11\xe0" + bytes(600), UnreadableSheet, id="an old or an encrypted workbook"),
    pytest.param(b"PK\x03\x04" + bytes(600), UnreadableSheet, id="a broken archive"),
    pytest.param(as_csv("编号,名称", 'T-0001,"锤'), UnreadableSheet, id="a quote that never ends"),
    pytest.param(
        as_csv("code,name", "T-0001,锤", "") + "T-0002,电钻".encode("gb18030"), MixedEncodings, id="lines in two encodings"
    ),
    pytest.param(b"\x89PNG\r\n\x1a\n\0\0", UnreadableSheet, id="a picture"),
    pytest.param(b"a" * 200_000, UnreadableSheet, id="a cell without end"),
    pytest.param(b"\n" * (ROWS_MAX + 1), SheetTooLarge, id="too many rows"),
    pytest.param(b"," * COLUMNS_MAX + b"x", SheetTooLarge, id="too many columns"),
    pytest.param(b"x" * 6_000_000, SheetTooLarge, id="too many bytes"),
    pytest.param(parts_of(sheet_xml(b""), bomb=bytes(40_000_000)), SheetTooLarge, id="an archive that swells"),
    pytest.param(parts_of(sheet_xml(b"<row>" + b"<c/>" * 600_001 + b"</row>")), SheetTooLarge, id="cells without end"),
    pytest.param(parts_of(sheet_xml(b"<x/>" * 50_001)), SheetTooLarge, id="elements that are no cells"),
    pytest.param(parts_of(sheet_xml(b'<row r="20001"><c t="str"><v>x</v></c></row>')), SheetTooLarge, id="a row far down"),
    pytest.param(parts_of(sheet_xml(b'<row><c r="CW1" t="str"><v>x</v></c></row>')), SheetTooLarge, id="a column far out"),
    pytest.param(parts_of(sheet_xml(b"<row><c><v>&b;</v></c></row>", LAUGHS)), UnreadableSheet, id="entities that swell"),
    pytest.param(parts_of(sheet_xml(b"<row><c><v>" + b"9" * 5_000 + b"</v></c></row>")), UnreadableSheet, id="no number"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "kind"), HOSTILE)
def test_what_cannot_be_read_is_refused(content: bytes, kind: type[Problem]) -> None:
    with pytest.raises(kind):
        texts_of(content)


def test_a_workbook_has_one_sheet_that_holds_something() -> None:
    made = openpyxl.Workbook()
    made.active.append(("编号", "名称"))
    made.create_sheet("Sheet2")
    assert texts_of(saved(made)) == [["编号", "名称"]]

    made["Sheet2"].append(("T-0001", "锤"))
    with pytest.raises(SeveralSheets):
        texts_of(saved(made))

    made["Sheet2"].sheet_state = "hidden"
    assert texts_of(saved(made)) == [["编号", "名称"]]


def test_a_formula_is_what_it_showed() -> None:
    content = parts_of(sheet_xml(b"<row><c><f>A1+1</f><v>14</v></c><c><f>A2</f></c><c><v>7</v></c></row>"))

    assert texts_of(content) == [["14", "", "7"]]


def test_a_dimension_that_lies_hides_no_row() -> None:
    rows = b"".join(b'<row><c t="str"><v>x</v></c></row>' for _ in range(5))
    content = parts_of(sheet_xml(rows).replace(b"<sheetData>", b'<dimension ref="A1:A2"/><sheetData>'))

    assert texts_of(content) == [["x"]] * 5
