"""What comes in and goes out over HTTP: strict JSON, bounded models, and pages."""

import base64
import binascii
import datetime as dt
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Annotated, Any, Final, Generic, Self, TypeVar

import jiter
import orjson
from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import CoreSchema, PydanticKnownError
from sqlalchemy import BigInteger, Integer, Select, literal_column, tuple_
from sqlalchemy.sql.elements import KeyedColumnElement

from gridwhistle.common.data_classes import Word
from gridwhistle.common.faults import faults_of
from gridwhistle.common.problems import Invalid, Problem, Term

PAGE_MAX: Final = 200
CURSOR_MAX: Final = 400
_ERRORS_SHOWN = 20
_MAY_HOLD_CONTROLS = (b"\\u00", b"\\b", b"\\f")
_ALLOWED_CONTROLS = frozenset("\t\n\r")


class Malformed(Problem):
    """The body is not strict JSON."""

    status, code, kept = 400, "malformed_json", False
    title = Term("无法读取请求内容", "The body cannot be read")
    zh = "请求体须为 UTF-8 编码的标准 JSON:不得有重复的键、NaN、控制字符或残缺的转义。"
    en = "The body must be JSON in UTF-8 without repeated keys, NaN, control characters or broken escapes."


class NotValid(Invalid):
    """Fields break their rules; `errors` says which, and never repeats what was sent."""

    code, kept = "not_valid", False
    zh, en = "有 {count} 处内容不符合要求,见 errors。", "Fields that are not valid: {count}; see errors."


class BadCursor(Problem):
    """The cursor was not made by a list in this order."""

    status, code, kept = 400, "bad_cursor", False
    title = Term("翻页标记无效", "The cursor is not valid")
    zh, en = "cursor 须原样取自同一列表上一页的 next_cursor。", "Take the cursor unchanged from next_cursor of the page before."


class Body(BaseModel):
    """What a request carries. Unknown fields are refused; numbers are numbers, and texts are texts without blank ends."""

    model_config = ConfigDict(extra="forbid", strict=True, str_strip_whitespace=True)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Say in the contract what texts must be besides: the edge looks for it before the model does."""
        drawn = handler(schema)
        say_of_texts(handler.resolve_ref_schema(drawn).get("properties", {}), _NO_CONTROLS, _NOT_BLANK)
        return drawn


_CONTROLS: Final = r"\x00-\x08\x0b\x0c\x0e-\x1f"
_NO_CONTROLS: Final = rf"^[^{_CONTROLS}]*$"
# What begins or ends a text is taken off if Unicode calls it a space; NEL (U+0085) is one that no `\s` of JSON Schema means.
_NOT_BLANK: Final = rf"^[^{_CONTROLS}]*[^\s\x85{_CONTROLS}][^{_CONTROLS}]*$"


def say_of_texts(schema: Any, pattern: str, not_blank: str) -> None:
    """Give each free text of a schema the pattern that it is held to; what may not be empty may not be blank either."""
    if isinstance(schema, list):
        for part in schema:
            say_of_texts(part, pattern, not_blank)
    elif isinstance(schema, dict):
        if schema.get("type") == "string" and not {"pattern", "format", "enum", "const"} & schema.keys():
            schema["pattern"] = not_blank if schema.get("minLength") else pattern
        for name, part in schema.items():
            if name not in {"examples", "default"}:
                say_of_texts(part, pattern, not_blank)


_DAY_FIRST: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _no_number(value: Any) -> Any:
    # Pydantic takes the texts "0.5" and "1.5e-9" for seconds since 1970, and the contract says RFC 3339.
    if isinstance(value, str) and not _DAY_FIRST.match(value):
        raise PydanticKnownError("datetime_parsing", {"error": "a number"})
    if not isinstance(value, str | dt.datetime):
        raise PydanticKnownError("datetime_type")
    return value


# PostgreSQL's calendar is wider than Python's at one end and narrower at the other; nothing of ours is older than this.
Moment = Annotated[
    AwareDatetime,
    Field(ge=dt.datetime(1970, 1, 1, tzinfo=dt.UTC), le=dt.datetime(2200, 1, 1, tzinfo=dt.UTC), strict=False),
    BeforeValidator(_no_number),
]
Day = Annotated[
    dt.date,
    # A schema has no least date, so the contract says it as a pattern.
    Field(
        strict=False,
        ge=dt.date(2000, 1, 1),
        le=dt.date(2199, 12, 31),
        json_schema_extra={"pattern": "^2[01][0-9]{2}-", "examples": ["2026-10-08"]},
    ),
]
MOMENT: Final[TypeAdapter[dt.datetime]] = TypeAdapter(Moment)


@dataclass(frozen=True, slots=True)
class File:
    """A file as an answer. It is read when it is sent, which it is not when the client has it already."""

    media_type: str
    name: str
    sha256: str
    read: Callable[[], Awaitable[bytes]]
    ending: str | None = None
    """Of its name, if the media type does not end like it."""


class Query(BaseModel):
    """What a list can be asked for."""

    model_config = ConfigDict(extra="forbid")


class PageQuery(Query):
    """A page of a list."""

    model_config = ConfigDict(frozen=True)

    limit: Annotated[int, Field(ge=1, le=PAGE_MAX, description="Items a page.")] = 50
    cursor: Annotated[
        str | None,
        Field(max_length=CURSOR_MAX, description="`next_cursor` of the page before; leave it out for the first page."),
    ] = None


class View(BaseModel):
    """What an answer carries: every field always present, so that generated clients know them all."""

    model_config = ConfigDict(from_attributes=True)

    @classmethod
    def of(cls, row: Any, **more: Any) -> Self:
        """Return the view of a row; `more` gives what the row has not."""
        values = {**(row.__dict__ if hasattr(row, "__dict__") else row._asdict()), **more}
        return cls.holding({name: values[name] for name in cls.__pydantic_fields__})

    @classmethod
    def holding(cls, values: dict[str, Any]) -> Self:
        """Return the view that holds these values, one for each field, as they are."""
        view = cls.__new__(cls)
        # What model_construct does, for views, which have no defaults and no extras: a tenth of its time.
        object.__setattr__(view, "__dict__", values)
        object.__setattr__(view, "__pydantic_fields_set__", cls.__pydantic_fields__.keys())
        object.__setattr__(view, "__pydantic_extra__", None)
        object.__setattr__(view, "__pydantic_private__", None)
        return view


Version = Annotated[int, Field(ge=1, le=2**31 - 1, examples=[3], description="Goes up with every change; the ETag.")]
Actions = Annotated[list[Word], Field(max_length=50, description="What you may do now; post to the path of that name.")]
Item = TypeVar("Item", bound=View)


class Page(BaseModel, Generic[Item]):
    """A page of a list, newest first unless said otherwise. `next_cursor` is null on the last page."""

    items: Annotated[list[Item], Field(max_length=PAGE_MAX)]
    next_cursor: Annotated[str | None, Field(max_length=CURSOR_MAX, examples=["WyIyMDI2LTA3LTA2VDA4OjMwOjAwKzAwOjAwIl0"])]

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """Return the name that generated clients give to a page."""
        return f"{params[0].__name__}Page"


def as_json(view: BaseModel) -> bytes:
    """Return an answer as it goes out. The lines of a page hold what their columns do, which asks for no model's rules."""
    return dumped(view.__dict__) if isinstance(view, Page) else view.__pydantic_serializer__.to_json(view)


