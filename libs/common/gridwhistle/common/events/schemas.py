"""What an event looks like to those outside: its JSON Schema, and one example of it."""

import re
from collections.abc import Collection
from functools import lru_cache
from typing import Any, Final

from gridwhistle.common.data_classes import JsonSchema, inlined
from gridwhistle.common.events import AREA, EVENT_NO_MAX, ID, REGISTRY, TIMELINE, Event
from gridwhistle.common.examples import AT, example_id, example_of
from gridwhistle.common.principal import ROLES

_PLACE: Final = "990101001001001"
_SESSION: Final = {
    "type": "string",
    "format": "uuid",
    "description": "The emergency session that it happened for; there only where it did.",
}
_TRACE: Final = {
    "type": "string",
    "pattern": "^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$",
    "description": "W3C Trace Context; there only while somebody traces.",
}


def released(services: Collection[str]) -> list[type[Event]]:
    """Return the kinds of events that these services tell, in order of their types."""
    return sorted((kind for kind in REGISTRY.values() if kind.service in services), key=lambda kind: kind.type)


@lru_cache(maxsize=1_000)
def schema_of(kind: type[Event]) -> JsonSchema:
    """Return the JSON Schema (2020-12) of the envelope with its data; it stands alone."""
    data = _tidied(inlined(kind.model_json_schema()))
    data.pop("description", None)
    fields: dict[str, JsonSchema] = {
        "specversion": {"const": "1.0"},
        "id": {
            "type": "string",
            "format": "uuid",
            "description": "Of the event (UUIDv7). A delivery may come twice; this tells.",
        },
        "source": {"const": f"/gridwhistle/{kind.service}"},
        "type": {"const": kind.type},
        "subject": {"type": "string", "format": "uuid", "description": f"The {kind.aggregate} that it happened to."},
        "time": {"type": "string", "format": "date-time"},
        "datacontenttype": {"const": "application/json"},
        "county": {"type": "string", "pattern": "^[0-9]{6}$"},
        "areacode": {"type": "string", "pattern": f"^{AREA}$", "description": "Of an area or a grid, never finer."},
        "aggregatetype": {"const": kind.aggregate},
        "aggregateid": {"type": "string", "format": "uuid"},
        "eventno": {
            "type": "integer",
            "minimum": 1,
            "maximum": EVENT_NO_MAX,
            "description": f"Counts the events of one {kind.aggregate} without gaps.",
        },
        "correlationid": {
            "type": "string",
            "pattern": f"^{ID}$",
            "description": "The request that the whole chain began with.",
        },
        "causationid": {"type": "string", "pattern": f"^{ID}$", "description": "The request or the event that led to this."},
        "actorrole": {
            "type": "string",
            "pattern": f"^{ID}$",
            "x-extensible-enum": sorted(ROLES),
            "description": "The role in which somebody acted; never who.",
        },
        "timeline": {
            "type": "integer",
            "minimum": 1,
            "maximum": EVENT_NO_MAX,
            "description": "Which history it belongs to; so far there has been one.",
        },
        "data": data,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:gridwhistle:event:{kind.type}",
        "title": kind.__name__,
        "description": str(kind.__doc__),
        "type": "object",
        "required": list(fields),
        "properties": {**fields, "traceparent": _TRACE, "emergencysession": _SESSION},
    }


def sample_of(kind: type[Event]) -> dict[str, Any]:
    """Return one event with every field that it can have, the same one whenever it is asked for."""
    thing = example_id(f"gw.{kind.service}.{kind.aggregate}")
    event = example_id(kind.type)
    cause = example_id("request")
    varying = {
        "id": event,
        "subject": thing,
        "aggregateid": thing,
        "time": AT,
        "county": _PLACE[:6],
        "areacode": _PLACE,
        "eventno": 1,
        "correlationid": cause,
        "causationid": cause,
        "actorrole": "auto",
        "timeline": TIMELINE,
    }
    fields = schema_of(kind)["properties"]
    always = [name for name in schema_of(kind)["required"] if name != "data"]
    told = {name: varying[name] if name in varying else fields[name]["const"] for name in always}
    return {**told, "data": example_of(fields["data"])}


def _tidied(schema: Any) -> Any:
    """Return a schema without the titles that repeat names."""
    if isinstance(schema, list):
        return [_tidied(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: {field: _tidied(one) for field, one in part.items()} if name == "properties" else _tidied(part)
        for name, part in schema.items()
        if not (name == "title" and isinstance(part, str) and re.fullmatch(r"[\w ]+", part))
    }
