"""The words and rules of the catalogue and the stores. Codes are those of GB/T 38565-2020: a class, then three levels of two digits."""

import math
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, Literal, NamedTuple
from uuid import UUID

from gridwhistle.common.problems import Conflict, Invalid

PointLevel = Literal["county", "town", "village", "enterprise"]
"""县级库, 乡镇库, 村(社区)点, 代储企业."""
ReserveMode = Literal["real", "agreed", "capacity"]
"""实物储备: it lies there; 协议储备: an enterprise has promised to deliver it; 产能储备: to make it."""
StockLevel = Literal["enough", "low", "critical"]
"""Above both lines, below the first, or below the second."""
_CODE: Final = re.compile(r"([123])((?:(?!00)[0-9]{2})*)((?:00)*)")
_DIGITS: Final = 7


class NotASupplyCode(Invalid):
    """Levels of a code are filled from the left."""

    code = "not_a_supply_code"
    zh = "物资代码须符合 GB/T 38565:首位 1—3,其后每级两位 01—99,未用的级别以 00 补在末尾。"
    en = "A code of GB/T 38565 begins with 1 to 3, then come levels of two digits, 01 to 99, and zeros after the last one in use."


class UnknownParent(Invalid):
    """A type stands below another one."""

    code = "unknown_parent"
    zh, en = "请先建立上级类目 {parent}。", "Add the type {parent} first; this one stands below it."


class TypeThere(Conflict):
    """A code names one type."""

    code = "type_there"
    zh, en = "目录中已有该代码。", "The catalogue has a type of this code already."


class KitIncomplete(Invalid):
    """What a kit holds is for so many people."""

    code = "kit_incomplete"
    zh, en = "kit_qty 与 kit_persons 须同时填写。", "kit_qty and kit_persons belong together."


class TypeWithdrawn(Conflict):
    """What was withdrawn is not in use any more."""

    code = "type_withdrawn"
    zh, en = "该物资类型已停用。", "The resource type is not in use any more."


class AgreementNeeded(Invalid):
    """What is promised is promised in writing."""

    code = "agreement_needed"
    zh = "协议储备和产能储备须填写协议编号 agreement_no,实物储备不得填写。"
    en = "Say an agreement_no for what is agreed or to be made, and none for what lies there."


class PointClosed(Conflict):
    """Nothing comes to a storage point that is closed, nor is it closed again."""

    code = "storage_point_closed"
    zh, en = "该储备点已停用。", "The storage point is closed."


def parent_of(code: str) -> str | None:
    """Return the code above: `1010200` of `1010203`; None of a class.

    Raises:
        NotASupplyCode: it is no code of the standard.
    """
    found = _CODE.fullmatch(code)
    if found is None or len(code) != _DIGITS:
        raise NotASupplyCode
    top, levels, _ = found.groups()
    return f"{top}{levels[:-2]}".ljust(_DIGITS, "0") if levels else None


def is_local(code: str) -> bool:
    """Tell whether a code is a county's own: one in a branch 99."""
    return "99" in {code[1:3], code[3:5], code[5:]}


def kit_qty(persons: int, days: int, qty: Decimal, for_persons: int, *, is_daily: bool) -> int:
    """Return how much so many people need: 75 tents for 300 of whom four share one; what they need each day, for all days."""
    return math.ceil(persons * qty * (days if is_daily else 1) / for_persons)


def required_qty(persons: int, per_person: Decimal, factor: Decimal) -> int:
    """Return how much a norm asks for, in whole units."""
    return math.ceil(persons * per_person * factor)


def level_of(free: Decimal, required: Decimal, low_percent: int, critical_percent: int) -> StockLevel:
    """Return how much there is, seen from what there should be; exactly on a line is not below it."""
    if free * 100 < required * critical_percent:
        return "critical"
    return "low" if free * 100 < required * low_percent else "enough"


class StockOf(NamedTuple):
    """What is free of a type at a storage point."""

    point_id: UUID
    area_code: str
    free: Decimal
    is_open: bool = True


class Refill(NamedTuple):
    """What an area has, what it lacks, and how much of that comes from where; the rest is bought."""

    free: Decimal
    missing: Decimal
    moves: Mapping[UUID, Decimal]


def replenished(required: Mapping[str, Decimal], stock: Sequence[StockOf]) -> dict[str, Refill]:
    """Return what each area that lacks something of a type is to get: small areas first, then who has least of what it should.

    What comes to an area is there for all that it is part of. Nothing leaves a storage point that is closed, nor an area which
    has no more than it should, unless it stays within it.

    Args:
        required: how much there should be, by the digits of an area's code that count.
        stock: what is free at each storage point, in the order in which it is to be moved.
    """
    digits = {len(area) for area in required}

    def around(code: str) -> set[str]:
        return {code[:number] for number in digits} & required.keys()

    left, lies = {one.point_id: one.free for one in stock}, {one.point_id: around(one.area_code) for one in stock}
    has = {area: sum((one.free for one in stock if area in lies[one.point_id]), Decimal(0)) for area in required}
    before, plan = dict(has), {}
    for area in sorted(required, key=lambda area: (-len(area), before[area] / required[area], area)):
        if (missing := required[area] - has[area]) <= 0:
            continue
        lacks, moves, gains = missing, dict[UUID, Decimal](), around(area)
        for one in stock:
            its = lies[one.point_id]
            if area in its or not one.is_open:
                continue
            qty = min(lacks, left[one.point_id], *(has[other] - required[other] for other in its - gains))
            if qty > 0:
                moves[one.point_id] = qty
                lacks -= qty
                left[one.point_id] -= qty
                has.update(
                    {other: has[other] - qty for other in its - gains} | {other: has[other] + qty for other in gains - its}
                )
        has.update({other: has[other] + lacks for other in gains})
        plan[area] = Refill(before[area], missing, moves)
    return plan
