"""Puts a service together: routes, database, relay, consumers, health."""

import asyncio
import datetime as dt
import gc
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fastapi import FastAPI
from fastapi_standalone_docs import StandaloneDocs
from nats.aio.client import Client
from sqlalchemy import MetaData

from gridwhistle.common import (
    auditors,
    dead_letters,
    disclosures,
    emergency,
    feed,
    holds,
    overdue,
    retention,
    rule_sets,
    rulebook,
)
from gridwhistle.common.again import Away, Changed
from gridwhistle.common.application import App
from gridwhistle.common.audit import seal_audit
from gridwhistle.common.bus import BUS_AWAY, connect
from gridwhistle.common.calendars import national_year
from gridwhistle.common.consumers import Consumer
from gridwhistle.common.database import Database
from gridwhistle.common.edge import EdgeRoute, Router
from gridwhistle.common.events.audit import audit_sealed
from gridwhistle.common.files import Files
from gridwhistle.common.firing import Firing, OnClock
from gridwhistle.common.gate import bus_fault, check, too_old
from gridwhistle.common.health import add_routes
from gridwhistle.common.hearing import Hearing
from gridwhistle.common.logs import set_up
from gridwhistle.common.moved import copy_moved
from gridwhistle.common.openapi import describe
from gridwhistle.common.presets import Preset
from gridwhistle.common.problems import Busy, Problem
from gridwhistle.common.relay import Relay
from gridwhistle.common.revoked import copy_revoked, watch_revoked
from gridwhistle.common.rule_sets import RuleSets
from gridwhistle.common.running import Gauge, Loop, Running, keep_up
from gridwhistle.common.sealing import Seal
from gridwhistle.common.settings import Settings, read, tracing_is_asked_for
from gridwhistle.common.sweep import sweep
from gridwhistle.common.tokens import Tokens

if TYPE_CHECKING:
    from gridwhistle.common.tracing import Tracing

log = logging.getLogger(__name__)
PLUMBING_VERSIONS: Final = Path(__file__).parent / "migrations" / "versions"
_LOOK_AGAIN_S: Final = 10.0
_CANCELLED_AGAIN_S: Final = 0.5

PLUMBING_ROUTES: Final[tuple[Callable[[str], Router], ...]] = (
    feed.routes,
    dead_letters.routes,
    rulebook.routes,
    overdue.routes,
    auditors.routes,
    disclosures.routes,
    retention.routes,
)
"""The routes that every service has, made for a service by its name."""
LOOPS: Final[tuple[Loop, ...]] = (sweep, seal_audit, watch_revoked)
"""What every service does in the background, besides telling and hearing events."""


