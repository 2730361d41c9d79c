"""A running service, as its routes and its loops meet it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from nats.aio.client import Client

from gridwhistle.common.again import Away
from gridwhistle.common.database import Database
from gridwhistle.common.files import Files
from gridwhistle.common.logs import DOING, Doing, told_safely
from gridwhistle.common.metrics import Metrics
from gridwhistle.common.problems import Busy
from gridwhistle.common.tokens import Tokens

if TYPE_CHECKING:
    from gridwhistle.common.tracing import Tracing

log = logging.getLogger(__name__)
_BREATH_S: Final = 5.0


@dataclass
class State:
    """How a running service fares."""

    bus_there: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when NATS was there and found fit for the first time: events are told and heard from then on."""
    leaving: bool = False
    """The service serves, but says that it will not for long: whoever balances load is to look elsewhere."""
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the service is told to stop: it finishes what it has begun and begins nothing."""
    bus_fault: str | None = None
    """Why NATS cannot be used although it is there."""
    bus_refused_at: float | None = None
    """When NATS last refused a permission, by the monotonic clock."""
    loops: "dict[str, asyncio.Task[Any]]" = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    """What is wrong with a part of the service that serves all the same, by the part; for those who run it."""


@dataclass(frozen=True)
class Running:
    """What a service has while it runs; its application carries it as `state.service`."""

    database: Database
    tokens: Tokens
    nats: Client
    name: str = ""
    development: bool = False
    hears: tuple[str, ...] = ()
    """The services whose events it consumes."""
    metrics: Metrics = field(default_factory=Metrics)
    state: State = field(default_factory=State)
    tracing: "Tracing | None" = None
    anchors_file: Path | None = None
    files: Files | None = None
    """Where attachments are kept, in services that have some."""
    nats_replicas: int = 1
    gauges: "Sequence[Gauge]" = ()
    """Numbers of its own that the database is asked for when somebody reads the metrics."""
    writing: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))
    """Lists that are written as files at the same time: each takes room where what is passing waits."""


Gauge = tuple[str, str, str]
"""A number that the database is asked for: its name, its meaning, the statement."""
Loop = Callable[[Running], Awaitable[None]]
"""What a service does in the background, over and over, until it is cancelled or the service is stopping."""


async def keep_up(loop: Loop, service: Running) -> None:
    """Run a loop until the service stops; whatever ends it before, it begins anew a few seconds later."""
    DOING.set(Doing(service.name, service.metrics, tracing=service.tracing))
    while not service.state.stopping.is_set():
        try:
            await loop(service)
        except (Away, Busy) as later:
            log.info("%s of %s waits: %s", loop.__name__, service.name, type(later).__name__)
        except Exception as error:  # noqa: BLE001  a mistake of ours: the next round may find it mended
            log.error("%s of %s made a mistake and begins anew: %s", loop.__name__, service.name, told_safely(error))  # noqa: TRY400
        if not service.state.stopping.is_set():
            await asyncio.sleep(_BREATH_S)
