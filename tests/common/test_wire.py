"""What comes in: strict JSON, bounded fields, cursors of ours alone; and refusals that repeat nothing."""

import base64
from typing import Annotated

import orjson
import pytest
from pydantic import Field, ValidationError
from sqlalchemy import BigInteger, Column, DateTime, Integer, MetaData, Table, Text, Uuid, select
from sqlalchemy.types import TypeEngine

from gridwhistle.common.problems import language_of
from gridwhistle.common.wire import MOMENT, BadCursor, Body, Keyset, Malformed, PageQuery, check_json, not_valid


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b'{"a": 1', id="cut short"),
        pytest.param(b'{"a": 1, "a": 2}', id="a key twice"),
        pytest.param(b'{"a": {"b": 1, "b": 2}}', id="a key twice, deeper"),
        pytest.param(b'{"a": NaN}', id="NaN"),
        pytest.param(b'{"a": -Infinity}', id="an infinity"),
        pytest.param(b'{"a": "\\ud800"}', id="a lone surrogate"),
        pytest.param(b'{"a": "\\u0000"}', id="NUL"),
        pytest.param(b'{"a": ["x\\b"]}', id="a control character, escaped"),
        pytest.param(b'{"a\\u001f": 1}', id="a control character in a key"),
        pytest.param(b'{"a": "\x01"}', id="a control character, raw"),
        pytest.param(b'"\xff"', id="not UTF-8"),
        pytest.param(b"[" * 10_000 + b"]" * 10_000, id="nested without end"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_json_that_parsers_disagree_about_is_refused(raw: bytes) -> None:
    with pytest.raises(Malformed):
        check_json(raw)


@pytest.mark.parametrize("raw", [b'{"a": "\\u4e95\\n\\t", "b": [1.5, null, true]}', '{"标题": "井盖"}'.encode()])
def test_ordinary_json_passes(raw: bytes) -> None:
    check_json(raw)


FAR = base64.urlsafe_b64encode(b'["9999-12-31T23:59:59-14:00","018f0000-0000-7000-8000-000000000000"]').decode()


class Order(Body):
    name: Annotated[str, Field(max_length=5)]
    minutes: Annotated[int, Field(ge=1, le=60)]


def test_a_refusal_says_where_and_why_and_never_what_was_sent() -> None:
    phone = "13800138000"
    with pytest.raises(ValidationError) as caught:
        Order.model_validate_json(orjson.dumps({"name": phone, "minutes": phone, phone: 1}))

    body = not_valid(caught.value).body("zh", "r-1")

    errors = {error["code"]: error for error in orjson.loads(body)["errors"]}
    assert errors["string_too_long"] == {"pointer": "#/name", "code": "string_too_long", "message": "最多 5 个字符"}
    assert errors["int_type"]["pointer"] == "#/minutes"
    assert b'"input"' not in body
    assert phone.encode() not in body


def test_a_text_is_no_number() -> None:
    with pytest.raises(ValidationError):
        Order.model_validate_json(b'{"name": "x", "minutes": "30"}')


@pytest.mark.parametrize("cursor", ["", "x", "eyJhIjoxfQ", "W10", "WzEsMl0", "ww==", "WyJub3QgYSB0aW1lIiwieCJd", FAR])
def test_a_cursor_that_is_not_ours_is_refused(cursor: str) -> None:
    table = Table("t", MetaData(), Column("at", DateTime(timezone=True)), Column("id", Uuid))

    with pytest.raises(BadCursor):
        Keyset(table.c.at, table.c.id).page(select(table), PageQuery(cursor=cursor))


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (BigInteger, b"[9223372036854775808]"),
        (BigInteger, b"[-9223372036854775809]"),
        (Integer, b"[2147483648]"),
        (Text, b'["9901\\u0000"]'),
    ],
    ids=["too large", "too small", "too large for fewer bits", "NUL"],
)
def test_a_cursor_that_the_database_has_no_room_for_is_refused(kind: type[TypeEngine[object]], content: bytes) -> None:
    table = Table("t", MetaData(), Column("id", kind))
    cursor = base64.urlsafe_b64encode(content).decode()

    with pytest.raises(BadCursor):
        Keyset(table.c.id).page(select(table), PageQuery(cursor=cursor))


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "zh"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("de, en;q=0.5", "en"),
        ("de", "zh"),
        ("en;q=0, zh", "zh"),
        ("en;q=rubbish", "zh"),
    ],
)
def test_the_language_is_the_one_asked_for_first(header: str, language: str) -> None:
    assert language_of(header) == language


@pytest.mark.parametrize("text", ['"0.5"', '"1.5e-155"', '"1783240000"', '"-5"', "1783240000", "true", '"2026-07-06T08:30:00"'])
def test_a_moment_is_a_time_with_its_offset_and_never_a_number(text: str) -> None:
    with pytest.raises(ValidationError):
        MOMENT.validate_json(text)
