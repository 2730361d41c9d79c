"""Whether a service lives and can serve, what it counts, and of which version it is: the same words for one and for all."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from nats.errors import Error as NatsError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from gridwhistle.common import metrics
from gridwhistle.common.again import Away
from gridwhistle.common.bus import stream_name
from gridwhistle.common.lived import DOUBTED
from gridwhistle.common.metrics import Family, Sample, gauge
from gridwhistle.common.problems import Busy

if TYPE_CHECKING:
    from gridwhistle.common.running import Running
    from gridwhistle.common.service import Service

METRICS_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
QUERIES: Final = (
    ("gw_outbox_waiting", "Events that are not in the stream yet.", "SELECT count(*) FROM waiting"),
    (
        "gw_outbox_oldest_seconds",
        "Age of the oldest event that is not in the stream yet.",
        """
        SELECT extract(epoch FROM clock_timestamp() - min(occurred_at)) FROM outbox
        WHERE event_id = (SELECT event_id FROM waiting ORDER BY id LIMIT 1)
        """,
    ),
    ("gw_events_parked", "Events that wait until they can take effect.", "SELECT count(*) FROM parked WHERE state = 'waiting'"),
    (
        "gw_clocks_unfired_seconds",
        "How long ago the first moment of a clock was due that has not fired yet.",
        "SELECT extract(epoch FROM clock_timestamp() - min(next_at)) FROM clock WHERE next_at <= clock_timestamp()",
    ),
    (
        "gw_clocks_overdue",
        "Clocks that run past their due time.",
        """
        SELECT count(*) FROM clock WHERE stopped_at IS NULL AND due_at < clock_timestamp()
        AND (breached_at IS NOT NULL OR next_at < clock_timestamp())
        """,
    ),
    ("gw_dead_letters", "Events that nobody could apply.", "SELECT count(*) FROM parked WHERE state = 'dead'"),
    (
        "gw_retention_waits",
        "1 while nothing is taken away by its age: the service is new, was stopped for long, or the clock is wrong.",
        DOUBTED,
    ),
)
"""Gauges that the database is asked for when somebody reads the metrics: name, meaning, statement."""
_PATIENCE_S: Final = 1.5
"""For each of them: whoever reads the metrics waits some ten seconds for all."""
_REFUSED_LATELY_S: Final = 30.0


def add_routes(app: Starlette, kind: "Service") -> None:
    """Give a service's application `/healthz`, `/readyz`, `/version` and `/metrics`."""

    async def ready(request: Request) -> Response:
        return readiness({kind.name: await fares(request.app.state.service)})

    async def version(_request: Request) -> Response:
        return JSONResponse(
            {"services": {kind.name: {"version": kind.version, "migrations": sorted(kind.newest_migrations().values())}}}
        )

    async def tell_metrics(request: Request) -> Response:
        service: Running = request.app.state.service
        families = [*service.metrics.families(), *[family async for family in _asked(service)], *metrics.of_this_process()]
        return PlainTextResponse(metrics.text(service.name, families), media_type=METRICS_TYPE)

    routes: Mapping[str, Callable[[Request], Awaitable[Response]]] = {
        "/healthz": alive,
        "/readyz": ready,
        "/version": version,
        "/metrics": tell_metrics,
    }
    for path, answer in routes.items():
        app.add_route(path, answer, include_in_schema=False)


async def alive(_request: Request) -> Response:
    """Say that the process lives."""
    return JSONResponse({"status": "alive"})


def readiness(services: Mapping[str, Mapping[str, Any]]) -> Response:
    """Return how services fare, and as which of them fares worst."""
    ranks = ("ready", "degraded", "stopping", "not_ready")
    status = max((service["status"] for service in services.values()), key=ranks.index)
    return JSONResponse({"status": status, "services": services}, 200 if status in {"ready", "degraded"} else 503)


async def fares(service: "Running") -> dict[str, Any]:
    """Return how a service fares: `degraded` serves, but events wait or a part has a fault.

    What is `stopping` or `not_ready` is not to be asked.
    """
    state = service.state
    parts = {
        "database": await _database(service),
        "nats": _bus(service),
        **{name: "stopped" if task.done() else "runs" for name, task in state.loops.items()},
        **state.faults,
    }
    if state.leaving or state.stopping.is_set():
        status = "stopping"
    elif parts["database"] != "here" or parts["nats"].startswith("refuse") or "stopped" in parts.values():
        status = "not_ready"
    else:
        status = "ready" if parts["nats"] == "here" and not state.faults else "degraded"
    return {"status": status, "parts": parts}


async def _database(service: "Running") -> str:
    try:
        await service.database.run(service.database.background, "SELECT 1")
    except Exception:  # noqa: BLE001  whatever it is, we are not ready
        return "away"
    return "here"


def _bus(service: "Running") -> str:
    state = service.state
    if state.bus_fault:
        return f"refused by us: {state.bus_fault}"
    if state.bus_refused_at is not None and time.monotonic() - state.bus_refused_at < _REFUSED_LATELY_S:
        return "refuses us or a permission"
    return "here" if service.nats.is_connected else "away"


async def _asked(service: "Running") -> AsyncIterator[Family]:
    """Return what has to be asked for; what does not answer is left out."""
    database = service.database
    here = await _database(service) == "here"
    yield gauge("gw_database_up", int(here))
    named = {"requests": database.requests, "background": database.background, "reads": database.reads}
    pools = {name: pool.in_hand_and_waiting() for name, pool in named.items()}
    in_use = [Sample({"pool": name}, in_hand) for name, (in_hand, _) in pools.items()]
    yield Family("gw_database_connections_in_use", in_use)
    waiting = [Sample({"pool": name}, number) for name, (_, number) in pools.items()]
    yield Family("gw_database_connections_wanted", waiting)
    if here:
        for name, meaning, statement in (*QUERIES, *service.gauges):
            with suppress(Away, Busy, TimeoutError):
                async with asyncio.timeout(_PATIENCE_S):
                    number = (await database.run(database.background, statement))[0][0]
                yield gauge(name, float(number or 0), meaning)
    yield gauge("gw_nats_connected", int(service.nats.is_connected))
    if service.nats.is_connected:
        yield await _pending(service)


async def _pending(service: "Running") -> Family:
    js = service.nats.jetstream(timeout=1)
    samples = []
    for source in service.hears:
        try:
            info = await js.consumer_info(stream_name(source), service.name)
        except (NatsError, OSError):
            continue
        samples.append(Sample({"source": source}, (info.num_pending or 0) + (info.num_ack_pending or 0)))
    return Family("gw_events_pending", samples)
