"""Why content was refused, in words of both languages: where, which rule, what is asked for, and never what was sent."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import ValidationError

from gridwhistle.common.personal import KINDS
from gridwhistle.common.problems import Term


def faults_of(error: ValidationError) -> Iterator[tuple[tuple[int | str, ...], str, Term]]:
    """Yield what is wrong: where, which rule, and what is asked for."""
    for fault in error.errors(include_input=False, include_url=False):
        known = _FAULTS.get(fault["type"])
        bounds = {key: value for key, value in fault.get("ctx", {}).items() if key in _BOUNDS}
        message = Term(*(text.format_map(_Bounds(bounds)) for text in known)) if known else _OTHER_FAULT
        # The name of an unknown field is the caller's text, so its parent is pointed at.
        yield fault["loc"][:-1] if fault["type"] == "extra_forbidden" else fault["loc"], fault["type"], message


class _Bounds(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "?"


_BOUNDS: Final = frozenset(
    {"min_length", "max_length", "ge", "le", "gt", "lt", "pattern", "expected", "field_type", "multiple_of"}
)
_OTHER_FAULT: Final = Term("内容不符合要求", "is not valid")
_FAULTS: Final[Mapping[str, Term]] = {
    "missing": Term("缺少该字段", "is required"),
    "extra_forbidden": Term("含有未知的字段", "has a field that is not known here"),
    "string_type": Term("须为文本", "must be a text"),
    "string_too_short": Term("至少 {min_length} 个字符", "must have at least {min_length} characters"),
    "string_too_long": Term("最多 {max_length} 个字符", "must have at most {max_length} characters"),
    "string_pattern_mismatch": Term("须符合格式 {pattern}", "must match {pattern}"),
    "int_type": Term("须为整数", "must be a whole number"),
    "int_parsing": Term("须为整数", "must be a whole number"),
    "int_from_float": Term("须为整数", "must be a whole number"),
    "float_type": Term("须为数字", "must be a number"),
    "float_parsing": Term("须为数字", "must be a number"),
    "finite_number": Term("须为有限的数字", "must be a finite number"),
    "bool_type": Term("须为 true 或 false", "must be true or false"),
    "bool_parsing": Term("须为 true 或 false", "must be true or false"),
    "greater_than": Term("须大于 {gt}", "must be more than {gt}"),
    "greater_than_equal": Term("不得小于 {ge}", "must be at least {ge}"),
    "less_than": Term("须小于 {lt}", "must be less than {lt}"),
    "less_than_equal": Term("不得大于 {le}", "must be at most {le}"),
    "too_short": Term("至少 {min_length} 项", "must have at least {min_length} items"),
    "too_long": Term("最多 {max_length} 项", "must have at most {max_length} items"),
    "list_type": Term("须为列表", "must be a list"),
    "dict_type": Term("须为对象", "must be an object"),
    "model_type": Term("须为对象", "must be an object"),
    "model_attributes_type": Term("须为对象", "must be an object"),
    "literal_error": Term("须为以下之一:{expected}", "must be one of {expected}"),
    "enum": Term("须为以下之一:{expected}", "must be one of {expected}"),
    "union_tag_invalid": Term("类型不在允许范围内", "has a type that is not allowed here"),
    "union_tag_not_found": Term("缺少类型", "has no type"),
    "uuid_type": Term("须为 UUID", "must be a UUID"),
    "uuid_parsing": Term("须为 UUID", "must be a UUID"),
    "datetime_type": Term("须为带时区的时间(RFC 3339)", "must be a time with its offset (RFC 3339)"),
    "datetime_parsing": Term("须为带时区的时间(RFC 3339)", "must be a time with its offset (RFC 3339)"),
    "datetime_from_date_parsing": Term("须为带时区的时间(RFC 3339)", "must be a time with its offset (RFC 3339)"),
    "timezone_aware": Term("须带时区", "must say its offset from UTC"),
    "date_type": Term("须为日期(YYYY-MM-DD)", "must be a date (YYYY-MM-DD)"),
    "date_from_datetime_parsing": Term("须为日期(YYYY-MM-DD)", "must be a date (YYYY-MM-DD)"),
    "json_invalid": Term("不是有效的 JSON", "is not valid JSON"),
    **{kind.code: kind.fault for kind in KINDS},
}
