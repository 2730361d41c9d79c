"""Values about people: checked when they come in, masked wherever they go out, in full only where code says so."""

import datetime as dt
import re
import unicodedata
from typing import Any, ClassVar, Final, Self

from pydantic import AfterValidator, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from gridwhistle.common.data_classes import KEYWORD, P2, P3, DataClass
from gridwhistle.common.problems import Term


class Personal:
    """A value about a person. It prints and serialises as its mask; `full` is the value itself.

    A subclass is a kind of value: what it looks like, how two spellings become one, and what its mask keeps.
    """

    __slots__ = ("full",)
    data_class: ClassVar[DataClass] = P2
    code: ClassVar[str]
    """Of the fault, when what was sent is none."""
    fault: ClassVar[Term]
    chars_max: ClassVar[int] = 100
    example: ClassVar[str]

    def __init__(self, full: str) -> None:
        """Take a value that was normalised before; `read` makes one of what people write."""
        self.full = full

    @classmethod
    def read(cls, text: str) -> Self:
        """Return the value that a text spells.

        Raises:
            PydanticCustomError: it spells none; the error does not repeat it.
        """
        normal = cls.normalised(" ".join(unicodedata.normalize("NFKC", text).split()))
        if normal is None:
            raise PydanticCustomError(cls.code, "is not valid")
        return cls(normal)

    @staticmethod
    def normalised(text: str) -> str | None:
        """Return the one spelling of the value, or None."""
        raise NotImplementedError

    def __str__(self) -> str:
        """Return the mask."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self})"

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.full == self.full

    def __hash__(self) -> int:
        return hash(self.full)

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        text = core_schema.no_info_after_validator_function(
            cls.read, core_schema.str_schema(strip_whitespace=True, min_length=1, max_length=cls.chars_max)
        )
        return core_schema.json_or_python_schema(
            json_schema=text,
            python_schema=core_schema.union_schema([core_schema.is_instance_schema(cls), text]),
            serialization=core_schema.plain_serializer_function_ser_schema(str, return_schema=core_schema.str_schema()),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        schema: dict[str, Any] = {"type": "string", KEYWORD: cls.data_class.code}
        if handler.mode == "serialization":
            return {**schema, "maxLength": cls.chars_max, "description": "Masked.", "examples": [str(cls.read(cls.example))]}
        return {**schema, "minLength": 1, "maxLength": cls.chars_max, "examples": [cls.example]}


class Phone(Personal):
    """A telephone number: a mobile one of 11 digits, or one with an area code."""

    code, fault = "not_a_phone", Term("须为手机号或带区号的电话号码", "must be a mobile number, or a number with its area code")
    chars_max, example = 30, "13800138000"
    _MOBILE = re.compile(r"(?:\+?86|0086)?(1[3-9]\d{9})", re.ASCII)
    _FIXED = re.compile(r"(?:\+?86|0086)?(0(?:10|2\d|[3-9]\d\d))(\d{7,8})", re.ASCII)

    @staticmethod
    def normalised(text: str) -> str | None:
        """Return `13800138000` or `0571-88001234`."""
        digits = re.sub(r"[ \-()]", "", text)
        if mobile := Phone._MOBILE.fullmatch(digits):
            return mobile[1]
        fixed = Phone._FIXED.fullmatch(digits)
        return f"{fixed[1]}-{fixed[2]}" if fixed else None

    def __str__(self) -> str:
        """Return `138****8000`, or `0571-****1234`."""
        area, _, number = self.full.rpartition("-")
        return f"{area}-****{number[-4:]}" if area else f"{number[:3]}****{number[-4:]}"


class PersonName(Personal):
    """The name of a person."""

    code, fault = "not_a_name", Term("须为姓名:文字、间隔号、空格", "must be a name: letters, dots between them, spaces")
    chars_max, example = 50, "张三"
    _NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|[·.' -])*")

    @staticmethod
    def normalised(text: str) -> str | None:
        """Return the name with one kind of dot between its parts."""
        name = re.sub("[•‧・⋅∙]", "·", text)
        return name if PersonName._NAME.fullmatch(name) else None

    def __str__(self) -> str:
        """Return `张**`, whatever the length."""
        return f"{self.full[0]}**" if len(self.full) > 1 else "**"


class IdNumber(Personal):
    """The number of a resident identity card (公民身份号码), its check digit included."""

    data_class = P3
    code, fault = "not_an_id_number", Term("须为18位公民身份号码", "must be a citizen identity number of 18 digits")
    chars_max, example = 18, "11010519491231002X"
    _FORM = re.compile(r"[1-9]\d{5}(\d{8})\d{3}[\dX]", re.ASCII)

    @staticmethod
    def normalised(text: str) -> str | None:
        """Return the number, if its date and its check digit (GB 11643) are right."""
        number = text.upper()
        form = IdNumber._FORM.fullmatch(number)
        if form is None:
            return None
        try:
            dt.date(int(form[1][:4]), int(form[1][4:6]), int(form[1][6:]))
        except ValueError:
            return None
        weighted = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(number[:17]))
        return number if number[17] == "10X98765432"[weighted % 11] else None

    def __str__(self) -> str:
        """Return `1101**********002X`."""
        return f"{self.full[:4]}{'*' * 10}{self.full[-4:]}"


class AddressDetail(Personal):
    """Where somebody lives, to the door."""

    code, fault = "not_an_address", Term("须为地址", "must be an address")
    chars_max, example = 200, "示例县城关镇幸福里3栋502室"
    _TOWNSHIP = re.compile(r".*?(?:街道|镇|乡)")

    @staticmethod
    def normalised(text: str) -> str | None:
        """Return the address as it stands."""
        return text or None

    def __str__(self) -> str:
        """Return `示例县城关镇****`: as far as the township, if that is the lesser half."""
        township = self._TOWNSHIP.match(self.full)
        return f"{township[0] if township and 2 * len(township[0]) <= len(self.full) else ''}****"


class BirthYear(Personal):
    """The year in which somebody was born: of their age no more is known."""

    code, fault = "not_a_birth_year", Term("须为四位出生年份", "must be a year of birth, of four digits")
    chars_max, example = 4, "1952"
    _FORM = re.compile(r"(?:19|20)\d\d", re.ASCII)

    @staticmethod
    def normalised(text: str) -> str | None:
        """Return the year, if anybody alive can have been born in it."""
        return text if BirthYear._FORM.fullmatch(text) else None

    def __str__(self) -> str:
        """Return `195*`."""
        return f"{self.full[:3]}*"

    @property
    def year(self) -> int:
        """The year as a number."""
        return int(self.full)


class RealNameToken(Personal):
    """What a service for checking identities gave for somebody (实名核验): the same for one person, and no card's number."""

    code, fault = "not_a_token", Term("须为实名核验凭证", "must be a token of the service that checked who somebody is")
    chars_max, example = 100, "rn-7f3a91c2"
    _FORM = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{7,99}", re.ASCII)

    @staticmethod
    def normalised(text: str) -> str | None:
        """Return the token as it stands."""
        return text if RealNameToken._FORM.fullmatch(text) else None

    def __str__(self) -> str:
        """Return `****91c2`."""
        return f"****{self.full[-4:]}"


