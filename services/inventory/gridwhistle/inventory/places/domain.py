"""Shelters (应急避难场所) and support points (保障点): their words, how many people they hold, and for how long."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, Literal

from gridwhistle.common.presets import Preset
from gridwhistle.common.problems import Conflict, Invalid, Term

ShelterLevel = Literal["province", "city", "county", "township", "village"]
ShelterKind = Literal["emergency", "short_term", "medium_term", "long_term", "central"]
"""紧急, 固定短期, 固定中期, 固定长期, 中心."""
Space = Literal["ground", "building"]
"""场地, 场所."""
ShelterService = Literal["water", "power", "toilet", "medical", "barrier_free"]
Need = Literal[
    "water", "food", "bedding", "medical", "baby_supplies", "sanitary", "power", "heating", "transport", "interpreter"
]
SupportKind = Literal["water", "power", "lighting", "food", "lodging"]
UNITS: Final[Mapping[str, Term]] = {
    "water": Term("升/天", "litres a day"),
    "power": Term("千瓦", "kilowatts"),
    "lighting": Term("盏", "lamps"),
    "food": Term("份/天", "meals a day"),
    "lodging": Term("张床位", "beds"),
}
"""In what the capacity of each kind of support point is counted."""

STANDBY: Final = "inventory.shelter_standby"
IN_USE: Final = "inventory.shelter_in_use"
AREA: Final = "inventory.shelter_area_{}"
DAYS: Final = "inventory.shelter_days_{}"
_AREA_UNIT, _MEM, _DAYS_P = "square_decimetre", "MEM GB 51143-2015 3.1.10", "P jianbiaoku 167040"
PLACES_PRESETS: Final = (
    Preset(STANDBY, 2, "urgent_hour", "INF", "From a proposal on, until somebody says whether the shelter stands by."),
    Preset(IN_USE, 100, "natural_day", _DAYS_P, "Each shelter has its own, by its class: inventory.shelter_days_…"),
    Preset(AREA.format("emergency"), 50, _AREA_UNIT, _MEM, "Of effective area for each person: 0.5 m²."),
    Preset(AREA.format("short_term"), 200, _AREA_UNIT, _MEM, "2 m²."),
    Preset(AREA.format("medium_term"), 300, _AREA_UNIT, _MEM, "3 m²."),
    Preset(AREA.format("long_term"), 450, _AREA_UNIT, _MEM, "4.5 m²."),
    Preset(AREA.format("central"), 450, _AREA_UNIT, "INF", "As long-term ones."),
    Preset(DAYS.format("emergency"), 3, "natural_day", "P GB 51143 yjgl.qhd.gov.cn", "One day, three at most."),
    Preset(DAYS.format("short_term"), 15, "natural_day", _MEM),
    Preset(DAYS.format("medium_term"), 30, "natural_day", _MEM),
    Preset(DAYS.format("long_term"), 100, "natural_day", _DAYS_P),
    Preset(DAYS.format("central"), 100, "natural_day", _DAYS_P),
)
"""Until a county says otherwise."""


def capacity_of(area_m2: float, dm2_per_person: int) -> int:
    """Return how many people an effective area holds, in whole people.

    Args:
        area_m2: in square metres.
        dm2_per_person: what each of them needs, in square decimetres: half a square metre is 50.
    """
    return int(Decimal(str(area_m2)) * 100 // dm2_per_person)


class ShelterCodeTaken(Conflict):
    """A county's shelters have codes of their own."""

    code = "shelter_code_taken"
    zh, en = "本县已有使用该编码的避难场所。", "The county has a shelter of this code already."


class AreaUnknown(Conflict):
    """Without its effective area nobody knows how many a shelter holds."""

    code = "shelter_area_unknown"
    zh, en = "有效避难面积未填写或不足一人,无法核定容量;请先补充面积。", "Enter an effective area that holds somebody first."


class StillThere(Conflict):
    """A shelter is restored when everybody has left."""

    code = "people_still_there"
    zh, en = (
        "场所内仍登记有 {people} 人,清零后方可恢复。",
        "There are {people} people still; a shelter is restored when all have left.",
    )


class NotSoMany(Conflict):
    """No more can leave than are there."""

    code = "not_so_many_there"
    zh, en = (
        "登记在场 {people} 人,不能少于零;请核对人数或重新清点。",
        "So many are not there: {people} are counted. Check, or count anew.",
    )


class GroupTooLarge(Invalid):
    """A group is part of all who are counted."""

    code = "group_larger_than_total"
    zh, en = "老人、儿童、残疾人、伤病员各项人数均不得超过总人数。", "None of the groups is larger than the total."


class NotRestoredYet(Conflict):
    """Paper lists go, and stock is counted, before a shelter is ready again."""

    code = "not_restored_yet"
    zh, en = "恢复前须清点物资。", "Count the stock before the shelter is ready again."


class WitnessNeeded(Invalid):
    """Two people see paper lists go."""

    code = "witness_needed"
    zh, en = "销毁纸质名单须有另一人见证。", "Somebody else than you witnesses that paper lists are destroyed."


class RouteNeeded(Invalid):
    """Who opens a shelter tells the public how to get there."""

    code = "route_needed"
    zh, en = "开放须公布地址和路线,请填写 route。", "The address and the way are published with the opening: say the route."


class InUseNow(Conflict):
    """What is being used is not changed underneath."""

    code = "shelter_in_use"
    zh, en = "该避难场所正在使用中,不能修改。", "The shelter is in use and is not changed now."


class PlaceUnknown(Invalid):
    """A place has a point in a grid that is on file, or says its area."""

    code = "place_unknown"
    zh, en = "该点不在任何已备案网格内,请填写 area_code。", "The point lies in no grid on file; say the area_code."


class FuelOfPowerAlone(Invalid):
    """Only a generator burns fuel."""

    code = "fuel_of_power_alone"
    zh, en = "fuel_hours 仅供电点填写。", "Only points of power have fuel_hours."
