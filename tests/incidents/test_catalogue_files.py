"""The catalogue as files: it leaves and comes in again, every fault has its place, and a second run changes nothing."""

import io
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import openpyxl
import pytest

from gridwhistle.common.sheet_formats import CSV, XLSX, csv_of, texts_of, xlsx_of
from gridwhistle.incidents.catalogue_lines import CatalogueLine, examples
from gridwhistle.incidents.starter import starter
from tests.conftest import Person, RunningSuite
from tests.counties import a_county

CATEGORIES = "/incidents/v1/categories"
CATEGORY = {"line": "category", "code": "E-0101", "name": "占道堆物", "source_ref": "示例"}
STANDARD = {"line": "standard", "code": "E-0101", "condition": "占用人行道", "handle_amount": "4", "handle_unit": "work_hour",
            "close_condition": "恢复通行", "source_ref": "示例"}  # fmt: skip
MATTER = {"line": "matter", "code": "E-0101", "level": "village", "lead_org_type": "village_committee",
          "community_may_refuse": "是", "source_ref": "示例"}  # fmt: skip


class County:
    """A county that no other test uses, and its administrator."""

    def __init__(self, suite: RunningSuite) -> None:
        self.code = a_county()
        self.admin: Person = suite.somebody("county_admin", self.code, subject="files-admin")

    def answers(self, **more: str) -> dict[str, str]:
        """Return a line that says who answers."""
        orgs = {"supervising_org": "990101-water", "responsible_org": "990101-water"}
        return {"line": "responsibility", "code": "E-0101", "area_prefix": self.code, **orgs, **more}

    def brought(self, *lines: Mapping[str, str], query: str = "", **headers: str) -> Any:
        """Bring lines in, and return the answer."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        headers = {"Authorization": f"Bearer {self.admin.token}", "Content-Type": "text/csv", "Accept-Language": "en", **named}
        return self.admin.client.post(f"{CATEGORIES}/import{query}", content=as_csv(lines), headers=headers)

    def counts(self, *lines: Mapping[str, str], **more: Any) -> tuple[int, int, int]:
        """Bring lines in, and return how many were added, changed and left as they are."""
        answer = self.brought(*lines, **more)
        assert answer.status_code == 200, answer.text
        return tuple(answer.json()[name] for name in ("added", "changed", "unchanged"))

    def lines(self) -> list[dict[str, str]]:
        """Return what the export has, under the names of the columns, without what is blank."""
        rows = texts_of(self.admin.get(f"{CATEGORIES}/export").content)
        names = [column.name for column in CatalogueLine.columns()]
        return [{name: text for name, text in zip(names, row, strict=False) if text} for row in rows[1:]]

    def read(self) -> dict[str, Any]:
        """Return the one category there is."""
        category: dict[str, Any] = self.admin.get(CATEGORIES).json()["items"][0]
        return category


@pytest.fixture
def county(suite: RunningSuite) -> County:
    return County(suite)


def as_csv(lines: Iterable[Mapping[str, str]]) -> bytes:
    return csv_of(table(lines))


def table(lines: Iterable[Mapping[str, str]]) -> list[Sequence[str]]:
    names = [column.name for column in CatalogueLine.columns()]
    return [names, *([line.get(name, "") for name in names] for line in lines)]


def test_a_catalogue_comes_in_from_a_file_and_a_second_run_changes_nothing(county: County) -> None:
    lines = (STANDARD, county.answers(priority="2"), MATTER, CATEGORY | {"is_callback_only": "是", "legal_refs": "甲|乙"})

    first, second = county.counts(*lines), county.counts(*lines)

    category = county.read()
    assert (first, second) == ((4, 0, 0), (0, 0, 4))
    assert (category["is_callback_only"], category["legal_refs"], category["enabled"]) == (True, ["甲", "乙"], True)
    standard = category["standards"][0]
    assert (standard["condition"], standard["handle_amount"], standard["season"]) == ("占用人行道", 4, None)
    assert category["responsibilities"][0]["priority"] == 2
    assert category["matter_list"][0]["lead_org_type"] == "village_committee"
    assert category["matter_list"][0]["community_may_refuse"] is True


@pytest.mark.parametrize(("kind", "media_type"), [("csv", CSV), ("xlsx", XLSX)])
def test_the_starter_catalogue_leaves_and_comes_in_unchanged(county: County, kind: str, media_type: str) -> None:
    county.admin.post(f"{CATEGORIES}/start", {"county_code": county.code})

    file = county.admin.get(f"{CATEGORIES}/export", Accept=media_type)
    there = county.admin.send(f"{CATEGORIES}/import", file.content, file.headers["content-type"]).json()
    elsewhere = openpyxl.load_workbook(io.BytesIO(file.content)) if kind == "xlsx" else None

    standards = sum(len(lines) for _, lines in starter())
    assert file.headers["content-disposition"] == f'attachment; filename="catalogue-{county.code}.{kind}"'
    assert there == {"added": 0, "changed": 0, "unchanged": len(starter()) + standards, "dry_run": False}
    assert elsewhere is None or elsewhere.active.max_row == len(starter()) + standards + 1


def test_the_catalogue_of_one_county_comes_in_at_another(suite: RunningSuite, county: County) -> None:
    county.counts(CATEGORY | {"is_callback_only": "是"}, STANDARD, MATTER)
    other = County(suite)

    brought = other.counts(*({name: text for name, text in line.items() if name != "id"} for line in county.lines()))

    assert brought == (3, 0, 0)
    assert [{**line, "id": ""} for line in other.lines()] == [{**line, "id": ""} for line in county.lines()]


def test_a_line_that_names_another_takes_its_place(county: County) -> None:
    county.counts(CATEGORY, STANDARD, county.answers())
    edited = [line | {"handle_amount": "2"} if line["line"] == "standard" else line for line in county.lines()]
    edited = [line | {"priority": "5"} if line["line"] == "responsibility" else line for line in edited]

    first, second = county.counts(*edited), county.counts(*edited)

    category = county.read()
    assert (first, second) == ((0, 2, 1), (0, 0, 3))
    assert [(one["handle_amount"], one["withdrawn_at"] is None) for one in category["standards"]] == [(4, False), (2, True)]
    assert [one["withdrawn_at"] is None for one in category["responsibilities"]] == [False, True]
    assert [line.get("handle_amount") for line in county.lines()] == [None, "2", None]


def test_a_category_changes_in_what_its_line_says(county: County) -> None:
    county.counts(CATEGORY | {"guide": "拍近景", "legal_refs": "甲"})

    changed = county.counts(CATEGORY | {"name": "占道经营", "enabled": "否"})

    category = county.read()
    assert changed == (0, 1, 0)
    assert (category["name"], category["enabled"]) == ("占道经营", False)
    assert (category["guide"], category["legal_refs"]) == ("拍近景", ["甲"])


def test_a_line_of_the_matter_list_takes_the_place_of_its_levels(county: County) -> None:
    county.counts(CATEGORY, MATTER)

    changed, again = (county.counts(MATTER | {"community_may_refuse": "no"}) for _ in range(2))

    assert (changed, again) == ((0, 1, 0), (0, 0, 1))
    assert [line["community_may_refuse"] for line in county.lines() if line["line"] == "matter"] == ["false"]


def test_what_was_withdrawn_does_not_leave(county: County) -> None:
    county.counts(CATEGORY, STANDARD, county.answers(), MATTER)
    category = county.read()
    for action, hanging in (("standard", "standards"), ("responsibility", "responsibilities"), ("matter", "matter_list")):
        path = f"{CATEGORIES}/{category['id']}/withdraw_{action}"
        county.admin.post(path, {"id": category[hanging][0]["id"]})

    assert [line["line"] for line in county.lines()] == ["category"]


def test_a_dry_run_says_what_would_be_and_changes_nothing(county: County) -> None:
    county.counts(CATEGORY)

    would = county.brought(CATEGORY | {"name": "占道经营"}, STANDARD, query="?dry_run=true").json()

    assert would == {"added": 1, "changed": 1, "unchanged": 0, "dry_run": True}
    assert (county.read()["name"], county.read()["standards"]) == ("占道堆物", [])


FAULTS = [
    pytest.param({**CATEGORY, "code": "E-1"}, "B", "code", "string_pattern_mismatch", id="no code"),
    pytest.param({**STANDARD, "handle_amount": "两天"}, "K", "handle_amount", "int_parsing", id="no number"),
    pytest.param({**STANDARD, "handle_unit": "fortnight"}, "L", "handle_unit", "literal_error", id="no unit"),
    pytest.param({**STANDARD, "condition": ""}, "J", "condition", "missing", id="a standard without a condition"),
    pytest.param({**STANDARD, "photos_required": "me"}, "N", "photos_required", "string_pattern_mismatch", id="no photo"),
    pytest.param({**STANDARD, "code": "E-0199"}, "B", "code", "unknown_category", id="a category that is nowhere"),
    pytest.param({**STANDARD, "id": str(uuid.uuid4())}, "C", "id", "not_in_category", id="an id that is nowhere"),
    pytest.param({**MATTER, "id": str(uuid.uuid4())}, "C", "id", "not_of_this_line", id="an id of what has none"),
    pytest.param({**MATTER, "season": "冬季"}, "O", "season", "not_of_this_line", id="a cell of another kind of line"),
    pytest.param({**MATTER, "level": "nation"}, "U", "level", "literal_error", id="no level"),
    pytest.param({**CATEGORY}, "B", "code", "twice", id="a category twice"),
    pytest.param({**CATEGORY, "name": ""}, "D", "name", "missing", id="a category without a name"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "column", "name", "code"), FAULTS)
def test_a_fault_anywhere_is_told_by_its_place_and_nothing_comes_in(
    county: County, line: dict[str, str], column: str, name: str, code: str
) -> None:
    answer = county.brought(CATEGORY, STANDARD, line)

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "sheet_not_valid")
    faults = [(fault["row"], fault["column"], fault["pointer"], fault["code"]) for fault in problem["errors"]]
    assert (4, column, f"#/4/{name}", code) in faults
    assert f"row 4, column {column}" in problem["errors"][0]["message"]
    assert county.admin.get(CATEGORIES).json()["items"] == []


def test_who_answers_is_known_and_for_a_place_in_the_county(county: County) -> None:
    line = county.answers(area_prefix="990101", responsible_org="nobody-knows-it", effective_from="2026-07-06")

    problem = county.brought(CATEGORY, line).json()

    assert [(fault["column"], fault["code"]) for fault in problem["errors"]] == [
        ("P", "outside_your_area"),
        ("R", "unknown_organisation"),
    ]


def test_a_category_that_is_full_comes_in_again_and_takes_no_more(county: County) -> None:
    many = [STANDARD | {"condition": f"占用第 {at} 处"} for at in range(200)]
    county.counts(CATEGORY, *many)

    again = county.counts(*many)
    problem = county.brought(*many, STANDARD).json()

    assert again == (0, 0, 200)
    assert [(fault["row"], fault["code"]) for fault in problem["errors"]] == [(202, "full_category")]


def test_every_fault_is_told_at_once_in_the_readers_language(county: County) -> None:
    lines = [STANDARD | {"handle_amount": "x", "code": f"E-01{at:02}"} for at in range(10, 20)]

    problem = county.brought(CATEGORY, *lines, Accept_Language="zh").json()

    assert problem["detail"].startswith("文件中有 10 处不符合要求")
    assert problem["errors"][0]["message"] == "第 3 行 K 列“处置时限”:须为整数"


def test_a_day_in_a_workbook_is_when_it_begins_in_the_county(county: County) -> None:
    content = xlsx_of("目录", table([CATEGORY, county.answers(effective_from="2026-07-06")]))

    county.admin.send(f"{CATEGORIES}/import", content, XLSX)

    assert county.read()["responsibilities"][0]["effective_from"] == "2026-07-05T16:00:00Z"


def test_a_repeat_under_its_key_hears_the_same_answer(county: County) -> None:
    key = str(uuid.uuid4())

    first, again = (county.brought(CATEGORY, STANDARD, Idempotency_Key=key) for _ in range(2))
    other = county.brought(CATEGORY | {"name": "另一个"}, Idempotency_Key=key)

    assert again.json() == first.json() == {"added": 2, "changed": 0, "unchanged": 0, "dry_run": False}
    assert again.headers["idempotency-replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert county.read()["name"] == "占道堆物"


def test_the_catalogue_of_another_county_neither_leaves_nor_comes_in(suite: RunningSuite, county: County) -> None:
    stranger = suite.somebody("county_admin", "990102")

    answers = (
        stranger.get(f"{CATEGORIES}/export?area_code={county.code}"),
        stranger.send(f"{CATEGORIES}/import?area_code={county.code}", as_csv([CATEGORY]), "text/csv"),
    )

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(403, "outside_your_area")] * 2


def test_who_does_not_write_the_catalogue_brings_nothing_in(suite: RunningSuite, county: County) -> None:
    worker = suite.somebody("grid_worker", f"{county.code}001001001")

    brought = worker.send(f"{CATEGORIES}/import", as_csv([CATEGORY]), "text/csv")

    assert (brought.status_code, brought.json()["code"]) == (403, "insufficient_scope")
    assert worker.get(f"{CATEGORIES}/export").status_code == 200


def test_the_examples_of_the_template_are_right_but_for_their_organisations(county: County) -> None:
    lines = [
        {name: "|".join(said) if isinstance(said, list) else str(said) for name, said in line if name in line.model_fields_set}
        for line in examples(county.code)
    ]

    problem = county.brought(*lines).json()

    assert {fault["code"] for fault in problem["errors"]} == {"unknown_organisation"}
