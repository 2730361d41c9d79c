"""The contract of the API: every operation has examples, bounds, refusals and a name, and says so to machines.

Operations are found by themselves. One that lacks something fails here under its own name, with what it lacks.
"""

import re
import string
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import jsonschema_rs
import orjson
import pytest

from gridwhistle.common.edge import EdgeRoute
from gridwhistle.common.glossary import HEADS
from gridwhistle.common.openapi import statuses_of
from gridwhistle.common.problems import Problem
from gridwhistle.standalone.documents import problems
from gridwhistle.standalone.services import KINDS
from tests.conftest import Person, RunningSuite

DOCS = Path(__file__).parents[2] / "docs"
DOCUMENT: dict[str, Any] = orjson.loads((DOCS / "openapi.json").read_bytes())
OPERATIONS = [
    pytest.param(path, method, operation, id=operation["operationId"])
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]
ROUTES = {
    route.operation_id: route
    for kind in KINDS
    for router in kind.all_routers()
    for route in router.routes
    if isinstance(route, EdgeRoute)
}


def by_name(schema: bytes) -> bytes:
    """Return a schema whose references lead to `PARTS`: what they name is read then, and not the whole document each time."""
    return schema.replace(b'"#/components/', b'"urn:api#/components/')


PARTS = jsonschema_rs.Registry([("urn:api", orjson.loads(by_name(orjson.dumps({"components": DOCUMENT["components"]}))))])
BOUNDED_FORMATS = {"uuid", "date", "date-time", "binary"}
every_operation = pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    """Return what a reference names."""
    while "$ref" in part:
        found: Any = DOCUMENT
        for key in part["$ref"][2:].split("/"):
            found = found[key]
        part = {**found, **{name: value for name, value in part.items() if name != "$ref"}}
    return part


