"""The services of the suite, in one process behind one port. Loading them takes a second or two; the suite does it late."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fastapi import FastAPI
from fastapi_standalone_docs import StandaloneDocs
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gridwhistle.common import migrations
from gridwhistle.common.application import App
from gridwhistle.common.issuer import ISSUER, Issuer
from gridwhistle.common.settings import Settings
from gridwhistle.incidents.app import INCIDENTS
from gridwhistle.personnel.app import PERSONNEL
from gridwhistle.standalone.nats import Nats
from gridwhistle.standalone.postgres import Postgres

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

KINDS: Final = (PERSONNEL, INCIDENTS)
NAMES: Final = tuple(kind.name for kind in KINDS)
ANCHORS: Final = "audit-anchors"
"""The file in the data folder that keeps the newest seals of every service's audit."""


@asynccontextmanager
async def running(folder: Path, postgres: Postgres, nats: Nats) -> AsyncIterator[dict[str, FastAPI]]:
    """Bring every database to its newest version and run every service; return the applications by name."""
    async with AsyncExitStack() as stack:
        apps: dict[str, FastAPI] = {}
        for kind in KINDS:
            await migrations.upgrade(kind, postgres.url(kind.name))
            settings = Settings(
                database_url=postgres.url(kind.name),
                nats_url=nats.url,
                keys_file=folder / "keys",
                issuer=ISSUER,
                jwks_file=folder / "jwks.json",
                development=True,
                anchors_file=folder / ANCHORS,
            )
            apps[kind.name] = kind.app(settings)
            await stack.enter_async_context(apps[kind.name].router.lifespan_context(apps[kind.name]))
        yield apps


def one_port(apps: Mapping[str, FastAPI], issuer: Issuer) -> "ASGIApp":
    """Return one application: each service under its name, and the documents of all of them at the root."""
    root = _root(apps, issuer)

    async def dispatch(scope: "Scope", receive: "Receive", send: "Send") -> None:
        app = apps.get(scope["path"][1:].partition("/")[0], root) if scope["type"] == "http" else root
        await app(scope, receive, send)

    return dispatch


def _root(apps: Mapping[str, FastAPI], issuer: Issuer) -> FastAPI:
    root = App(title="Gridwhistle 网格哨", version="0.1.0")
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
