"""One trace from a request to the consumers of what followed from it, as a collector of traces receives it."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.system.test_alone import Town, town

__all__ = ["town"]
pytestmark = pytest.mark.anyio
TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@dataclass
class Collector:
    """Receives spans as OTLP over HTTP, and keeps them."""

    spans: list[tuple[str, Any]] = field(default_factory=list)  # whose, and the span
    url: str = ""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
                message = ExportTraceServiceRequest.FromString(await reader.readexactly(length))
                for told in message.resource_spans:
                    names = {attribute.key: attribute.value.string_value for attribute in told.resource.attributes}
                    self.spans += [(names["service.name"], span) for scope in told.scope_spans for span in scope.spans]
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        except asyncio.IncompleteReadError:
            writer.close()

    def of(self, trace_id: str) -> list[tuple[str, Any]]:
        return [(service, span) for service, span in self.spans if span.trace_id.hex() == trace_id]


@asynccontextmanager
async def collecting() -> AsyncIterator[Collector]:
    collector = Collector()
    server = await asyncio.start_server(collector.answer, "127.0.0.1", 0)
    collector.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield collector
    finally:
        server.close()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds():
            await asyncio.sleep(0.05)


async def test_one_trace_reaches_from_the_request_to_the_consumer(town: Town) -> None:
    admin = town.issuer.token("admin", ["county_admin"], ["990101"])
    content = {"org": "990101-traced", "area_code": "990101000000", "name": "追踪局", "kind": "department"}
    async with collecting() as collector:
        tracing = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "100", "GW_ACCESS_LOG": "true"}
        async with town.service("personnel", **tracing) as personnel, town.service("incidents", **tracing) as incidents:
            async with httpx2.AsyncClient(base_url=personnel.base_url) as client:
                county = {"area_code": "990101000000", "level": "county", "name": "示例县"}
                await client.post("/personnel/v1/areas", json=county, headers={"Authorization": f"Bearer {admin}"})
                headers = {"Authorization": f"Bearer {admin}", "traceparent": f"00-{TRACE}-{CALLER}-01"}
                made = await client.post("/personnel/v1/organisations", json=content, headers=headers)
            await until(lambda: any(name == "gridwhistle-incidents" for name, _ in collector.of(TRACE)))
            await incidents.stop()
            await personnel.stop()

    spans = {span.name: (service, span) for service, span in collector.of(TRACE)}
    kind = "gw.personnel.organisation.changed.v1"
    assert made.status_code == 201
    assert {name: service for name, (service, _) in spans.items()} == {
        "POST /personnel/v1/organisations": "gridwhistle-personnel",
        "command": "gridwhistle-personnel",
        f"publish {kind}": "gridwhistle-personnel",
        f"apply {kind}": "gridwhistle-incidents",
    }
    request = spans["POST /personnel/v1/organisations"][1]
    assert request.parent_span_id.hex() == CALLER
    for name in ("command", f"publish {kind}", f"apply {kind}"):
        assert spans[name][1].parent_span_id == request.span_id
    *_, line = [line for line in personnel.lines() if line["logger"] == "gridwhistle.access" and line["status"] == 201]
    assert line["trace_id"] == TRACE
    assert "追踪局" not in str(collector.spans)
    assert made.json()["id"] not in str(collector.spans)


def loaded_by(code: str) -> str:
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603  our own words
    return told.stdout.strip()


async def test_without_an_exporter_nothing_of_it_is_loaded() -> None:
    code = "import sys, gridwhistle.incidents.app; print('opentelemetry.sdk' in sys.modules, 'requests' in sys.modules)"

    assert loaded_by(code) == "False False"