@dataclass(frozen=True)
class Service:
    """What a service is made of; `app` turns it into something that runs."""

    name: str
    title: str
    routers: Sequence[Router]
    consumer: Consumer
    tables: MetaData
    versions: Path
    """The folder of its migrations."""
    constraints: Mapping[str, Callable[[], Problem | Changed]] = field(default_factory=dict)
    """The words for a broken constraint, by its name."""
    presets: Sequence[Preset] = ()
    """The rules that it declares, as they are until a county says otherwise."""
    rule_sets: RuleSets = field(default_factory=dict)
    """Values of its rules that belong together, by the name under which a county chooses them."""
    on_clock: Mapping[str, OnClock] = field(default_factory=dict)
    """What it does when a clock fires, by the clock's rule, besides telling of it."""
    loops: Sequence[Loop] = ()
    """What it does in the background, besides what every service does."""
    gauges: Sequence[Gauge] = ()
    """Numbers of its own, which the database is asked for when somebody reads the metrics."""
    settings: type[Settings] = Settings
    """What an operator can set."""

    @property
    def version(self) -> str:
        """Its release."""
        return version(f"gridwhistle-{self.name}")

    def newest_migrations(self) -> dict[str, str]:
        """Return the newest migration of the plumbing and of the service, by branch."""
        files = [*(PLUMBING_VERSIONS).glob("*_[0-9]*.py"), *self.versions.glob("*_[0-9]*.py")]
        return {name.rpartition("_")[0]: name for name in sorted(file.stem for file in files)}

    def __post_init__(self) -> None:
        """Make the events that every service has, and let it hear what every service hears."""
        audit_sealed(self.name)
        copy_revoked(self.consumer)
        copy_moved(self.consumer)
        emergency.hear_of_the_end(self.consumer, self.tables)

    def all_routers(self) -> list[Router]:
        """Return the service's own routers, then those that every service has."""
        shared = [routes(self.name) for routes in PLUMBING_ROUTES]
        if self.rule_sets:
            shared.append(rule_sets.routes(self.name, self.rule_sets))
        return [*self.routers, *shared, *(routes(self.name, self.tables) for routes in (disclosures.reveals, holds.routes))]

    def create(self) -> FastAPI:
        """Return the service for `uvicorn --factory`, set by the environment."""
        settings = read(self.settings)
        set_up(settings.log_level, settings.log_format, access=settings.access_log)
        return self.app(settings)

    def app(self, settings: Settings) -> FastAPI:
        """Return the service as an application; it runs while its lifespan is open."""

        @asynccontextmanager
        async def lifespan(app: FastAPI) -> AsyncIterator[None]:
            await check(self, settings)
            async with self._running(settings) as service:
                app.state.service = service
                gc.collect()
                # What lives as long as the process need not be looked at again: p99 falls from 44 to 8 ms.
                gc.freeze()
                gc.set_threshold(20_000, 50, 1_000)
                yield

        app = App(
            self.all_routers(),
            title=self.title,
            version=version("gridwhistle-common"),
            lifespan=lifespan,
            openapi_url=f"/{self.name}/openapi.json",
            docs_url=f"/{self.name}/docs",
        )
        add_routes(app, self)
        StandaloneDocs(app)
        describe(app)
        return app

    @asynccontextmanager
    async def _running(self, settings: Settings) -> AsyncIterator[Running]:
        seal = Seal.kept_in(settings.keys_file)
        database = Database(
            settings.database_url,
            seal,
            self.constraints,
            presets=self.presets,
            tables=list(self.tables.tables.values()),
            connections_max=settings.connections_max,
        )
        tokens = Tokens.of(settings, database.revoked)
        # Reading the holidays takes a sixth of a second, for which the first request that needs them should not stand still.
        await asyncio.to_thread(national_year, dt.datetime.now(dt.UTC).year)
        async with database.connected():
            with suppress(Away, Busy):  # then nobody is let in until the loop has read it
                await database.revoked.look(database)
            service = Running(
                database,
                tokens,
                Client(),
                self.name,
                settings.development,
                hears=tuple(self.consumer.filters()),
                anchors_file=settings.anchors_file,
                tracing=self._tracing(),
                files=self._files(settings),
                nats_replicas=settings.nats_replicas,
                gauges=self.gauges,
            )

            async def connection(service: Running) -> None:
                await _connect(service, settings)

            async def consumers(service: Running) -> None:
                await service.state.bus_there.wait()
                await Hearing(self.consumer, database, stopping=service.state.stopping).run(service.nats)

            firing = Firing(self.name, database, self.tables, self.on_clock)
            loops = service.state.loops
            for loop in (connection, relay, consumers, firing.clocks, *LOOPS, retention.purging(self.tables), *self.loops):
                name = loop.__name__
                loops[name] = asyncio.create_task(keep_up(loop, service), name=f"{self.name} {name}")
                loops[name].add_done_callback(_tell_if_dead)
            await asyncio.sleep(0)  # so that each has begun: a client of NATS that was never told to connect cannot be closed
            try:
                yield service
            finally:
                await _drain(service, settings.drain_s)
                if service.tracing:
                    await service.tracing.close()

    def _tracing(self) -> "Tracing | None":
        """Return where spans go; None, and nothing of it is loaded, unless an exporter is set."""
        if not tracing_is_asked_for():
            return None
        from gridwhistle.common.tracing import Tracing  # noqa: PLC0415  loaded when it is wanted

        return Tracing(self.name, self.version)

    @property
    def takes_files(self) -> bool:
        """Whether any of its routes takes or gives files."""
        routes = (route for router in self.all_routers() for route in router.routes)
        return any(isinstance(route, EdgeRoute) and "files" in route.asks.hands.values() for route in routes)

    def _files(self, settings: Settings) -> Files | None:
        if not self.takes_files:
            return None
        assert settings.attachments_dir is not None, "the start looks for it"
        return Files(settings.attachments_dir / self.name, Seal.kept_in(settings.keys_file))


async def _connect(service: Running, settings: Settings) -> None:
    """Be connected to a NATS that is fit. Until then writes go on, and the outbox keeps what is to be told."""
    state = service.state

    def refused() -> None:
        state.bus_refused_at = time.monotonic()

    if not service.nats.is_connected:
        await connect(service.nats, settings.nats_url, service.name, refused)
    while not state.stopping.is_set():  # the client swallows a cancellation that comes while it connects
        there = str(service.nats.connected_server_version)
        fault = too_old(there) or await bus_fault(settings.nats_monitoring_url)
        state.bus_fault = fault.en if fault else None
        if fault:
            log.error("NATS cannot be used: %s %s", fault.en, fault.zh)
        else:
            state.bus_there.set()
        await asyncio.sleep(_LOOK_AGAIN_S)


async def relay(service: Running) -> None:
    """Tell what commands told, as soon as NATS is there."""
    await service.state.bus_there.wait()
    state, replicas = service.state, service.nats_replicas
    await Relay(service.name, service.database, service.nats, state.stopping, service.metrics, service.tracing, replicas).run()


async def _drain(service: Running, patience_s: float) -> None:
    """Let the consumers finish what they fetched, then the relay publish what waits; stop everything else at once."""
    state, loops = service.state, service.state.loops
    state.stopping.set()
    for name in loops.keys() - {"relay", "consumers"}:
        loops[name].cancel()
    service.database.wake.set()
    for name in ("consumers", "relay"):
        if state.bus_there.is_set() and service.nats.is_connected:  # without NATS neither can end anything
            await asyncio.wait([loops[name]], timeout=patience_s / 2)
        if not loops[name].done():
            log.info("the %s did not end in time; what is left is done after the next start", name)
            loops[name].cancel()
    left = {loop for loop in loops.values() if not loop.done()}
    while left:  # once is not enough: the client swallows a cancellation that comes while it connects
        for loop in left:
            loop.cancel()
        _, left = await asyncio.wait(left, timeout=_CANCELLED_AGAIN_S)
    with suppress(*BUS_AWAY):
        await service.nats.flush(2)  # the last acknowledgements
    await service.nats.close()


def _tell_if_dead(task: "asyncio.Task[Any]") -> None:
    if not task.cancelled() and (error := task.exception()):
        log.critical("%s has stopped", task.get_name(), exc_info=error)