def dumped(value: Any) -> bytes:
    """Return what a line of a page holds, or part of it, as JSON."""
    return orjson.dumps(value, default=_plain, option=orjson.OPT_UTC_Z)


def _plain(value: Any) -> Any:
    """Return what the encoder does not know: the driver's UUIDs, values about people as their masks, views within lines."""
    return value.__dict__ if isinstance(value, BaseModel) else str(value)


class Keyset:
    """A stable order by the given columns, descending unless said otherwise, that pages can be cut from."""

    def __init__(self, *columns: KeyedColumnElement[Any], ascending: bool = False) -> None:
        """Take the columns of the order; the last one is unique."""
        self.columns, self._ascending = columns, ascending

    def page(self, select: Select[*tuple[Any, ...]], query: PageQuery) -> Select[*tuple[Any, ...]]:
        """Return the query for one page, and one row more to see whether there is another.

        The number stands in its text: PostgreSQL plans once for all pages only if it knows how few rows they have.

        Raises:
            BadCursor: the cursor is not one of ours.
        """
        if query.cursor is not None:
            here, last = tuple_(*self.columns), tuple_(*self._read(query.cursor))
            select = select.where(here > last if self._ascending else here < last)
        order = (column.asc() if self._ascending else column.desc() for column in self.columns)
        return select.order_by(*order).limit(literal_column(str(query.limit + 1)))

    def cut(self, rows: Sequence[Any], query: PageQuery) -> tuple[Sequence[Any], str | None]:
        """Return the rows of the page, and the cursor of the next one."""
        if len(rows) <= query.limit:
            return rows, None
        last = rows[query.limit - 1]
        values = orjson.dumps([getattr(last, column.name) for column in self.columns], default=str)  # the driver's UUIDs
        return rows[: query.limit], base64.urlsafe_b64encode(values).decode().rstrip("=")

    def _read(self, cursor: str) -> list[Any]:
        try:
            values = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
            pairs = list(zip(self.columns, values, strict=True))
            return [_adapter(column).validate_json(orjson.dumps(value)) for column, value in pairs]
        except (binascii.Error, ValueError, TypeError):
            raise BadCursor from None


@lru_cache(maxsize=256)
def _adapter(column: KeyedColumnElement[Any]) -> TypeAdapter[Any]:
    kind = column.type.python_type
    if isinstance(column.type, Integer):
        bound = 2 ** (63 if isinstance(column.type, BigInteger) else 31)
        return TypeAdapter(Annotated[int, Field(ge=-bound, lt=bound)])
    if kind is str:  # PostgreSQL keeps no NUL
        return TypeAdapter(Annotated[str, Field(pattern=_NO_CONTROLS)])
    return TypeAdapter(Moment if kind is dt.datetime else kind)


def check_json(raw: bytes) -> None:
    """Refuse what JSON parsers disagree about, before anything reads it.

    Raises:
        Malformed: not JSON, a repeated key, NaN or an infinity, a lone surrogate, a control character, or nested too deeply.
    """
    try:
        content = jiter.from_json(raw, allow_inf_nan=False, catch_duplicate_keys=True, cache_mode="keys")
    except ValueError:
        raise Malformed from None
    # Control characters can only come as escapes (the parser refuses raw ones), so most bodies need no walk.
    if any(escape in raw for escape in _MAY_HOLD_CONTROLS) and any(map(_has_controls, _texts(content))):
        raise Malformed


def _texts(content: Any) -> Iterator[str]:
    waiting = [content]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            yield part
        elif isinstance(part, dict):
            yield from part
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)


def _has_controls(text: str) -> bool:
    return any(character < " " and character not in _ALLOWED_CONTROLS for character in text)


def not_valid(error: ValidationError, where: str = "#/") -> NotValid:
    """Return the problem for a failed validation: pointers, codes and bounds, never the input."""
    shown = [
        {"pointer": where + "/".join(map(str, place)), "code": code, "message": message}
        for place, code, message in islice(faults_of(error), _ERRORS_SHOWN)
    ]
    return NotValid(count=error.error_count(), errors=shown)
