"""The whole suite on one port: PostgreSQL and NATS beside it, every service inside it or, if asked for, beside it."""

import asyncio
import os
import secrets
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gridwhistle.common.issuer import Issuer
from gridwhistle.common.sealing import make_keys
from gridwhistle.common.serving import Server, listen
from gridwhistle.common.settings import CannotServe
from gridwhistle.standalone.children import CannotStart, Child
from gridwhistle.standalone.nats import Nats
from gridwhistle.standalone.postgres import Postgres

if TYPE_CHECKING:
    from gridwhistle.standalone.services import Served

_NOTICE_S: Final = 0.2
_DRAIN_S: Final = 10.0


@dataclass(frozen=True)
class Suite:
    """A running suite."""

    base_url: str
    folder: Path
    postgres: Postgres
    nats: Nats
    issuer: Issuer
    services: "Mapping[str, Served]"
    serving: "asyncio.Task[None]"
    tokens: dict[str, str]
    """Those that the front page shows, by whose they are; filled by whoever makes them."""

    def pids(self) -> dict[str, int]:
        """Return the processes that it consists of now."""
        own = {name: served.watched.child.pid for name, served in self.services.items() if served.watched}
        return {"suite": os.getpid(), "postgres": self.postgres.child.pid, "nats": self.nats.child.pid, **own}

    async def ended(self) -> str | None:
        """Wait until the suite is told to stop, and return None; or until a part of it dies, and return the sentence to say."""
        parts: dict[asyncio.Task[Any], Child] = {
            asyncio.create_task(child.process.wait()): child for child in (self.postgres.child, self.nats.child)
        }
        done, _ = await asyncio.wait({self.serving, *parts}, return_when=asyncio.FIRST_COMPLETED)
        for task in parts:
            task.cancel()
        if self.serving in done:
            return None
        child = parts[done.pop()]
        return f"{child.name} (process {child.pid}) has stopped by itself. Its log, {child.log}, ends:\n{child.last_words()}"


@asynccontextmanager
async def running(folder: Path, port: int = 0, *, isolated: bool = False) -> AsyncIterator[Suite]:
    """Run the suite on a folder; everything it started is stopped on leaving.

    Args:
        folder: keeps all data; made when it is not there.
        port: to serve on at 127.0.0.1; 0 takes a free one.
        isolated: whether each service is a process of its own.

    Raises:
        CannotStart: the port is taken, the folder cannot be written, or a part does not come up.
    """
    listener = _listen(port)
    async with AsyncExitStack() as stack:
        stack.callback(listener.close)
        _prepare(folder)
        issuer = Issuer.kept_in(folder / "issuer.json")
        (folder / "jwks.json").write_text(issuer.jwks())
        # The servers come up while the services are still being loaded: each takes more than a second.
        loading = asyncio.create_task(asyncio.to_thread(import_module, "gridwhistle.standalone.services"))
        postgres, nats = await _both(Postgres.start(folder), Nats.start(folder))
        stack.push_async_callback(postgres.child.stop)
        stack.push_async_callback(nats.child.stop)
        services = await loading
        for name in services.NAMES:
            await postgres.ensure_database(name)
        try:
            form = import_module("gridwhistle.standalone.isolated") if isolated else services
            served = await stack.enter_async_context(form.running(folder, postgres, nats))
        except CannotServe as refusal:
            raise CannotStart(str(refusal)) from None
        leaving, tokens = asyncio.Event(), dict[str, str]()
        server = Server(services.one_port(served, issuer, leaving, tokens), _DRAIN_S)
        serving = asyncio.create_task(server.serve([listener]))
        stack.push_async_callback(_stop, server, serving, leaving)
        while not server.started:
            await asyncio.sleep(0.01)
        base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        yield Suite(base_url, folder, postgres, nats, issuer, served, serving, tokens)


def _prepare(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe-{secrets.token_hex(4)}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise CannotStart(
            f"the data folder {folder} cannot be written ({error.strerror}). Choose another one with --data-dir."
        ) from None
    if not (folder / "keys").exists():
        make_keys(folder / "keys")


def _listen(port: int) -> socket.socket:
    try:
        return listen("127.0.0.1", port)
    except OSError as error:
        raise CannotStart(
            f"port {port} cannot be used ({os.strerror(error.errno or 0)}). Choose another one with --port, or --port 0"
            " for any free one."
        ) from None


async def _both(first: Any, second: Any) -> tuple[Any, Any]:
    """Start two things at once; when one fails, the other is stopped before the failure is told."""
    results = await asyncio.gather(first, second, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            for other in results:
                if not isinstance(other, BaseException):
                    await other.child.stop()
            raise result
    return results[0], results[1]


async def _stop(server: Server, serving: "asyncio.Task[None]", leaving: asyncio.Event) -> None:
    leaving.set()
    await server.leave(_NOTICE_S)
    await serving
