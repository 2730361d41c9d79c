"""What a line of reports, of a roster (花名册) or of volunteers holds, and what is wrong with one that stands by itself."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field

from gridwhistle.common.coordinates import AnyCoordSys
from gridwhistle.common.events.incidents import Category, Source, Urgency
from gridwhistle.common.events.personnel import GRIDS_MAX, Duty, Employment
from gridwhistle.common.ids import AreaCode, GridCode, OrgCode
from gridwhistle.common.personal import Personal, PersonName, Phone, RealNameToken
from gridwhistle.common.places import Latitude, Longitude
from gridwhistle.common.problems import Term
from gridwhistle.common.sheets import SEVERAL, SINCE, YES_OR_NO, Line, Sheet
from gridwhistle.common.wire import Day, Moment
from gridwhistle.incidents.views import AddressText, Description, RequestType, Title
from gridwhistle.personnel.workers import Name as WorkerName
from gridwhistle.timebank.participant_tables import ParticipantKind
from gridwhistle.timebank.participants import BirthYearNumber

_WORDS: Final[Mapping[str, str]] = {
    "巡查发现": "grid_patrol", "居民上报": "resident", "12345热线": "hotline_12345", "部门转办": "dept_transfer",
    "联席会议": "joint_meeting", "设施巡检": "facility_inspection", "外部系统": "integrator",
    "一般": "normal", "紧急": "urgent", "突发": "emergency",
    "咨询": "consult", "求助": "help", "投诉": "complaint", "举报": "report", "建议": "suggestion",
    "专职": "full_time", "兼职": "part_time", "两委成员": "committee_member",
    "网格长": "leader", "专职网格员": "full_time", "兼职网格员": "part_time", "网格指导员": "guide",
    "志愿者": "volunteer", "服务对象": "beneficiary", "两者": "both",
}  # fmt: skip
CHINESE: Final = BeforeValidator(lambda text: _WORDS.get(text, text))


def _in_full(kind: type[Personal]) -> AfterValidator:
    """Beside a text: it is a value of this kind, and goes to the service whole."""
    return AfterValidator(lambda text: kind.read(text).full)


class ReportLine(Line):
    """Something that was reported; with `closed_at` it was closed as well, and comes in as history."""

    row_id: Annotated[str, Field(min_length=1, max_length=60), Term("编号", "Number")]
    title: Annotated[Title, Field(min_length=1), Term("标题", "Title")]
    description: Annotated[Description | None, Term("描述", "Description")] = None
    found_at: Annotated[Moment | None, SINCE, Term("发现时间", "Found at")] = None
    reported_at: Annotated[Moment | None, SINCE, Term("上报时间", "Reported at")] = None
    closed_at: Annotated[Moment | None, SINCE, Term("结案时间", "Closed at")] = None
    area_code: Annotated[AreaCode | None, Term("区划代码", "Area")] = None
    lon: Annotated[Longitude | None, Term("经度", "Longitude")] = None
    lat: Annotated[Latitude | None, Term("纬度", "Latitude")] = None
    coord_sys: Annotated[AnyCoordSys, Term("坐标系", "Coordinate system")] = "wgs84"
    address_text: Annotated[AddressText | None, Term("地址", "Address")] = None
    category: Annotated[Category | None, Term("类别代码", "Category")] = None
    request_type: Annotated[RequestType | None, CHINESE, Term("诉求类型", "Request type")] = None
    lead_org: Annotated[OrgCode | None, Term("处置单位", "Handled by")] = None
    source: Annotated[Source, CHINESE, Term("来源", "Source")] = "integrator"
    urgency: Annotated[Urgency, CHINESE, Term("紧急程度", "Urgency")] = "normal"

    def content(self, data_set: str) -> dict[str, Any]:
        """Return what the batch endpoints take; of what is not closed, who handles it is not for the file to say."""
        names = {"title", "description", "found_at", "area_code", "category", "request_type", "source", "urgency"}
        said = self.model_dump(mode="json", exclude_none=True, include=names | (_CLOSED if self.closed_at else set()))
        if self.lon is not None:
            place = {"lon", "lat", "coord_sys", "address_text"}
            said["location"] = self.model_dump(mode="json", exclude_none=True, include=place)
        elif self.address_text:  # without a point it is what people go by
            said["description"] = "\n".join(filter(None, (self.description, self.address_text)))
        return {**said, "reference": {"system": data_set, "code": self.row_id}}


_CLOSED: Final = {"reported_at", "closed_at", "lead_org"}
_MISSING: Final = Term("缺少该项", "is required")
_TWICE: Final = Term("与第 {row} 行相同", "stands in row {row} already")
_DISORDER: Final = Term("发现、上报、结案时间须依次递增", "must not be before what happened earlier: found, reported, closed")


def look_through_reports(sheet: Sheet[ReportLine]) -> None:
    """Note rows that say no place, half of one, or times that cannot be, and numbers that come twice."""
    look_for_twins(sheet, "row_id")
    for row, line in sheet.lines:
        if (line.lon is None) != (line.lat is None):
            sheet.wrong(row, "lat" if line.lat is None else "lon", "missing", _MISSING)
        if line.lon is None and line.area_code is None:
            sheet.wrong(row, "area_code", "missing", _MISSING)
        if line.closed_at and not line.found_at:
            sheet.wrong(row, "found_at", "missing", _MISSING)
        times = [(name, at) for name in ("found_at", "reported_at", "closed_at") if (at := getattr(line, name))]
        for (_, before), (name, after) in pairwise(times):
            if after < before:
                sheet.wrong(row, name, "times_in_disorder", _DISORDER)


def look_for_twins(sheet: Sheet[Any], *names: str) -> None:
    """Note rows that say what an earlier one says in all of these columns."""
    seen: dict[tuple[Any, ...], int] = {}
    for row, line in sheet.lines:
        first = seen.setdefault(tuple(getattr(line, name) for name in names), row)
        if first != row:
            sheet.wrong(row, names[0], "twice", Term(*(text.format(row=first) for text in _TWICE)))


class WorkerLine(Line):
    """A grid worker who works already, and the grids that they are responsible for."""

    name: Annotated[WorkerName, Term("姓名", "Name")]
    area_code: Annotated[AreaCode, Term("区划代码", "Area")]
    org: Annotated[OrgCode, Term("所属单位", "Organisation")]
    employment: Annotated[Employment, CHINESE, Term("用工性质", "Employment")] = "full_time"
    grid_codes: Annotated[list[GridCode], SEVERAL, Term("网格编码", "Grids"), Field(max_length=GRIDS_MAX)] = Field(
        default_factory=list
    )
    duty: Annotated[Duty, CHINESE, Term("职责", "Duty")] = "full_time"


def look_through_workers(sheet: Sheet[WorkerLine]) -> None:
    """Note workers whom nobody could tell apart."""
    look_for_twins(sheet, "name", "area_code", "org")


class VolunteerLine(Line):
    """Somebody who serves, is served, or both."""

    name: Annotated[str, _in_full(PersonName), Term("姓名", "Name")]
    phone: Annotated[str, _in_full(Phone), Term("电话", "Phone")]
    real_name_token: Annotated[str, _in_full(RealNameToken), Term("实名核验凭证", "Real-name token")]
    birth_year: Annotated[BirthYearNumber, Term("出生年份", "Year of birth")]
    area_code: Annotated[AreaCode, Term("区划代码", "Area")]
    kind: Annotated[ParticipantKind, CHINESE, Term("类型", "Kind")] = "volunteer"
    guardian_name: Annotated[str | None, _in_full(PersonName), Term("监护人姓名", "Guardian")] = None
    guardian_phone: Annotated[str | None, _in_full(Phone), Term("监护人电话", "Guardian's phone")] = None
    guardian_agreed: Annotated[bool, YES_OR_NO, Term("监护人同意", "Guardian agreed")] = False
    insured_until: Annotated[Day | None, Term("保险有效期至", "Insured until")] = None

    def content(self) -> dict[str, Any]:
        """Return what the time bank takes."""
        names = {"name", "phone", "real_name_token", "birth_year", "area_code", "kind", "insured_until"}
        said = self.model_dump(mode="json", exclude_none=True, include=names)
        if self.guardian_name:
            guardian = {"name": self.guardian_name, "phone": self.guardian_phone, "agreed": self.guardian_agreed}
            said["guardian"] = guardian
        return said


def look_through_volunteers(sheet: Sheet[VolunteerLine]) -> None:
    """Note people who come twice, and guardians who cannot be reached."""
    look_for_twins(sheet, "real_name_token")
    for row, line in sheet.lines:
        if bool(line.guardian_name) != bool(line.guardian_phone):
            sheet.wrong(row, "guardian_phone" if line.guardian_name else "guardian_name", "missing", _MISSING)