class Entitlement(Personal):
    """Why somebody is served although they have saved nothing: a label alone, never a diagnosis or an income."""

    data_class = P3
    code = "not_an_entitlement"
    LABELS: ClassVar[frozenset[str]] = frozenset(
        {"key_lonely_elderly", "elderly", "disabled_low_income", "special_difficulty", "other_by_rule"}
    )
    fault = Term(f"须为以下之一:{'、'.join(sorted(LABELS))}", f"must be one of {', '.join(sorted(LABELS))}")
    chars_max, example = 40, "key_lonely_elderly"

    @staticmethod
    def normalised(text: str) -> str | None:
        """Return the label."""
        return text if text in Entitlement.LABELS else None

    def __str__(self) -> str:
        """Return a mask that is the same for all of them."""
        return "****"


class ExactPoint(Personal):
    """Where somebody lives, as longitude and latitude in WGS-84."""

    code, fault = "not_a_point", Term("须为“经度,纬度”", "must be longitude and latitude with a comma between")
    chars_max, example = 40, "120.152,30.2725"
    _FORM = re.compile(r"(-?\d{1,3}(?:\.\d{1,8})?),(-?\d{1,2}(?:\.\d{1,8})?)", re.ASCII)

    @staticmethod
    def normalised(text: str) -> str | None:
        """Return the point, if there is such a place on earth."""
        form = ExactPoint._FORM.fullmatch(text.replace(" ", ""))
        if form is None or abs(float(form[1])) > 180 or abs(float(form[2])) > 90:  # noqa: PLR2004  degrees
            return None
        return f"{form[1]},{form[2]}"

    def __str__(self) -> str:
        """Return a mask that is the same everywhere."""
        return "****"

    @property
    def lon_lat(self) -> tuple[float, float]:
        """The point as two numbers."""
        lon, _, lat = self.full.partition(",")
        return float(lon), float(lat)


class SealedText(Personal):
    """What is written about people's affairs: kept sealed, lines and all."""

    code, fault = "not_a_text", Term("须为文字", "must be a text")
    chars_max, example = 2_000, "双方因楼上漏水发生争执"

    @classmethod
    def read(cls, text: str) -> Self:
        """Return the text in its one spelling; what stands on lines of its own stays there."""
        normal = cls.normalised(unicodedata.normalize("NFKC", text).strip())
        if normal is None:
            raise PydanticCustomError(cls.code, "is not valid")
        return cls(normal)

    @staticmethod
    def normalised(text: str) -> str | None:
        """Return the text as it stands."""
        return text or None

    def __str__(self) -> str:
        """Return a mask that is the same for all of them."""
        return "****"


KINDS: Final = (Phone, PersonName, IdNumber, AddressDetail, BirthYear, RealNameToken, Entitlement, ExactPoint, SealedText)


_MOBILE: Final = r"(?:\+?86[ -]?)?1[3-9][0-9](?:[ -]?[0-9]{4}){2}"
_IDENTITY: Final = r"[1-9][0-9]{16}[0-9Xx]"
_NUMBERS: Final = re.compile(rf"(?<![0-9])(?:{_MOBILE}|{_IDENTITY})(?![0-9])")
_NARROW: Final = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
"""Full-width characters (全角), as Chinese keyboards write digits too: one for one, so that places stay where they are."""


def masked(text: str) -> str:
    """Return what people wrote with mobile and identity numbers made unreadable: texts are about things, not about people."""
    kept, end = [], 0
    for found in _NUMBERS.finditer(text.translate(_NARROW)):
        kept += [text[end : found.start()], f"{found[0][:3]}****{found[0][-4:]}"]
        end = found.end()
    return "".join([*kept, text[end:]]) if kept else text


MASKED: Final = AfterValidator(masked)
"""Stands last on every field that people write text into."""
