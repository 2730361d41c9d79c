"""Examples made from schemas, the same ones whenever they are made."""

import re
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID, uuid5

from gridwhistle.common.data_classes import JsonSchema

AT: Final = "2026-07-06T08:30:00Z"
"""When examples happen."""
_NAMESPACE: Final = UUID("01900000-0000-7000-8000-000000000000")
_ANY_TEXT: Final = "…"
_NONE: Final[Mapping[str, JsonSchema]] = {}


def example_id(of: str) -> str:
    """Return the id that a thing of this name has in examples."""
    return str(uuid5(_NAMESPACE, of))


def example_of(schema: JsonSchema, name: str = "", components: Mapping[str, JsonSchema] = _NONE) -> Any:
    """Return an example: the schema's own, or one made of its parts, with every field that an object can have.

    Args:
        schema: in JSON Schema.
        name: of the field that it is for.
        components: the schemas that a reference names.

    Raises:
        ValueError: a text has a pattern and no example.
    """
    one = _one_form(schema, components)
    if given := _given(one):
        return given[0]
    if one.get("type") == "object":
        fields = one.get("properties", {})
        return {field: example_of(fields[field], field, components) for field in fields}
    if one.get("type") == "array":
        return [example_of(one["items"], name, components) for _ in range(one.get("minItems") or 1)]
    return _text(one, name) if one.get("type") == "string" else one.get("minimum", 1)


def _one_form(schema: JsonSchema, components: Mapping[str, JsonSchema]) -> JsonSchema:
    """Return what a reference names, and of several forms the first that is not null."""
    if reference := schema.get("$ref"):
        named = components[reference.rpartition("/")[2]]
        return _one_form({**named, **{key: schema[key] for key in schema if key != "$ref"}}, components)
    forms = [form for key in ("anyOf", "oneOf", "allOf") for form in schema.get(key, ()) if form.get("type") != "null"]
    if forms and not _given(schema):
        return _one_form(forms[0], components)
    return schema


def _given(schema: JsonSchema) -> list[Any]:
    single = [schema[key] for key in ("const", "default", "example") if schema.get(key) is not None]
    booleans = [True] if schema.get("type") == "boolean" else []
    return [*schema.get("examples", ()), *single, *schema.get("enum", ()), *booleans]


def _text(schema: JsonSchema, name: str) -> str:
    by_format = {"uuid": example_id(name), "date-time": AT, "date": AT[:10], "time": AT[11:]}
    if made := by_format.get(schema.get("format", "")):
        return made
    if not re.search(schema.get("pattern", ""), _ANY_TEXT):
        raise ValueError(f"`{name}` must match {schema['pattern']}, so its Field needs examples=[…]")
    return _ANY_TEXT
