"""The words in which the inventory (应急物资) tells of its stock: codes of types, and exact quantities."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from gridwhistle.common.data_classes import P0, P1

_THOUSANDTH: Final = Decimal("0.001")
_EXACT: Final = r"^(0|[1-9][0-9]{0,11})([.][0-9]{1,3})?$"

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

    least: Decimal

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        text = core_schema.no_info_after_validator_function(self._read, core_schema.str_schema(pattern=_EXACT))
        here = core_schema.union_schema([core_schema.is_instance_schema(Decimal), text])
        written = core_schema.plain_serializer_function_ser_schema(
            "{:.3f}".format, return_schema=core_schema.str_schema(pattern=_EXACT)
        )
        return core_schema.json_or_python_schema(text, here, serialization=written)

    def _read(self, text: str) -> Decimal:
        value = Decimal(text).quantize(_THOUSANDTH)
        if value < self.least:
            raise PydanticCustomError("greater_than", "must be more than {gt}", {"gt": 0})
        return value


Quantity = Annotated[
    Decimal, _Exact(Decimal(0)), Field(description="Of the type's unit, to a thousandth.", examples=["120.000"]), P1
]
"""How much there is; zero, if nothing."""
Amount = Annotated[
    Decimal,
    _Exact(_THOUSANDTH),
    Field(description="Of the type's unit, to a thousandth; more than 0.", examples=["20.000"]),
    P1,
]
"""How much is moved."""
