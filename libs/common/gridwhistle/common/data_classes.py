"""Data classes (数据分级): how far a field may travel, and which fields nobody may ever have.

A field says its class beside its type: `Annotated[str, Field(pattern=…), P1]`. Types that mean the same everywhere say it
once (`GridCode`, `ThingId`). Schemas carry it as `x-data-class`. Events carry P0 and P1 alone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import AwareDatetime, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from gridwhistle.common.problems import Term

JsonSchema = dict[str, Any]
KEYWORD: Final = "x-data-class"
_OPEN: Final = "x-extensible-enum"
_PUBLIC_NAME: Final = "x-public-name"
_TEXT_MAX: Final = 100
_BOUNDED_FORMATS: Final = frozenset({"uuid", "date", "date-time"})
_WORD: Final = r"^[a-z][a-z0-9_]{0,39}$"


@dataclass(frozen=True)
class DataClass:
    """One of the four classes; stands in `Annotated`."""

    code: str
    term: Term

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchema:
        return {**handler(schema), KEYWORD: self.code}


P0: Final = DataClass("P0", Term("公开", "public"))
P1: Final = DataClass("P1", Term("工作内部", "internal to the work"))
P2: Final = DataClass("P2", Term("个人信息", "personal"))
P3: Final = DataClass("P3", Term("敏感个人信息", "sensitive personal"))


@dataclass(frozen=True)
class _PublicName:
    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchema:
        return {**handler(schema), _PUBLIC_NAME: True}


@dataclass(frozen=True)
class _Open:
    """We write the known words alone and read any, so that a word of a later release stops nobody who listens."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.json_or_python_schema(core_schema.str_schema(pattern=_WORD), handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchema:
        known = [str(word) for word in schema["python_schema"]["expected"]]
        return {**handler(schema), _OPEN: known, "examples": known[:1]}


OPEN: Final = _Open()
"""Beside a Literal: words may be added within a version."""
Word = Annotated[str, Field(pattern=_WORD, examples=["accept"]), P1]
"""A word of a list that grows with releases: a state, an action, a role."""
PublicName = Annotated[str, Field(min_length=1, max_length=60, examples=["示例社区"]), P0, _PublicName()]
"""The name of a place or an organisation, which are public things. Never the name of a person."""
ThingId = Annotated[UUID, P1]
Instant = Annotated[AwareDatetime, Field(examples=["2026-07-06T08:30:00Z"]), P1]
Count = Annotated[int, Field(ge=0, le=2**31 - 1, examples=[1]), P1]

BANNED: Final = frozenset(
    {"face", "facial", "iris", "voiceprint", "gait", "biometric"}
    | {"gps_track", "trajectory", "continuous_location", "camera_stream"}
    | {"religion", "ethnicity", "ethnic_group", "political_profile", "political_status"}
    | {"petition_history", "petitioner", "family_planning", "criminal_record"}
    | {"key_person", "key_persons", "special_person", "special_group", "stability_risk"}
    | {"drug_use", "mental_health", "psychiatric", "phone_contents", "chat_log", "chat_logs", "call_log"}
    | {"person_score", "resident_score", "citizen_score", "credit_score", "risk_level", "risk_score", "relation_graph"}
)
"""What is never collected, whatever the purpose: no schema and no table may have such a field."""
_PERSONAL: Final = frozenset(
    {"phone", "mobile", "telephone", "email", "wechat", "contact", "address", "address_text"}
    | {"id_number", "id_card", "birthday", "birth_date", "age", "gender", "full_name", "surname", "given_name", "nickname"}
    | {"reporter", "reported_by", "handled_by"}
    | {"title", "description", "note", "remark", "comment", "reason", "text", "content", "message"}
    | {"lon", "lat", "location"}
)
"""What no event may carry besides: it tells of a person, is free text, or is finer than a grid."""


def is_banned(name: str, *, from_events: bool = False) -> bool:
    """Tell whether a field of this name may not be: words of the name in a row are looked at, so `has_face_image` is found."""
    # A code is looked at for what it may hold: `reason_code` is no reason in somebody's words.
    banned = BANNED | _PERSONAL if from_events and not name.endswith("_code") else BANNED
    words = name.lower().split("_")
    runs = {"_".join(words[start:end]) for start in range(len(words)) for end in range(start + 1, len(words) + 1)}
    return bool(runs & banned)


