"""Every service as a process of its own, started again when it dies, behind one port that passes requests on."""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import httpx2
from starlette.requests import Request

from gridwhistle.common import migrations
from gridwhistle.common.application import answer_with
from gridwhistle.common.problems import Busy, MayHaveHappened
from gridwhistle.standalone.children import CannotStart, Child, free_port
from gridwhistle.standalone.nats import Nats
from gridwhistle.standalone.postgres import Postgres
from gridwhistle.standalone.services import KINDS, Served, settings

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

log = logging.getLogger(__name__)
_READY_S: Final = 60
_PAUSE_S: Final = 0.5
_PAUSE_MAX_S: Final = 10.0
_LIVED_S: Final = 60.0
"""Who lived this long is started again at once when it dies."""
_DRAIN_S: Final = 8.0
_OF_ONE_HOP: Final = frozenset(
    {b"connection", b"keep-alive", b"transfer-encoding", b"upgrade", b"te", b"trailer", b"host", b"date"}
)


@dataclass
class Watched:
    """A service in a process of its own."""

    name: str
    environment: Mapping[str, str]
    log: Path
    port: int
    child: Child = field(init=False)

    async def start(self) -> None:
        """Start the process."""
        command = [sys.executable, "-m", f"gridwhistle.{self.name}"]
        self.child = await Child.start(self.name, command, self.log, environment=self.environment)

    async def keep_alive(self) -> None:
        """Start it again whenever it dies, after a pause that grows while it dies young; until cancelled."""
        loop = asyncio.get_running_loop()
        pause_s, born = _PAUSE_S, loop.time()
        while True:
            code = await self.child.process.wait()
            pause_s = _PAUSE_S if loop.time() - born > _LIVED_S else min(_PAUSE_MAX_S, pause_s * 2)
            log.error(
                "%s (process %s) ended with %s; it is started again in %g s. Its log is %s",
                self.name, self.child.pid, code, pause_s, self.log,
            )  # fmt: skip
            await asyncio.sleep(pause_s)
            await self.start()
            born = loop.time()

    async def serves(self, client: httpx2.AsyncClient) -> None:
        """Wait until it serves for the first time.

        Raises:
            CannotStart: it ends before, or takes too long.
        """
        for _ in range(_READY_S * 20):
            try:
                if (await client.get("/readyz")).is_success:
                    return
            except httpx2.TransportError:
                pass
            if self.child.process.returncode is not None:
                break
            await asyncio.sleep(0.05)
        raise CannotStart(f"{self.name} does not get ready. Its log, {self.log}, ends:\n{self.child.last_words()}")


@asynccontextmanager
async def running(folder: Path, postgres: Postgres, nats: Nats) -> AsyncIterator[dict[str, Served]]:
    """Bring every database to its newest version and run every service as a process; return them by name.

    Raises:
        CannotStart: one of them does not come up.
    """
    async with AsyncExitStack() as stack:
        served: dict[str, Served] = {}
        watched: list[Watched] = []
        for kind in KINDS:
            await migrations.upgrade(kind, postgres.url(kind.name))
            port = free_port()
            # The one port has said already that all this stops; when we are killed, PostgreSQL goes with the services.
            given = settings(kind.name, folder, postgres, nats, port=port, notice_s=0, drain_s=_DRAIN_S, log_format="json")
            watched.append(Watched(kind.name, given.environment(), folder / f"{kind.name}.log", port))
            await watched[-1].start()
            stack.push_async_callback(_stop, watched[-1])
            limits = httpx2.Limits(max_connections=None, max_keepalive_connections=100, keepalive_expiry=30)
            client = httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", limits=limits, timeout=60, trust_env=False)
            await stack.enter_async_context(client)
            served[kind.name] = Served(passing_on(client), client, watched[-1])
        await asyncio.gather(*(one.serves(served[one.name].client) for one in watched))
        keeping = [asyncio.create_task(one.keep_alive(), name=f"keep {one.name} alive") for one in watched]
        stack.push_async_callback(_end, keeping)
        yield served


async def _end(keeping: "list[asyncio.Task[None]]") -> None:
    for task in keeping:
        task.cancel()
    await asyncio.gather(*keeping, return_exceptions=True)


async def _stop(watched: Watched) -> None:
    await watched.child.stop(patience_s=_DRAIN_S + 4)


def passing_on(client: httpx2.AsyncClient) -> "ASGIApp":
    """Return an application that passes requests on as they come in, and answers as they come back."""

    async def pass_on(scope: "Scope", receive: "Receive", send: "Send") -> None:
        headers = [(name, value) for name, value in scope["headers"] if name not in _OF_ONE_HOP]
        has_body = any(name in {b"content-length", b"transfer-encoding"} for name, _ in scope["headers"])
        target = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
        request = client.build_request(
            scope["method"],
            client.base_url.copy_with(raw_path=target),
            headers=headers,
            content=_body(receive) if has_body else None,
        )
        try:
            answer = await client.send(request, stream=True)
        except httpx2.TransportError as error:
            nothing_happened = isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout)
            problem = Busy() if nothing_happened or scope["method"] == "GET" else MayHaveHappened()
            await answer_with(Request(scope), problem)(scope, receive, send)
            return
        try:
            kept = [(name.lower(), value) for name, value in answer.headers.raw if name.lower() not in _OF_ONE_HOP]
            await send({"type": "http.response.start", "status": answer.status_code, "headers": kept})
            async for chunk in answer.aiter_raw():
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            await answer.aclose()

    return pass_on


async def _body(receive: "Receive") -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise httpx2.ReadError("the caller has gone")
        yield message.get("body", b"")
        more = message.get("more_body", False)
