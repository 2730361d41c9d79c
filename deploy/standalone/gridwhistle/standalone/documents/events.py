"""The documents about events: a schema each, AsyncAPI, a page to read, and a sample of everything that was ever told."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import orjson

from gridwhistle.common.asyncapi import asyncapi
from gridwhistle.common.data_classes import KEYWORD, JsonSchema
from gridwhistle.common.events import Event
from gridwhistle.common.events.schemas import released, sample_of, schema_of
from gridwhistle.standalone.documents.changes import breaking
from gridwhistle.standalone.documents.writing import WRITTEN, as_json
from gridwhistle.standalone.services import KINDS, NAMES, TITLE, VERSION

FOLDER: Final = Path("docs/events")
SAMPLES: Final = Path("tests/contracts/samples")


def schemas() -> dict[Path, str]:
    """Return the JSON Schema of every event by its path."""
    return {FOLDER / f"{kind.type}.json": as_json(schema_of(kind)) for kind in released(NAMES)}


def samples() -> dict[Path, str]:
    """Return a sample of every event by its path: what stands there already was released, and is never written again."""
    return {SAMPLES / f"{kind.type}.json": as_json(sample_of(kind)) for kind in released(NAMES)}


def asyncapi_document() -> str:
    """Return the suite's AsyncAPI document."""
    return as_json(asyncapi(KINDS, TITLE, VERSION))


def page(kinds: Sequence[type[Event]]) -> str:
    """Return every event, who tells it, who listens, and what it carries."""
    hears = {kind: [service.name for service in KINDS if kind in service.consumer.hears()] for kind in released(NAMES)}
    lines = [
        WRITTEN,
        "# Events",
        "",
        "CloudEvents 1.0 in structured JSON, on the NATS subject `gw.{county}.{service}.{aggregate}.{event}.v{n}`, in one",
        "JetStream stream a service (`GW_INCIDENTS`, `GW_PERSONNEL` …). Order holds for one thing, by `eventno`, which counts",
        "its events without gaps. Every event may be delivered more than once; its `id` tells. None carries personal data or",
        "free text: fields are P0 (公开, public) or P1 (工作内部, internal to the work). Who is not on NATS reads the same",
        "events from `GET /{service}/v1/events`.",
        "",
        "Machines read [asyncapi.json](asyncapi.json) (the suite serves it at `/asyncapi.json`) and a JSON Schema each in",
        "[events/](events). Within a version fields and words are only added: read what you know, pass over the rest.",
    ]
    lines += ["", "| told by | events |", "|---|---|", *_index(kinds)]
    for kind in kinds:
        data = schema_of(kind)["properties"]["data"]
        lines += ["", f"## `{kind.type}`", "", str(kind.__doc__)]
        lines += [f"Heard by {', '.join(hears[kind])}."] if hears[kind] else []
        if fields := data.get("properties", {}):
            lines += ["", "| field | class | what |", "|---|---|---|"]
            lines += [f"| `{name}` | {_class_of(field)} | {_form(field)} |" for name, field in fields.items()]
    return "\n".join([*lines, ""])


def mark(kind: type[Event]) -> str:
    """Return the mark by which links reach an event on the page."""
    return kind.type.replace(".", "")


def _index(kinds: Sequence[type[Event]]) -> Iterator[str]:
    for name in NAMES:
        led = (f"[{kind.type.removeprefix(f'gw.{name}.')}](#{mark(kind)})" for kind in kinds if kind.service == name)
        yield f"| {name} | {', '.join(led)} |"


def broken() -> list[str]:
    """Return what the code would break of the events that are committed, a sentence for each event."""
    now = {kind.type: schema_of(kind) for kind in released(NAMES)}
    return broken_by(now, {path.stem: orjson.loads(path.read_bytes()) for path in sorted(FOLDER.glob("*.json"))})


def broken_by(now: dict[str, JsonSchema], before: dict[str, JsonSchema]) -> list[str]:
    """Return what changed schemas break, a sentence for each event that says what to do instead."""
    sentences = []
    for name, schema in before.items():
        faults = list(breaking(schema, now[name])) if name in now else ["it is gone, and what was told stays readable"]
        if faults:
            base, _, number = name.rpartition(".v")
            sentences.append(
                f"{name}: {'; '.join(faults)}. Within a version fields and words are only added: leave {name} as it is, make"
                f" {base}.v{int(number) + 1} beside it, and tell both for one release. (Never released? Then delete"
                f" {FOLDER / name}.json and {SAMPLES / name}.json.)"
            )
    return sentences


def _class_of(field: JsonSchema) -> str:
    return str(max(form.get(KEYWORD, "") for form in (field, *field.get("anyOf", ()))))


def _form(field: JsonSchema) -> str:
    forms = [form for form in field.get("anyOf", (field,)) if form.get("type") != "null"]
    one, or_null = forms[0], " or null" if len(forms) < len(field.get("anyOf", ())) else ""
    if words := one.get("x-extensible-enum") or one.get("enum"):
        return ", ".join(f"`{word}`" for word in words) + or_null
    if one.get("x-public-name"):
        return f"name of a place or an organisation, {one['maxLength']} characters at most{or_null}"
    if pattern := one.get("pattern"):
        return f"`{pattern}`".replace("|", r"\|") + or_null
    return str(one.get("format") or one.get("description") or one.get("type")) + or_null
