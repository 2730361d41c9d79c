"""Traces, from a request through its command, the relay and the consumers: OpenTelemetry, when an exporter is set.

Loaded only then. A span names operations, kinds of events and services; no ids of things or people, no paths, no values.
"""

import asyncio
import time
from collections.abc import Awaitable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import orjson
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_W3C = TraceContextTextMapPropagator()


class Tracing:
    """The spans of one service."""

    def __init__(self, service: str, version: str) -> None:
        """Take whose spans they are; where they go, and which are kept, the OTEL_* variables say."""
        resource = Resource.create({"service.name": f"gridwhistle-{service}", "service.version": version})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("gridwhistle")

    async def request(self, method: str, route: str, headers: Mapping[bytes, str], answering: Awaitable[int]) -> int:
        """Serve a request within a span that continues the caller's trace."""
        facts = {"http.request.method": method, "http.route": route}
        came_from = _parent(headers.get(b"traceparent"))
        with self._within(f"{method} {route}", came_from, SpanKind.SERVER, facts) as span:
            status = await answering
            span.set_attribute("http.response.status_code", status)
            if status >= 500:  # noqa: PLR2004  our fault
                span.set_status(StatusCode.ERROR)
            return status

    @contextmanager
    def span(self, name: str) -> Iterator[None]:
        """Do something within a span of the trace that is under way; an error is told by its kind alone."""
        with self._within(name) as span:
            try:
                yield
            except BaseException as error:
                span.set_attribute("error.type", type(error).__name__)
                raise

    @contextmanager
    def hearing(self, kind: str, traceparent: str | None) -> Iterator[None]:
        """Apply an event within a span of the trace that it carries."""
        facts = {"messaging.system": "nats", "messaging.operation.type": "process"}
        with self._within(f"apply {kind}", _parent(traceparent), SpanKind.CONSUMER, facts):
            yield

    def published(self, envelopes: list[str], began_ns: int) -> None:
        """Note that the relay published these events; those that carry a trace get a span there."""
        facts = {"messaging.system": "nats", "messaging.operation.type": "send"}
        for envelope in envelopes:
            told: dict[str, Any] = orjson.loads(envelope)
            if traceparent := told.get("traceparent"):
                span = self._tracer.start_span(
                    f"publish {told['type']}", _parent(traceparent), SpanKind.PRODUCER, facts, start_time=began_ns
                )
                span.end(time.time_ns())

    def traceparent(self) -> str | None:
        """Return the trace that is under way, as an event carries it."""
        carrier: dict[str, str] = {}
        _W3C.inject(carrier)
        return carrier.get("traceparent")

    def ids(self) -> dict[str, str]:
        """Return the trace that is under way, as the log tells it."""
        now = trace.get_current_span().get_span_context()
        return {"trace_id": f"{now.trace_id:032x}", "span_id": f"{now.span_id:016x}"} if now.is_valid else {}

    def _within(
        self,
        name: str,
        parent: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        facts: Mapping[str, str] | None = None,
    ) -> AbstractContextManager[Span]:
        # The text of an error may quote personal data, so it is not recorded.
        return self._tracer.start_as_current_span(
            name, parent, kind, facts, record_exception=False, set_status_on_exception=False
        )

    async def close(self) -> None:
        """Send what is left."""
        await asyncio.to_thread(self._provider.shutdown)


def _parent(traceparent: str | None) -> Context:
    return _W3C.extract({"traceparent": traceparent} if traceparent else {}, Context())
