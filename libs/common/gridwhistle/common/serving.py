"""Serves a service as a process of its own, `python -m gridwhistle.incidents`, and leaves without dropping a request."""

import asyncio
import logging
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

import uvicorn
import uvloop

from gridwhistle.common.logs import set_up
from gridwhistle.common.settings import CannotServe, Settings, read

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from gridwhistle.common.service import Service

log = logging.getLogger(__name__)
_BACKLOG: Final = 2_048
_WORDS: Final = ("migrate", "reseal", "verify")
_LAST_WORD_S: Final = 1.0
"""Who has a connection when the door closes says within this what they want, or is cut off."""


class Server(uvicorn.Server):
    """An HTTP server that answers everything it takes in, also while it leaves."""

    def __init__(self, app: "ASGIApp", drain_s: float) -> None:
        """Take what is served, and how long requests may take once the door is closed."""
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            lifespan="off",
            backlog=_BACKLOG,
            timeout_graceful_shutdown=max(1, round(drain_s)),
            timeout_keep_alive=60,
        )
        super().__init__(config)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone: whoever runs the server has them."""
        yield

    async def leave(self, notice_s: float) -> None:
        """Let clients go one by one, with their answers; after the notice take in nobody, and end when all are gone."""
        # A connection that was closed with its last answer cannot be closed under a request that is on its way.
        self.config.encoded_headers.append((b"connection", b"close"))
        self.server_state.default_headers = [*self.server_state.default_headers, (b"connection", b"close")]
        await asyncio.sleep(notice_s)
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the door behind those who have come, hear what they want, and answer."""
        await self._close_door(sockets or [])
        loop = asyncio.get_running_loop()
        until = loop.time() + _LAST_WORD_S
        while self.server_state.connections and loop.time() < until and not self.force_exit:
            await asyncio.sleep(0.01)
        await super().shutdown(sockets)

    async def _close_door(self, listeners: list[socket.socket]) -> None:
        """Close the listeners; whom the system has let in by then, though nobody has met them, are taken in."""
        doors = [listener.dup() for listener in listeners]
        for server in self.servers:
            server.close()
        for listener in listeners:
            listener.close()
        await asyncio.sleep(0)  # the loop lets go of them
        let_in = []
        for door in doors:
            with door, suppress(BlockingIOError):
                door.settimeout(0)
                while True:
                    let_in.append(door.accept()[0])
        loop = asyncio.get_running_loop()
        for connection in let_in:
            connection.settimeout(0)
            with suppress(OSError):
                await loop.connect_accepted_socket(self._protocol, connection)

    def _protocol(self) -> asyncio.Protocol:
        kind = self.config.http_protocol_class
        return kind(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)  # type: ignore[call-arg]


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket.

    Raises:
        OSError: the address cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Without the name of the protocol asyncio does not know that it may send answers at once, and each one waits 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


async def serve(kind: "Service", settings: Settings) -> None:
    """Serve until told to stop (SIGTERM, SIGINT); say so, finish everything, then return.

    Raises:
        CannotServe: something is wrong that an operator has to mend.
        OSError: the address cannot be had.
    """
    app = kind.app(settings)
    stop = asyncio.Event()
    server = Server(app, settings.drain_s)

    def told() -> None:
        server.force_exit = stop.is_set()  # a second time means now
        stop.set()

    with listen(settings.host, settings.port) as listener:
        async with app.router.lifespan_context(app):
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, told)
            serving = asyncio.create_task(server.serve([listener]))
            host, port = listener.getsockname()[:2]
            log.info("%s serves at %s:%s", kind.name, host, port)
            waiting = asyncio.create_task(stop.wait())
            await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            log.info("%s is told to stop", kind.name)
            app.state.service.state.leaving = True
            await server.leave(settings.notice_s)
            await serving
    log.info("%s has stopped", kind.name)


def main(kind: "Service") -> None:
    """Serve, or do what a word says: `migrate`, `reseal`, `verify`."""
    words = sys.argv[1:]
    if len(words) > 1 or not {*words} <= {*_WORDS}:
        sys.exit(f"usage: python -m gridwhistle.{kind.name} [{' | '.join(_WORDS)}]")
    try:
        if words:
            from gridwhistle.common.upkeep import WORDS  # noqa: PLC0415  what serves does not need it

            WORDS[words[0]](kind)
        else:
            _serve(kind, read(kind.settings))
    except CannotServe as refusal:
        sys.exit(f"{kind.name} does not start 无法启动：\n{refusal}")


def _serve(kind: "Service", settings: Settings) -> None:
    set_up(settings.log_level, settings.log_format, access=settings.access_log)
    try:
        uvloop.run(serve(kind, settings))
    except CannotServe:
        sys.exit(1)  # the log has the reasons
    except OSError as error:
        sys.exit(f"{kind.name} does not start 无法启动：{settings.host}:{settings.port} {error.strerror}")
