"""The contract as it is kept: problems instead of FastAPI's own errors, and the headers that the edge reads and sends."""

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from gridwhistle.common.edge import EdgeRoute
from gridwhistle.common.principal import PUBLIC

_PROBLEM = {
    "type": "object",
    "description": "RFC 9457. `code` is stable; `detail` is for people, in Chinese or English by Accept-Language.",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "request_id": {"type": "string"},
        "allowed": {"type": "array", "items": {"type": "string"}},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "message"],
                "properties": {name: {"type": "string"} for name in ("pointer", "code", "message")},
            },
        },
    },
}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Makes the call safe to repeat: one key, one answer, for seven days.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}
_SESSION = {
    "name": "Emergency-Session",
    "in": "header",
    "required": False,
    "description": "The emergency session that this is done for; what is personal in it goes when the session is over.",
    "schema": {"type": "string", "format": "uuid"},
}
_AS_OF = {
    "name": "As-Of",
    "in": "header",
    "required": False,
    "description": "When it happened, for imports of the past: it asks for the scope `history:import`, and starts no clocks."
    " In development anybody may say it, also of what is to come. It belongs to what an Idempotency-Key stands for.",
    "schema": {"type": "string", "format": "date-time"},
}


def describe(app: FastAPI) -> None:
    """Replace the application's OpenAPI document by one that says what the edge does."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = get_openapi(title=app.title, version=app.version, routes=app.routes)
            _correct(app.openapi_schema, [route for route in app.routes if isinstance(route, EdgeRoute)])
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _correct(schema: dict[str, Any], routes: list[EdgeRoute]) -> None:
    schemas = schema.setdefault("components", {}).setdefault("schemas", {})
    for stock in ("HTTPValidationError", "ValidationError"):
        schemas.pop(stock, None)
    schemas["Problem"] = _PROBLEM
    for route in routes:
        operation = schema["paths"][route.path_format][route.method.lower()]
        operation["x-permission"] = route.may
        statuses = ["400", "404", "422", "503"] + ([] if route.may == PUBLIC else ["401", "403"])
        parameters = operation.setdefault("parameters", [])
        if route.method != "GET":
            parameters += [_KEY, _AS_OF, *([_SESSION] if route.success == 201 else [])]  # noqa: PLR2004  created
            statuses += ["409", "413", "415"]
            required = route.method in {"PATCH", "PUT"}
            if required or "{" in route.path:
                parameters.append(_if_match(required=required))
                statuses += ["412", *(["428"] if required else [])]
        if route.takes:
            operation["requestBody"] = {"required": True, "content": _files(route.takes)}
            statuses.append("408")
        if route.gives:
            operation["responses"]["200"] = {"description": "The file", "content": _files(route.gives)}
            operation["responses"]["304"] = {"description": "The file is the one that `If-None-Match` names"}
        operation["security"] = [] if route.may == PUBLIC else [{"HTTPBearer": []}]
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        model = schemas.get(content.get("schema", {}).get("$ref", "").rpartition("/")[2], {})
        if content and not model.get("required"):
            operation["requestBody"]["required"] = False
        for status in sorted(statuses):
            operation["responses"][status] = {
                "description": "Problem",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            }


def _files(media_types: Sequence[str]) -> dict[str, Any]:
    return {name: {"schema": {"type": "string", "format": "binary"}} for name in media_types}


def _if_match(*, required: bool) -> dict[str, Any]:
    return {
        "name": "If-Match",
        "in": "header",
        "required": required,
        "description": "The ETag of the version that this is based on; 412 when it has changed since.",
        "schema": {"type": "string", "pattern": '^"[0-9]{1,9}"$'},
    }
