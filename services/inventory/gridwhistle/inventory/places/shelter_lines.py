"""Shelters as lines of a file: how registers write them, what may be wrong with a line, and what is only worth a look."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

from gridwhistle.common.coordinates import AnyCoordSys, wgs84
from gridwhistle.common.ids import AreaCode
from gridwhistle.common.places import Latitude, Longitude, Point
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import Term
from gridwhistle.common.sheets import SEVERAL, Line, Sheet
from gridwhistle.inventory.places.domain import ShelterKind, ShelterLevel, ShelterService, Space
from gridwhistle.inventory.places.shelters import Address, AreaM2, Declared, RouteText, ShelterCode, ShelterName

_WORDS: Final[Mapping[str, str]] = {
    "省级": "province", "市级": "city", "县级": "county", "乡镇级": "township", "乡镇(街道)级": "township", "村级": "village",
    "村(社区)级": "village", "紧急": "emergency", "固定短期": "short_term", "固定中期": "medium_term", "固定长期": "long_term",
    "中心": "central", "场地": "ground", "场所": "building", "供水": "water", "供电": "power", "厕所": "toilet",
    "医疗": "medical", "无障碍": "barrier_free",
}  # fmt: skip
_NUMBER: Final = re.compile(r"[,，\s]|(?:人|㎡|m2|m²|平方米)$")
CHINESE: Final = BeforeValidator(lambda text: _WORDS.get(text.replace("（", "(").replace("）", ")"), text))
EACH_CHINESE: Final = BeforeValidator(lambda texts: [_WORDS.get(text, text) for text in texts])
AS_WRITTEN: Final = BeforeValidator(lambda text: _NUMBER.sub("", text) if isinstance(text, str) else text)
"""Numbers as people write them: `1,089人`, `11.4㎡`."""


class ShelterSheetLine(Line):
    """A shelter as a line."""

    code: Annotated[ShelterCode, Term("编码", "Code")]
    name: Annotated[ShelterName, Term("名称", "Name")]
    level: Annotated[ShelterLevel, CHINESE, Term("级别", "Level")]
    kind: Annotated[ShelterKind, CHINESE, Term("类型", "Kind")]
    space: Annotated[Space, CHINESE, Term("空间类型", "Space")]
    area_code: Annotated[AreaCode, Term("区划代码", "Area")]
    address: Annotated[Address, Term("地址", "Address")]
    lon: Annotated[Longitude, Term("经度", "Longitude")]
    lat: Annotated[Latitude, Term("纬度", "Latitude")]
    coord_sys: Annotated[AnyCoordSys, Term("坐标系", "Coordinate system")] = "wgs84"
    area_m2: Annotated[AreaM2 | None, AS_WRITTEN, Term("有效面积", "Effective area")] = None
    capacity_declared: Annotated[Declared | None, AS_WRITTEN, Term("登记容量", "Declared capacity")] = None
    services: Annotated[list[ShelterService], EACH_CHINESE, SEVERAL, Term("设施", "Services"), Field(max_length=5)] = Field(
        default_factory=list
    )
    route: Annotated[RouteText | None, Term("路线", "Route")] = None

    @property
    def point(self) -> tuple[float, float]:
        """Where it lies, in WGS-84, as precisely as points are kept."""
        lon, lat = wgs84(self.lon, self.lat, self.coord_sys)
        return round(float(lon), 7), round(float(lat), 7)

    def given(self) -> dict[str, Any]:
        """Return what the line says of a shelter and does not leave blank."""
        said = {name: getattr(self, name) for name in self.model_fields_set - {"code", "area_code", "lon", "lat", "coord_sys"}}
        if "services" in said:
            said["services"] = sorted(set(said["services"]))
        return said

    def whole(self) -> dict[str, Any]:
        """Return all that a shelter begins with."""
        names = ("name", "level", "kind", "space", "address", "area_m2", "capacity_declared", "route")
        lon, lat = self.point
        rest = {"services": sorted(set(self.services)), "director_name": None, "director_phone": None}
        return {name: getattr(self, name) for name in names} | rest | {"code": self.code, "location": Point(lon=lon, lat=lat)}

    def holds(self, shelter: Any) -> bool:
        """Tell whether what the line says is written of a shelter already."""
        return (shelter.lon, shelter.lat) == self.point and all(
            (getattr(shelter, name) or None) == (value or None) for name, value in self.given().items()
        )


def line_of(shelter: Any) -> ShelterSheetLine:
    """Return a shelter as a line that can be brought in again."""
    names = ShelterSheetLine.__pydantic_fields__.keys() - {"coord_sys"}
    return ShelterSheetLine.model_construct(coord_sys="wgs84", **{name: getattr(shelter, name) for name in names})


@dataclass(frozen=True, slots=True)
class Remarkable:
    """A line that is taken, and worth a look."""

    row: int
    code: str
    message: Term


_OUTSIDE: Final = Term("不在您的管辖范围内", "lies outside your jurisdiction")
_TWICE: Final = Term("本文件中该编码已有一行", "this file has a line of this code already")
_TAKEN: Final = Term("该编码已被其他避难场所使用", "another shelter has this code")
_IN_USE: Final = Term("该避难场所正在使用中,不能修改", "the shelter is in use and is not changed now")
_ELSEWHERE: Final = Term(
    "已登记的避难场所不能移到别处;请撤销后重新登记", "a shelter is not moved: retire it, and write it down anew"
)
_NO_AREA: Final = Term(
    "缺少有效面积:登记为规划中,补充面积后方可验收", "no effective area: it stays planned until somebody enters one"
)
_NOBODY: Final = Term("登记容量为 0", "the register says that it holds nobody")


def look_through(sheet: Sheet[ShelterSheetLine], known: Mapping[tuple[str, str], Any], caller: Principal) -> None:
    """Note everything in a file that is wrong: `known` are the shelters that are there, by county and code."""
    seen: set[tuple[str, str]] = set()
    for row, line in sheet.lines:
        key = line.area_code[:6], line.code
        shelter = known.get(key)
        if not caller.reaches_place(line.area_code):
            sheet.wrong(row, "area_code", "outside_your_area", _OUTSIDE)
        if key in seen:
            sheet.wrong(row, "code", "twice", _TWICE)
        seen.add(key)
        if shelter is None or line.holds(shelter):
            continue
        if not caller.reaches_place(shelter.area_code):
            sheet.wrong(row, "code", "shelter_code_taken", _TAKEN)
        elif (shelter.lon, shelter.lat) != line.point:
            sheet.wrong(row, "lon", "shelter_elsewhere", _ELSEWHERE)
        elif shelter.state not in {"planned", "ready"}:
            sheet.wrong(row, "code", "shelter_in_use", _IN_USE)


def remarkable(sheet: Sheet[ShelterSheetLine], capacities: Mapping[int, int | None]) -> Iterator[Remarkable]:
    """Yield what is worth a look in lines that are taken, by rows; `capacities` are what areas hold, by row."""
    points: dict[tuple[float, float], int] = {}
    names: dict[tuple[str, str], int] = {}
    for row, line in sheet.lines:
        holds, declared = capacities[row], line.capacity_declared
        if holds is None:
            yield Remarkable(row, "area_missing", _NO_AREA)
        elif holds == 0:
            yield Remarkable(row, "area_too_small", Term("有效面积不足一人", "the effective area holds nobody"))
        if declared == 0:
            yield Remarkable(row, "declared_zero", _NOBODY)
        elif holds is not None and declared is not None and declared != holds:
            said = Term(f"登记容量 {declared},按面积核定 {holds}", f"the register says {declared}, its area holds {holds}")
            yield Remarkable(row, "capacity_differs", said)
        if (first := points.setdefault(line.point, row)) != row:
            yield Remarkable(row, "same_point", Term(f"与第 {first} 行同一坐标", f"lies where row {first} lies"))
        if (first := names.setdefault((line.area_code, line.name), row)) != row:
            yield Remarkable(row, "same_name", Term(f"与第 {first} 行同名", f"is called as row {first} is"))
