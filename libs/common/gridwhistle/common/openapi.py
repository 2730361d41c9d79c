"""The contract as it is kept: what the edge reads, sends and refuses, with an example of everything."""

import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any, Final

import orjson
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from gridwhistle.common import problems
from gridwhistle.common.asked import RANDOM_KEY
from gridwhistle.common.data_classes import JsonSchema
from gridwhistle.common.edge import EdgeRoute
from gridwhistle.common.examples import example_id, example_of
from gridwhistle.common.principal import PUBLIC, InsufficientScope
from gridwhistle.common.problems import Problem, Term
from gridwhistle.common.sheet_formats import ROWS_MAX
from gridwhistle.common.sheets import FAULTS_SHOWN
from gridwhistle.common.signature import QUERIED
from gridwhistle.common.tokens import NotAuthenticated
from gridwhistle.common.wire import NotValid, say_of_texts

_PAGE: Final = re.compile(rb'\bPage_(\w+?)_"')
_CHINESE: Final = re.compile(r"[^\x00-\x7f]+")
_AREA_PATTERN: Final = b"^[0-9]{12}$"
_LINE: Final = {"type": "string", "maxLength": 1_000}
_CODE: Final = {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,59}$"}
_PROBLEM: Final = {
    "type": "object",
    "description": "RFC 9457. `code` is stable; `detail` is for people, in Chinese or English by Accept-Language.",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {
        "type": {"type": "string", "pattern": "^urn:gridwhistle:problem:[a-z][a-z0-9_]{0,59}$"},
        "title": {"type": "string", "maxLength": 100},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": _LINE,
        "code": _CODE,
        "request_id": {"type": "string", "format": "uuid", "description": "Quote it when you report a fault."},
        "allowed": {"type": "array", "maxItems": 100, "items": {"type": "string", "maxLength": 100}},
        "errors": {
            "type": "array",
            "maxItems": FAULTS_SHOWN,
            "items": {
                "type": "object",
                "required": ["pointer", "code", "message"],
                "properties": {
                    "pointer": _LINE,
                    "code": _CODE,
                    "message": _LINE,
                    "row": {"type": "integer", "minimum": 1, "maximum": ROWS_MAX, "description": "As a spreadsheet shows it."},
                    "column": {"type": "string", "pattern": "^[A-Z]{1,3}$", "description": "Of a file."},
                },
            },
        },
    },
}
_HEADERS: Final = {
    "ETag": {"description": "The version; send it as `If-Match` with a change.", "schema": {"type": "string", "maxLength": 12}},
    "Location": {"description": "Where what was made can be read.", "schema": {"type": "string", "maxLength": 500}},
    "Link": {
        "description": 'The next page, `rel="next"`; absent on the last.',
        "schema": {"type": "string", "maxLength": 2_000},
    },
    "Idempotency-Replayed": {
        "description": "The key was used before, and this is what was answered then.",
        "schema": {"const": "true"},
    },
    "Area-Moved": {
        "description": "Codes in the request that areas had until they were merged, and their codes of today: `old>new, …`.",
        "schema": {"type": "string", "maxLength": 1_000, "pattern": "^[0-9]{12}>[0-9]{12}(, [0-9]{12}>[0-9]{12})*$"},
    },
    "WWW-Authenticate": {"description": "How to sign in.", "schema": {"type": "string", "maxLength": 200}},
    "Retry-After": {"description": "Seconds.", "schema": {"type": "string", "maxLength": 5}},
}
_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Makes the call safe to repeat: one key, one answer, for seven days. Take a new one for each call.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]{1,255}$"},
}
_KEY_OF_STRANGERS: Final = _KEY | {
    "required": True,
    "description": "Makes the call safe to repeat: one key, one answer, for seven days. Take a new UUID 4 for each call.",
    "schema": {"type": "string", "pattern": f"^{RANDOM_KEY.pattern}$"},
    "example": "0f5b2a1e-6c1d-4b7a-9a53-2f4de1c07a10",
}
_SESSION: Final = {
    "name": "Emergency-Session",
    "in": "header",
    "required": False,
    "description": "The emergency session that this is done for; what is personal in it goes when the session is over.",
    "schema": {"type": "string", "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"},
}
_AS_OF: Final = {
    "name": "As-Of",
    "in": "header",
    "required": False,
    "description": "When it happened, for imports of the past: it asks for the scope `history:import`, and starts no clocks."
    " In development anybody may say it, also of what is to come. It belongs to what an Idempotency-Key stands for.",
    # No `date-time`: some generators leave out every operation with a header that is more than a text.
    "schema": {"type": "string", "format": "rfc3339", "maxLength": 40},
}
_AS_FILE: Final = "A page; or all that is asked for as a file, if `Accept` names one of these media types."
_EXAMPLES: Final[dict[int, Problem]] = {
    400: problems.BadHeader(header="Idempotency-Key", form="1–255 ASCII"),
    401: NotAuthenticated(),
    403: InsufficientScope(permission="incidents:report"),
    404: problems.NotFound(thing=Term("事件", "incident")),
    408: problems.TooSlow(),
    409: problems.IllegalMove(
        thing=Term("事件", "incident"), state=Term("已结案", "closed"), action=Term("受理", "accept"), allowed=[]
    ),
    412: problems.Stale(thing=Term("网格", "grid"), version=4),
    413: problems.TooLarge(bytes_max=256 * 1024),
    415: problems.NotJson(),
    422: NotValid(count=1, errors=[{"pointer": "#/title", "code": "missing", "message": Term("缺少该字段", "is required")}]),
    428: problems.VersionNeeded(),
    503: problems.Busy(),
}
"""One refusal of each status that an operation may answer with."""


