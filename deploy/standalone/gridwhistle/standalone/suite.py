"""The whole suite in one process on one port: PostgreSQL and NATS beside it, every service inside it."""

import asyncio
import os
import secrets
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import uvicorn
from fastapi import FastAPI
from fastapi_standalone_docs import StandaloneDocs
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gridwhistle.common import migrations
from gridwhistle.common.issuer import ISSUER, Issuer
from gridwhistle.common.sealing import make_keys
from gridwhistle.common.settings import Settings
from gridwhistle.incidents.app import INCIDENTS
from gridwhistle.personnel.app import PERSONNEL
from gridwhistle.standalone.children import CannotStart, Child
from gridwhistle.standalone.nats import Nats
from gridwhistle.standalone.postgres import Postgres

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

KINDS: Final = (PERSONNEL, INCIDENTS)


@dataclass(frozen=True)
class Suite:
    """A running suite."""

    base_url: str
    folder: Path
    postgres: Postgres
    nats: Nats
    issuer: Issuer
    server: uvicorn.Server
    serving: "asyncio.Task[None]"

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
async def running(folder: Path, port: int = 0) -> AsyncIterator[Suite]:
    """Run the suite on a folder; everything it started is stopped on leaving.

    Args:
        folder: keeps all data; made when it is not there.
        port: to serve on at 127.0.0.1; 0 takes a free one.

    Raises:
        CannotStart: the port is taken, the folder cannot be written, or a part does not come up.
    """
    listener = _listen(port)
    async with AsyncExitStack() as stack:
        stack.callback(listener.close)
        _prepare(folder)
        issuer = Issuer.kept_in(folder / "issuer.json")
        (folder / "jwks.json").write_text(issuer.jwks())
        postgres, nats = await _both(Postgres.start(folder), Nats.start(folder))
        stack.push_async_callback(postgres.child.stop)
        stack.push_async_callback(nats.child.stop)
        apps: dict[str, FastAPI] = {}
        for kind in KINDS:
            await postgres.ensure_database(kind.name)
            await migrations.upgrade(kind, postgres.url(kind.name))
            settings = Settings(
                database_url=postgres.url(kind.name),
                nats_url=nats.url,
                keys_file=folder / "keys",
                issuer=ISSUER,
                jwks_file=folder / "jwks.json",
            )
            apps[kind.name] = kind.app(settings)
            await stack.enter_async_context(apps[kind.name].router.lifespan_context(apps[kind.name]))
        server = _server(one_port(apps, issuer))
        serving = asyncio.create_task(server.serve([listener]))
        stack.push_async_callback(_stop, server, serving)
        while not server.started:
            await asyncio.sleep(0.01)
        base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        yield Suite(base_url, folder, postgres, nats, issuer, server, serving)


def one_port(apps: Mapping[str, FastAPI], issuer: Issuer) -> "ASGIApp":
    """Return one application: each service under its name, and the documents of all of them at the root."""
    root = _root(apps, issuer)

    async def dispatch(scope: "Scope", receive: "Receive", send: "Send") -> None:
        app = apps.get(scope["path"].split("/", 2)[1], root) if scope["type"] == "http" else root
        await app(scope, receive, send)

    return dispatch


def _root(apps: Mapping[str, FastAPI], issuer: Issuer) -> FastAPI:
    root = FastAPI(title="Gridwhistle 网格哨", version="0.1.0", redoc_url=None)
    StandaloneDocs(root)
    root.openapi = lambda: merged([app.openapi() for app in apps.values()], root)  # type: ignore[method-assign]

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def readyz(_request: Request) -> Response:
        parts = {}
        for name, app in apps.items():
            try:
                await app.state.service.database.run(app.state.service.database.background, "SELECT 1")
                parts[name] = "ready"
            except Exception:  # noqa: BLE001  whatever it is, that service is not ready
                parts[name] = "not ready"
        ready = set(parts.values()) == {"ready"}
        return JSONResponse({"status": "ready" if ready else "not ready", **parts}, 200 if ready else 503)

    async def jwks(_request: Request) -> Response:
        return Response(issuer.jwks(), media_type="application/json")

    root.add_route("/healthz", healthz, include_in_schema=False)
    root.add_route("/readyz", readyz, include_in_schema=False)
    root.add_route("/development/jwks.json", jwks, include_in_schema=False)
    return root


def merged(documents: list[dict[str, Any]], root: FastAPI) -> dict[str, Any]:
    """Return one OpenAPI document for all services.

    Raises:
        ValueError: two services mean different things by one schema name.
    """
    paths: dict[str, Any] = {}
    components: dict[str, dict[str, Any]] = {}
    for document in documents:
        paths |= document["paths"]
        for section, entries in document["components"].items():
            kept = components.setdefault(section, {})
            for name, entry in entries.items():
                if kept.setdefault(name, entry) != entry:
                    raise ValueError(f"two services define {name} differently")
    info = {"title": root.title, "version": root.version}
    return {"openapi": documents[0]["openapi"], "info": info, "paths": paths, "components": components}


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
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        raise CannotStart(
            f"port {port} cannot be used ({os.strerror(error.errno or 0)}). Choose another one with --port, or --port 0"
            " for any free one."
        ) from None
    return listener


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


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone: the command that runs the suite has them."""
        yield


def _server(app: "ASGIApp") -> uvicorn.Server:
    return _Server(
        uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            lifespan="off",
            timeout_graceful_shutdown=10,
            timeout_keep_alive=60,
        )
    )


async def _stop(server: uvicorn.Server, serving: "asyncio.Task[None]") -> None:
    server.should_exit = True
    await serving
