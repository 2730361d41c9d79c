"""The catalogue as lines of a file, each a category, a standard, who answers or a matter; and what may be wrong with them."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import Field

from gridwhistle.common.deadlines import Unit
from gridwhistle.common.events.incidents import Category as Code
from gridwhistle.common.ids import OrgCode
from gridwhistle.common.problems import Term
from gridwhistle.common.sheets import SEVERAL, SINCE, YES_OR_NO, Line, Sheet
from gridwhistle.common.wire import Moment
from gridwhistle.incidents.catalogue import Category, LeadOrgType, Level, matters_of
from gridwhistle.incidents.cataloguing import (
    CATEGORIES_MAX,
    OF_ONE_MAX,
    Amount,
    AreaPrefix,
    CloseCondition,
    Condition,
    Guide,
    LegalRefs,
    Name,
    Photos,
    Priority,
    Season,
    Source,
)

What = Literal["category", "standard", "responsibility", "matter"]


class CatalogueLine(Line):
    """A line. What a kind of line has no use for is blank."""

    line: Annotated[What, Term("行类型", "Line")]
    code: Annotated[Code, Term("类别代码", "Code")]
    id: Annotated[UUID | None, Term("标识", "Id")] = None
    name: Annotated[Name | None, Term("类别名称", "Name")] = None
    is_local: Annotated[bool | None, YES_OR_NO, Term("本地扩展", "Local")] = None
    enabled: Annotated[bool | None, YES_OR_NO, Term("启用", "Enabled")] = None
    is_callback_only: Annotated[bool | None, YES_OR_NO, Term("仅回访", "Call back only")] = None
    guide: Annotated[Guide | None, Term("采集要求", "Guide")] = None
    legal_refs: Annotated[LegalRefs, SEVERAL, Term("法规依据", "Law")] = Field(default_factory=list)
    condition: Annotated[Condition | None, Term("立案条件", "Condition")] = None
    handle_amount: Annotated[Amount | None, Term("处置时限", "Limit")] = None
    handle_unit: Annotated[Unit | None, Term("时限单位", "Unit")] = None
    close_condition: Annotated[CloseCondition | None, Term("结案条件", "Closed when")] = None
    photos_required: Annotated[Photos, SEVERAL, Term("所需照片", "Photos")] = Field(default_factory=list)
    season: Annotated[Season | None, Term("适用时段", "Season")] = None
    area_prefix: Annotated[AreaPrefix | None, Term("区域代码", "Area")] = None
    supervising_org: Annotated[OrgCode | None, Term("监管主体", "Supervises")] = None
    responsible_org: Annotated[OrgCode | None, Term("责任主体", "Answers")] = None
    priority: Annotated[Priority | None, Term("优先级", "Priority")] = None
    effective_from: Annotated[Moment | None, SINCE, Term("生效时间", "In force from")] = None
    level: Annotated[Level | None, Term("层级", "Level")] = None
    lead_org_type: Annotated[LeadOrgType | None, Term("牵头单位类型", "Led by")] = None
    community_may_refuse: Annotated[bool | None, YES_OR_NO, Term("社区可拒绝", "Community may refuse")] = None
    source_ref: Annotated[Source | None, Term("依据来源", "Source")] = None

    def values(self) -> dict[str, Any]:
        """Return what the line says of its kind of thing."""
        return {name: getattr(self, name) for name in _FIELDS[self.line]}

    def given(self) -> dict[str, Any]:
        """Return what the line says and does not leave blank."""
        return {name: value for name, value in self.values().items() if name in self.model_fields_set}


# What each kind of line says, first what it has to say. Of a category, what is blank stays as it is.
_HAS: Final[Mapping[What, tuple[str, ...]]] = {
    "category": ("name", "source_ref"),
    "standard": ("condition", "handle_amount", "handle_unit", "close_condition", "source_ref"),
    "responsibility": ("area_prefix", "supervising_org", "responsible_org"),
    "matter": ("level", "lead_org_type", "community_may_refuse", "source_ref"),
}
_MAY_HAVE: Final[Mapping[What, tuple[str, ...]]] = {
    "category": ("is_local", "enabled", "is_callback_only", "guide", "legal_refs"),
    "standard": ("photos_required", "season"),
    "responsibility": ("priority", "effective_from"),
    "matter": (),
}
_FIELDS: Final = {what: _HAS[what] + _MAY_HAVE[what] for what in _HAS}
_HANGS: Final[Mapping[What, str]] = {"standard": "standards", "responsibility": "responsibilities", "matter": "matters"}
_REPLACED: Final = frozenset({"standard", "responsibility"})
"""Lines that may say, by `id`, which one they take the place of."""
_MISSING: Final = Term("这类行必须填写", "lines of this kind must say it")
_NOT_OF_THIS_KIND: Final = Term("这类行不填此列", "is not for lines of this kind")
_NO_CATEGORY: Final = Term("目录和本文件中都没有这个类别", "neither the catalogue nor this file has the category")
_TWICE: Final = Term("本文件中该类别已有一行", "this file has a line for the category already")
_FIXED: Final = Term("已有类别的这一项不能修改", "cannot be changed of a category that is there")
_OUTSIDE: Final = Term("不在本县范围内", "lies outside the county")
_NO_ORGANISATION: Final = Term("没有这个单位,或已撤销", "there is no such organisation, or it was retired")
_NO_SUCH: Final = Term("该类别下没有这个标识;新增请留空", "the category has none of this id; leave it blank to add one")
_WITHDRAWN: Final = Term("该条已撤销;重新增加请留空", "it was withdrawn; leave it blank to add it anew")


def examples(county: str) -> list[CatalogueLine]:
    """Return a line of each kind, to begin from."""
    told: dict[str, Any] = {"code": "E-0199", "source_ref": "示例县政发〔2026〕3号"}
    limit = {
        "handle_amount": 4,
        "handle_unit": "work_hour",
        "close_condition": "恢复通行",
        "photos_required": ["before", "after"],
    }
    return [
        CatalogueLine(
            line="category", name="占道堆物", is_local=True, is_callback_only=False, guide="拍摄近景、远景。", **told
        ),
        CatalogueLine(line="standard", condition="占用人行道或车行道", **limit, **told),
        CatalogueLine(
            line="responsibility",
            code="E-0199",
            area_prefix=county,
            supervising_org=f"{county}-example-a",
            responsible_org=f"{county}-example-b",
        ),
        CatalogueLine(line="matter", level="town", lead_org_type="town_government", community_may_refuse=True, **told),
    ]


def lines_of(category: Category) -> Iterator[CatalogueLine]:
    """Yield what holds of a category; what was withdrawn, and what newer lines took the place of, is passed over."""
    row = category.row
    yield _line("category", row, row, enabled=row.enabled, is_callback_only=bool(row.is_callback_only))
    for what, hanging in (("standard", category.standards), ("responsibility", category.responsibilities)):
        for one in hanging:
            if one.withdrawn_at is None:
                yield _line(what, row, one, id=one.id)
    for matter in matters_of(category):
        yield _line("matter", row, matter)


def _line(what: Any, category: Any, row: Any, **more: Any) -> CatalogueLine:
    said = {name: getattr(row, name) for name in _FIELDS[what]}
    return CatalogueLine.model_construct(**{"line": what, "code": category.code, **said, **more})


def holds(category: Category, line: CatalogueLine) -> Any | None:
    """Return what the line says if it holds already: the row itself."""
    if line.line == "category":
        return category.row if _says(line.given(), category.row) else None
    if line.line == "matter":
        return next((row for row in matters_of(category) if _says(line.values(), row)), None)
    # From when on somebody answers is asked for only if the line says it.
    said = {name: value for name, value in line.values().items() if name != "effective_from" or value}
    hanging = category.standards if line.line == "standard" else category.responsibilities
    return next((row for row in hanging if row.withdrawn_at is None and _says(said, row)), None)


def replaced(category: Category, line: CatalogueLine) -> Any | None:
    """Return what the line takes the place of: what it names by its id, or the line of the matter list of its level."""
    if line.line == "matter":
        return next((row for row in matters_of(category) if row.level == line.level), None)
    hanging = getattr(category, _HANGS[line.line]) if line.id and line.line in _REPLACED else ()
    return next((row for row in hanging if row.id == line.id), None)


def _says(said: Mapping[str, Any], row: Any) -> bool:
    return all((getattr(row, name) or None) == (value or None) for name, value in said.items())


@dataclass(frozen=True)
class County:
    """What a file is held against: the county's catalogue, and the organisations that there are."""

    code: str
    categories: Mapping[str, Category]
    organisations: Collection[str]

    def look_through(self, sheet: Sheet[CatalogueLine]) -> None:
        """Note everything in a file that is wrong in this county."""
        coming = {line.code for _, line in sheet.lines if line.line == "category"}
        is_full = len(self.categories.keys() | coming) > CATEGORIES_MAX
        new: Counter[tuple[str, What]] = Counter()
        for row, line in sheet.lines:
            _look_at_kind(sheet, row, line)
            category = self.categories.get(line.code)
            if category is None and line.code not in coming:
                sheet.wrong(row, "code", "unknown_category", _NO_CATEGORY)
            elif line.line == "category":
                new[line.code, line.line] += 1
                self._look_at_category(sheet, row, line, nth=new[line.code, line.line], is_full=is_full)
            else:
                new[line.code, line.line] += not (category and holds(category, line))
                self._look_at_hanging(sheet, row, line, category, new=new[line.code, line.line])

    def _look_at_category(self, sheet: Sheet[CatalogueLine], row: int, line: CatalogueLine, *, nth: int, is_full: bool) -> None:
        category = self.categories.get(line.code)
        if nth > 1:
            sheet.wrong(row, "code", "twice", _TWICE)
        if category and line.is_local is not None and line.is_local != category.row.is_local:
            sheet.wrong(row, "is_local", "fixed", _FIXED)
        if category is None and is_full:
            most = Term(f"一个县最多 {CATEGORIES_MAX} 个类别", f"a county has {CATEGORIES_MAX} categories at most")
            sheet.wrong(row, "code", "too_many", most)

    def _look_at_hanging(
        self, sheet: Sheet[CatalogueLine], row: int, line: CatalogueLine, category: Category | None, *, new: int
    ) -> None:
        if line.area_prefix and not line.area_prefix.startswith(self.code):
            sheet.wrong(row, "area_prefix", "outside_your_area", _OUTSIDE)
        holds_already = category and holds(category, line)
        for name in ("supervising_org", "responsible_org"):
            if (org := getattr(line, name)) and org not in self.organisations and not holds_already:
                sheet.wrong(row, name, "unknown_organisation", _NO_ORGANISATION)
        if line.id and line.line in _REPLACED:
            there = replaced(category, line) if category else None
            if there is None:
                sheet.wrong(row, "id", "not_in_category", _NO_SUCH)
            elif there.withdrawn_at and not holds_already:
                sheet.wrong(row, "id", "withdrawn", _WITHDRAWN)
        if new + (len(getattr(category, _HANGS[line.line])) if category else 0) > OF_ONE_MAX:
            most = Term(f"每个类别最多 {OF_ONE_MAX} 条", f"a category has {OF_ONE_MAX} of them at most")
            sheet.wrong(row, "code", "full_category", most)


def _look_at_kind(sheet: Sheet[CatalogueLine], row: int, line: CatalogueLine) -> None:
    """Note what a line leaves out that its kind has to say, and what it says that its kind has not."""
    said = line.model_fields_set - {"line", "code"}
    for name in _HAS[line.line]:
        if name not in said:
            sheet.wrong(row, name, "missing", _MISSING)
    may_say = {*_FIELDS[line.line], *({"id"} if line.line in _REPLACED else ())}
    for name in CatalogueLine.__pydantic_fields__:
        if name in said and name not in may_say:
            sheet.wrong(row, name, "not_of_this_line", _NOT_OF_THIS_KIND)
