"""The events of services as an AsyncAPI 3.1 document: what is told on which subject, by whom, and who listens."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from gridwhistle.common.bus import stream_name
from gridwhistle.common.events import Event
from gridwhistle.common.events.schemas import released, sample_of, schema_of

if TYPE_CHECKING:
    from gridwhistle.common.service import Service

CONTENT_TYPE: Final = "application/cloudevents+json"
_ABOUT: Final = """Facts in the past tense, as CloudEvents 1.0 in structured JSON. Each service has one JetStream stream.

Order holds for one thing, by `eventno`, which counts its events without gaps. An event may be delivered more than once: its
`id` tells. Within a version fields and words are only added, so read what you know and pass over the rest; a breaking change
is a new version, in a new subject. Who is not on NATS reads the same events from `GET /{service}/v1/events`. Events carry no
personal data and no free text (`x-data-class` is P0 or P1 everywhere)."""
_HEADERS: Final = {
    "type": "object",
    "properties": {
        "Nats-Msg-Id": {
            "type": "string",
            "description": "`{service}:{event id}:{epoch}`; the epoch rises when an event is published again.",
        }
    },
}
Document = dict[str, Any]


def asyncapi(services: "Sequence[Service]", title: str, version: str) -> Document:
    """Return the document of these services: all that they tell, and what they hear of one another."""
    told = released([service.name for service in services])
    heard = [kind for service in services for kind in service.consumer.hears()]
    shown = sorted({*told, *heard}, key=lambda kind: kind.type)
    operations = {_operation_id("send", kind.service, kind): _sends(kind) for kind in told}
    for service in services:
        for kind, why in service.consumer.hears().items():
            operations[_operation_id("receive", service.name, kind)] = _receives(service, kind, why)
    return {
        "asyncapi": "3.1.0",
        "info": {
            "title": title,
            "version": version,
            "description": _ABOUT,
            "tags": [{"name": service.name, "description": service.title} for service in services],
        },
        "defaultContentType": CONTENT_TYPE,
        "servers": {
            "nats": {
                "host": "{host}:{port}",
                "protocol": "nats",
                "description": "NATS with JetStream. The standalone form says its address when it starts.",
                "variables": {"host": {"default": "127.0.0.1"}, "port": {"default": "4222"}},
            }
        },
        "channels": {_name(kind): _channel(kind) for kind in shown},
        "operations": operations,
        "components": {
            "messages": {_name(kind): _message(kind) for kind in shown},
            "schemas": {_name(kind): _payload(kind) for kind in shown},
            "messageTraits": {"event": {"headers": _HEADERS, "correlationId": {"location": "$message.payload#/correlationid"}}},
        },
    }


def _name(kind: type[Event]) -> str:
    return kind.type.removeprefix("gw.")


def _operation_id(action: str, service: str, kind: type[Event]) -> str:
    return f"{service}.{action}.{_name(kind)}"


def _channel(kind: type[Event]) -> Document:
    return {
        "address": f"gw.{{county}}.{_name(kind)}",
        "title": kind.__name__,
        "description": str(kind.__doc__),
        "servers": [{"$ref": "#/servers/nats"}],
        "parameters": {
            "county": {
                "description": "Six digits of the county's code; `*` in a subscription takes all of them.",
                "examples": ["990101"],
                "location": "$message.payload#/county",
            }
        },
        "messages": {kind.__name__: {"$ref": f"#/components/messages/{_name(kind)}"}},
        "x-stream": stream_name(kind.service),
    }


def _message(kind: type[Event]) -> Document:
    return {
        "name": kind.type,
        "title": kind.__name__,
        "summary": str(kind.__doc__),
        "contentType": CONTENT_TYPE,
        "traits": [{"$ref": "#/components/messageTraits/event"}],
        "payload": {"$ref": f"#/components/schemas/{_name(kind)}"},
        "examples": [{"name": "as_released", "payload": sample_of(kind)}],
    }


def _payload(kind: type[Event]) -> Document:
    # The dialect of AsyncAPI is its own; nothing that the schema says means something else there.
    return {name: value for name, value in schema_of(kind).items() if name not in {"$schema", "$id"}}


def _sends(kind: type[Event]) -> Document:
    return {
        "action": "send",
        "title": f"{kind.service} tells {_name(kind)}",
        "summary": str(kind.__doc__),
        **_about(kind, kind.service),
        "bindings": _binding(stream=stream_name(kind.service)),
    }


def _receives(service: "Service", kind: type[Event], why: Sequence[str]) -> Document:
    return {
        "action": "receive",
        "title": f"{service.name} hears {_name(kind)}",
        "summary": " ".join(filter(None, why)) or str(kind.__doc__),
        **_about(kind, service.name),
        "bindings": _binding(
            stream=stream_name(kind.service),
            durable=service.name,
            filter_subjects=service.consumer.filters()[kind.service],
        ),
    }


def _about(kind: type[Event], service: str) -> Document:
    return {
        "tags": [{"name": service}],
        "channel": {"$ref": f"#/channels/{_name(kind)}"},
        "messages": [{"$ref": f"#/channels/{_name(kind)}/messages/{kind.__name__}"}],
    }


def _binding(**jetstream: Any) -> Document:
    """Return the NATS binding. It knows no JetStream yet, so that stands in extensions of it."""
    extensions = {f"x-{name.replace('_', '-')}": value for name, value in jetstream.items()}
    return {"nats": {"bindingVersion": "0.1.0", **extensions}}