def contents(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every content that an operation takes or gives, with where it stands."""
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        yield f"its body ({kind})", content
    for status, response in operation["responses"].items():
        for kind, content in resolved(response).get("content", {}).items():
            yield f"its answer {status} ({kind})", content


def unbounded(schema: dict[str, Any], at: str, seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield a sentence for each text, list and number of a schema that may be of any size."""
    if (name := schema.get("$ref")) in seen:
        return
    seen |= {name} if name else set()
    schema = resolved(schema)
    forms = [form for key in ("anyOf", "oneOf", "allOf") for form in schema.get(key, ())]
    for form in forms:
        yield from unbounded(form, at, seen)
    if not forms and "enum" not in schema and "const" not in schema:
        yield from ENDLESS.get(schema.get("type", "anything"), nothing)(schema, at)
    if "items" in schema:
        yield from unbounded(schema["items"], f"{at}[]", seen)
    for field, inner in schema.get("properties", {}).items():
        yield from unbounded(inner, f"{at}.{field}", seen)


def nothing(_schema: dict[str, Any], _at: str) -> Iterator[str]:
    yield from ()


def endless_text(schema: dict[str, Any], at: str) -> Iterator[str]:
    if not {"maxLength", "pattern"} & schema.keys() and schema.get("format") not in BOUNDED_FORMATS:
        yield f"{at} is a text without a max_length or a pattern"


def endless_number(schema: dict[str, Any], at: str) -> Iterator[str]:
    if not {"minimum", "exclusiveMinimum"} & schema.keys() or not {"maximum", "exclusiveMaximum"} & schema.keys():
        yield f"{at} is a whole number without bounds"


def endless_list(schema: dict[str, Any], at: str) -> Iterator[str]:
    if "maxItems" not in schema:
        yield f"{at} is a list without a max_length"


def unknown_fields(schema: dict[str, Any], at: str) -> Iterator[str]:
    if not schema.get("properties") and schema.get("additionalProperties", True) is True and "maxProperties" not in schema:
        yield f"{at} is an object whose fields nobody knows"


def anything(_schema: dict[str, Any], at: str) -> Iterator[str]:
    yield f"{at} may be anything"


ENDLESS = {
    "string": endless_text,
    "integer": endless_number,
    "array": endless_list,
    "object": unknown_fields,
    "anything": anything,
}


@every_operation
def test_every_text_list_and_number_has_bounds(path: str, method: str, operation: dict[str, Any]) -> None:
    faults = [fault for at, content in contents(operation) for fault in unbounded(content["schema"], at)]
    faults += [
        fault for one in operation.get("parameters", ()) for fault in unbounded(one["schema"], f"its parameter {one['name']}")
    ]

    assert not faults, f"{method.upper()} {path}: " + "; ".join(faults)


@every_operation
def test_a_text_in_a_query_says_what_the_edge_lets_in(path: str, method: str, operation: dict[str, Any]) -> None:
    asked = [one for one in operation.get("parameters", ()) if one["in"] == "query"]
    schemas = [choice for one in asked for choice in one["schema"].get("anyOf", [one["schema"]])]
    free = [one for one in schemas if one.get("type") == "string" and not {"enum", "const", "format"} & one.keys()]

    assert all("pattern" in one for one in free), f"{method.upper()} {path}"
    assert not [one for one in free if re.search(one["pattern"], "\f") or re.search(one["pattern"], "\ufffd")]


@every_operation
def test_every_content_has_an_example_that_it_takes(path: str, method: str, operation: dict[str, Any]) -> None:
    missing = []
    for at, content in contents(operation):
        if content["schema"].get("format") == "binary":
            continue
        if "example" not in content:
            missing.append(at)
            continue
        schema = orjson.loads(by_name(orjson.dumps(content["schema"])))
        jsonschema_rs.Draft202012Validator(schema, validate_formats=True, registry=PARTS).validate(content["example"])
    for one in operation.get("parameters", ()):
        if one["required"] or (one["in"] == "query" and one["name"] != "cursor"):
            if "example" not in one:
                missing.append(f"its parameter {one['name']}")
                continue
            jsonschema_rs.Draft202012Validator(one["schema"]).validate(one["example"])

    lacks = f"{method.upper()} {path} has no example of {', '.join(missing)}: each field with a pattern needs examples=[…]"
    assert not missing, lacks


@every_operation
def test_every_operation_says_what_it_may_refuse(path: str, method: str, operation: dict[str, Any]) -> None:
    route = ROUTES[operation["operationId"]]
    refused = {int(status) for status in operation["responses"] if int(status) >= 400}

    assert refused >= set(statuses_of(route)), f"{method.upper()} {path}"
    for status in refused:
        schema = resolved(operation["responses"][str(status)])["content"]["application/problem+json"]["schema"]
        assert schema == {"$ref": "#/components/schemas/Problem"}
    assert {"400", "503"} <= operation["responses"].keys()
    assert ("401" in operation["responses"]) == bool(operation["security"])
    assert ("409" in operation["responses"]) == (method != "get")


@every_operation
def test_every_operation_is_said_in_words_and_has_a_name(path: str, method: str, operation: dict[str, Any]) -> None:
    tags = {tag["name"]: tag["description"] for tag in DOCUMENT["tags"]}
    letters = set(string.ascii_lowercase + string.digits + "_")

    assert operation.get("description", "").endswith((".", "。")), f"{method.upper()} {path}: its docstring is what people read"
    assert all(len(tags[tag]) > 20 for tag in operation["tags"]), "the module of the routes says in its docstring what they are"
    assert set(operation["operationId"]) <= letters
    assert "_" in operation["operationId"], f"{operation['operationId']} names no thing: say what it is done to"


CHANGES = [
    pytest.param(route, id=name)
    for name, route in ROUTES.items()
    if route.method == "PATCH" and route.asks.body and not route.asks.body[1].model_json_schema().get("required")
]


@pytest.mark.parametrize("route", CHANGES)
def test_a_change_that_says_nothing_is_refused(suite: RunningSuite, route: EdgeRoute) -> None:
    caller = Person(suite.client, suite.everybody(route.may, "990101"))

    answer = caller.patch(re.sub(r"{\w+}", str(UUID(int=0)), route.path), {}, If_Match='"1"')

    assert (answer.status_code, answer.json()["code"]) == (422, "nothing_to_change")


LISTS = [(route, route.listing) for route in ROUTES.values() if route.listing]


def test_every_field_of_a_list_has_a_head_of_its_own_in_both_languages() -> None:
    heads = {route.operation_id: listing.columns for route, listing in LISTS}

    wordless = {column.name for columns in heads.values() for column in columns if column.name not in HEADS}
    twice = {
        (name, head)
        for name, columns in heads.items()
        for language in ("zh", "en")
        for head, times in Counter(getattr(column.head, language) for column in columns).items()
        if times > 1
    }

    assert not wordless, f"say in glossary.py what people call {', '.join(wordless)}"
    assert not twice


def test_every_list_says_that_it_is_a_file_as_well_and_names_json_first() -> None:
    said = [[*DOCUMENT["paths"][route.path_format]["get"]["responses"]["200"]["content"]] for route, _ in LISTS]

    assert len(said) > 70
    assert [{*names} for names in said] == [{"application/json", *listing.media_types} for _, listing in LISTS]
    assert {names[0] for names in said} == {"application/json"}, "a generated client would take a list for a file"


def test_the_glossary_has_no_word_that_nothing_is_called_by() -> None:
    called = {column.name for _, listing in LISTS for column in listing.columns}

    assert HEADS.keys() == called


def test_operations_and_schemas_have_names_of_their_own() -> None:
    names = Counter(operation["operationId"] for methods in DOCUMENT["paths"].values() for operation in methods.values())

    assert max(names.values()) == 1
    assert not [name for name in DOCUMENT["components"]["schemas"] if not name.isalnum()]


def test_the_document_is_served_as_it_is_committed(suite: RunningSuite) -> None:
    served = suite.client.get("/openapi.json").json()

    assert served == DOCUMENT
    assert next(iter(served["paths"]["/incidents/v1/incidents"]["get"]["responses"]["200"]["content"])) == "application/json"
    assert "/asyncapi.json" in served["info"]["description"]


@pytest.mark.parametrize("name", [kind.name for kind in KINDS])
def test_a_services_document_is_served_as_it_is_committed(suite: RunningSuite, name: str) -> None:
    served = suite.client.get(f"/{name}/openapi.json").json()

    assert served == orjson.loads((DOCS / "openapi" / f"{name}.json").read_bytes())
    assert {path.split("/")[1] for path in served["paths"]} == {name}


# --- refusals ----------------------------------------------------------------------------------------------------------------

KINDS_OF_PROBLEMS = problems.catalogue()


def test_every_code_means_one_refusal() -> None:
    codes = Counter(kind.code for kind in KINDS_OF_PROBLEMS)

    assert len(KINDS_OF_PROBLEMS) > 30
    assert not {code for code, times in codes.items() if times > 1}


@pytest.mark.parametrize("kind", KINDS_OF_PROBLEMS, ids=lambda kind: kind.code)
def test_a_refusal_says_the_same_in_both_languages(kind: type[Problem]) -> None:
    places = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in (kind.zh, kind.en)]

    assert places[0] == places[1]
    assert kind.zh.endswith("。")
    assert kind.en.endswith(".")
    assert 400 <= kind.status < 600
    assert kind.__doc__
