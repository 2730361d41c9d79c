"""The words in which the inventory (应急物资) tells of its stock: codes of types, and exact quantities."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from gridwhistle.common.data_classes import OPEN, P0, P1, Count, ThingId
from gridwhistle.common.events import ClockEvent, Event

_THOUSANDTH: Final = Decimal("0.001")
_EXACT: Final = r"^(0|[1-9][0-9]{0,11})([.][0-9]{1,3})?$"
_MORE_THAN_NONE: Final = r"^([1-9][0-9]{0,11}([.][0-9]{1,3})?|0[.]([1-9][0-9]{0,2}|0[1-9][0-9]?|00[1-9]))$"

SupplyCode = Annotated[
    str,
    Field(
        pattern=r"^[123][0-9]{6}$",
        description="Code of GB/T 38565: class 1 digit, then three levels of 2 digits, zeros below its level.",
        examples=["1990100"],
    ),
    P0,
]


@dataclass(frozen=True)
class _Exact:
    """A decimal that travels as a text, since JSON's numbers are read as floats."""

    pattern: str = _EXACT

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        text = core_schema.no_info_after_validator_function(_read, core_schema.str_schema(pattern=self.pattern))
        here = core_schema.union_schema([core_schema.is_instance_schema(Decimal), text])
        written = core_schema.plain_serializer_function_ser_schema(
            "{:.3f}".format, return_schema=core_schema.str_schema(pattern=self.pattern)
        )
        return core_schema.json_or_python_schema(text, here, serialization=written)


def _read(text: str) -> Decimal:
    return Decimal(text).quantize(_THOUSANDTH)


Quantity = Annotated[Decimal, _Exact(), Field(description="Of the type's unit, to a thousandth.", examples=["120.000"]), P1]
"""How much there is; zero, if nothing."""
Amount = Annotated[
    Decimal,
    _Exact(_MORE_THAN_NONE),
    Field(description="Of the type's unit, to a thousandth; more than 0.", examples=["20.000"]),
    P1,
]
"""How much is moved."""
VoucherKind = Literal["receipt", "issue", "return", "adjustment", "scrap", "rotation"]
"""入库, 出库, 退库, 盘点调整, 报废, 轮换."""
LINES_MAX: Final = 200


class MovedLine(BaseModel):
    """How much of a type came in, or went out."""

    type_code: SupplyCode
    qty: Quantity


class StockMoved(Event, type="gw.inventory.stock.moved.v1"):
    """Supplies came to a storage point, or left it; by one voucher (出入库单)."""

    kind: Annotated[VoucherKind, OPEN, P1]
    point_id: ThingId
    order_id: ThingId | None
    came: Annotated[list[MovedLine], Field(max_length=LINES_MAX)]
    went: Annotated[list[MovedLine], Field(max_length=LINES_MAX)]


class StockNearExpiry(Event, type="gw.inventory.stock.near_expiry.v1"):
    """A lot has so many days left, or none: then it is given out no more."""

    point_id: ThingId
    type_code: SupplyCode
    qty: Quantity
    days_left: Count


class StockScrapped(Event, type="gw.inventory.stock.scrapped.v1"):
    """A lot was scrapped (报废), by two signatures."""

    point_id: ThingId
    type_code: SupplyCode
    qty: Quantity


class StockLow(Event, type="gw.inventory.stock.low.v1"):
    """An area has less of a type than its norm (储备标准) asks for: below the first or the second line."""

    type_code: SupplyCode
    level: Annotated[Literal["low", "critical"], OPEN, P1]
    free_qty: Quantity
    required_qty: Quantity


class LotClockWarned(ClockEvent, type="gw.inventory.lot.clock_warned.v1"):
    """Soon the time is over in which a lot is inspected."""


class LotClockBreached(ClockEvent, type="gw.inventory.lot.clock_breached.v1"):
    """The time is over in which a lot is inspected."""


class LotClockEscalated(ClockEvent, type="gw.inventory.lot.clock_escalated.v1"):
    """The time in which a lot is inspected is over by half and more."""