def event_faults(schema: JsonSchema) -> list[str]:
    """Return what keeps a schema from being an event's, as sentences that say how to mend it."""
    return list(_faults_of_fields(inlined(schema), "", None))


def inlined(schema: JsonSchema) -> JsonSchema:
    """Return a schema with its references to `$defs` replaced by what they name, so that it stands alone and in any dialect."""
    definitions = schema.get("$defs", {})

    def replace(part: Any) -> Any:
        if isinstance(part, list):
            return [replace(one) for one in part]
        if not isinstance(part, dict):
            return part
        if reference := part.get("$ref"):
            rest = {name: value for name, value in part.items() if name != "$ref"}
            return replace({**definitions[reference.rpartition("/")[2]], **rest})
        # A discriminator names definitions, which are gone; its `oneOf` says the same.
        return {name: replace(value) for name, value in part.items() if name not in {"$defs", "discriminator"}}

    whole: JsonSchema = replace(schema)
    return whole


def _faults_of_fields(schema: JsonSchema, where: str, inherited: str | None) -> Iterator[str]:
    for name, field in schema.get("properties", {}).items():
        at = f"{where}{name}"
        if is_banned(name, from_events=True):
            yield f"`{at}` may not be in an event: it is personal, free text, or finer than a grid"
        yield from _faults(field, at, inherited)


def _faults(schema: JsonSchema, at: str, inherited: str | None) -> Iterator[str]:
    data_class = schema.get(KEYWORD) or inherited
    branches = [branch for key in ("anyOf", "oneOf", "allOf") for branch in schema.get(key, ())]
    branches = [branch for branch in branches if branch.get("type") != "null"]
    if branches:
        for branch in branches:
            yield from _faults(branch, at, data_class)
        return
    kind = schema.get("type")
    if kind == "array" and "items" in schema:
        if "maxItems" not in schema:
            yield f"`{at}` is a list without end: give it a max_length"
        yield from _faults(schema["items"], at, data_class)
    elif kind == "object" and schema.get("properties"):
        yield from _faults_of_fields(schema, f"{at}.", data_class)
    else:
        yield from _faults_of_value(schema, at, data_class)


def _faults_of_value(schema: JsonSchema, at: str, data_class: str | None) -> Iterator[str]:
    if data_class not in {"P0", "P1"}:
        yield f"`{at}` is of class {data_class or 'none'}: write P0 or P1 beside its type; P2 and P3 stay with their service"
    if "const" in schema or "enum" in schema or schema.get("format") in _BOUNDED_FORMATS:
        return
    match schema.get("type"):
        case "boolean" | "number":
            return
        case "integer":
            if not {"minimum", "maximum"} <= schema.keys():
                yield f"`{at}` is a number without bounds: take `Count`, or give it ge and le"
        case "string" if _PUBLIC_NAME in schema:
            if data_class != "P0" or schema.get("maxLength", _TEXT_MAX + 1) > _TEXT_MAX:
                yield f"`{at}` is called a public name, so it is P0 and {_TEXT_MAX} characters at most"
        case "string":
            if not _bounds_a_code(schema.get("pattern", "")):
                yield f"`{at}` is free text: make it a code with a bounded pattern, a Literal, or (of a place) a PublicName"
        case kind:
            yield f"`{at}` can be any {kind or 'value'}: say its fields"


def _bounds_a_code(pattern: str) -> bool:
    """Tell whether a pattern holds the whole of a text of limited length, and no spaces or words of any language."""
    holds_the_whole = pattern.startswith("^") and pattern.endswith("$")
    # A point means itself inside a class of characters and after a backslash.
    outside = re.sub(r"\\[.+*]|\[[^\]^][^\]]*\]", "", pattern)
    return holds_the_whole and not any(sign in outside for sign in (".", "*", "+", r"\w", r"\S", r"\W", " ", ",}", "[^"))