def describe(app: FastAPI) -> None:
    """Replace the application's OpenAPI document by one that says what the edge does."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            drawn = get_openapi(title=app.title, version=app.version, routes=app.routes)
            # Page_IncidentLine_ is no name for a class of a client.
            app.openapi_schema = orjson.loads(_PAGE.sub(rb'\1Page"', orjson.dumps(drawn)))
            _correct(app.openapi_schema, [route for route in app.routes if isinstance(route, EdgeRoute)])
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def statuses_of(route: EdgeRoute) -> list[int]:
    """Return the statuses from 400 on that an operation may answer with."""
    statuses = [400, 503] + ([] if route.may == PUBLIC else [401, 403])
    writes = route.method != "GET"
    has_id = "{" in route.path
    if writes or has_id:
        statuses.append(404)
    if writes or route.asks.query:
        statuses.append(422)
    if writes:
        statuses += [409, 413, 415]
    if route.takes:
        statuses.append(408)
    if _takes_version(route):
        statuses.append(412)
    if _needs_version(route):
        statuses.append(428)
    return sorted(statuses)


def _key_of(route: EdgeRoute) -> dict[str, Any]:
    if route.may == PUBLIC:
        return _KEY_OF_STRANGERS
    return _KEY | {"required": True, "example": "6f1c2f2e-order-17"} if route.needs_key else _KEY


def _takes_version(route: EdgeRoute) -> bool:
    return route.method != "GET" and (_needs_version(route) or "{" in route.path)


def _needs_version(route: EdgeRoute) -> bool:
    return route.method in {"PATCH", "PUT"}


def _takes_area(route: EdgeRoute) -> bool:
    models = [model for _, model in filter(None, (route.asks.query, route.asks.body))]
    return any(_AREA_PATTERN in orjson.dumps(model.model_json_schema()) for model in models)


def _correct(document: dict[str, Any], routes: list[EdgeRoute]) -> None:
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for stock in ("HTTPValidationError", "ValidationError"):
        schemas.pop(stock, None)
    schemas["Problem"] = _PROBLEM
    components["responses"] = {f"Problem{status}": _refusal(problem) for status, problem in _EXAMPLES.items()}
    components["headers"] = _HEADERS
    document["tags"] = tags_of(routes)
    for route in routes:
        operation = document["paths"][route.path_format][route.method.lower()]
        operation["tags"] = [_in_english(str(tag)) for tag in route.tags]
        operation["x-permission"] = route.may
        operation["security"] = [] if route.may == PUBLIC else [{"HTTPBearer": []}]
        parameters = operation.setdefault("parameters", [])
        for parameter in parameters:
            say_of_texts(parameter["schema"], QUERIED, QUERIED)
            if parameter["name"] != "cursor":  # only a page before has one
                _show(parameter, parameter["name"], schemas)
        if route.method != "GET":
            parameters += [_key_of(route), _AS_OF, *([_SESSION] if route.success == 201 else [])]  # noqa: PLR2004  created
        if route.takes:
            operation["requestBody"] = {"required": True, "content": _files(route.takes)}
        if route.listing:
            operation["responses"]["200"]["content"] |= _files(route.listing.media_types)
        if route.gives:
            operation["responses"]["200"] = {"description": "The file", "content": _files(route.gives)}
            operation["responses"]["304"] = {"description": "The file is the one that `If-None-Match` names"}
        if _takes_version(route):
            parameters.append(_if_match(required=_needs_version(route)))
        _describe_body(operation, schemas)
        _describe_answer(operation["responses"][str(route.success)], route, schemas)
        kept = {status: answer for status, answer in operation["responses"].items() if not status.startswith(("4", "5"))}
        operation["responses"] = kept | {
            str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in statuses_of(route)
        }


def _describe_body(operation: dict[str, Any], schemas: dict[str, JsonSchema]) -> None:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return
    model = schemas.get(content["schema"].get("$ref", "").rpartition("/")[2], {})
    if not model.get("required"):
        operation["requestBody"]["required"] = False
    _show(content, "", schemas)


def _describe_answer(answer: dict[str, Any], route: EdgeRoute, schemas: dict[str, JsonSchema]) -> None:
    answer["description"] = _AS_FILE if route.listing else "Done." if route.method != "GET" else "Here it is."
    content = answer.get("content", {}).get("application/json")
    if content is None:
        return
    _show(content, "", schemas)
    fields = schemas.get(content["schema"].get("$ref", "").rpartition("/")[2], {}).get("properties", {})
    sent = [
        *(["ETag"] if "version" in fields else []),
        *(["Location"] if route.gives_location else []),
        *(["Link"] if "next_cursor" in fields else []),
        *(["Area-Moved"] if _takes_area(route) else []),
        *(["Idempotency-Replayed"] if route.method != "GET" else []),
    ]
    if sent:
        answer["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in sent}


def _show(content: dict[str, Any], name: str, schemas: dict[str, JsonSchema]) -> None:
    """Give a content its example. Where a pattern has none, there is none: a test says so, and the document is served."""
    with suppress(ValueError):
        content.setdefault("example", example_of(content["schema"], name, schemas))


def _refusal(problem: Problem) -> dict[str, Any]:
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in problem.headers}
    return {
        "description": f"{problem.title.en}. {problem.title.zh}。",
        **({"headers": headers} if headers else {}),
        "content": {
            "application/problem+json": {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "example": orjson.loads(problem.body("en", example_id("request"))),
            }
        },
    }


def tags_of(routes: Iterable[EdgeRoute]) -> list[dict[str, str]]:
    """Return the headings with what stands under them: what the modules of their routes say of themselves.

    Generators make modules of headings, so a heading is English, and begins what stands under it with its Chinese.
    """
    said: dict[str, dict[str, None]] = defaultdict(dict)
    for route in routes:
        about = (sys.modules[route.endpoint.__module__].__doc__ or "").strip().partition("\n")[0]
        for tag in route.tags:
            said[str(tag)][about] = None
    return [
        {"name": _in_english(tag), "description": " ".join([f"{'、'.join(_CHINESE.findall(tag))}:", *sentences])}
        for tag, sentences in said.items()
    ]


def _in_english(tag: str) -> str:
    return re.sub(rf" ?{_CHINESE.pattern}", "", tag)


def _files(media_types: Sequence[str]) -> dict[str, Any]:
    return {name: {"schema": {"type": "string", "format": "binary"}} for name in media_types}


def _if_match(*, required: bool) -> dict[str, Any]:
    return {
        "name": "If-Match",
        "in": "header",
        "required": required,
        "description": "The ETag of the version that this is based on; 412 when it has changed since.",
        "schema": {"type": "string", "minLength": 3, "maxLength": 11, "pattern": '^"[0-9]{1,9}"$'},
        **({"example": '"3"'} if required else {}),  # who tries an action as shown shall not be told that it is stale
    }
