"""The services of the suite behind one port. Loading them takes a second or two; the suite does it late."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx2
from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi_standalone_docs import StandaloneDocs
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from gridwhistle.common import metrics, migrations
from gridwhistle.common.application import App
from gridwhistle.common.asyncapi import asyncapi
from gridwhistle.common.health import METRICS_TYPE, alive, readiness
from gridwhistle.common.issuer import ISSUER, Issuer
from gridwhistle.common.service import Service
from gridwhistle.common.settings import Settings
from gridwhistle.incidents.app import INCIDENTS
from gridwhistle.inventory.app import INVENTORY
from gridwhistle.mediation.app import MEDIATION
from gridwhistle.personnel.app import PERSONNEL
from gridwhistle.standalone.front import put_on
from gridwhistle.standalone.nats import Nats
from gridwhistle.standalone.postgres import Postgres
from gridwhistle.timebank.app import TIMEBANK

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from gridwhistle.standalone.isolated import Watched

KINDS: Final = (PERSONNEL, INCIDENTS, TIMEBANK, INVENTORY, MEDIATION)
TITLE: Final = "Gridwhistle 网格哨"
VERSION: Final = metadata.version("gridwhistle-standalone")
NAMES: Final = tuple(kind.name for kind in KINDS)
ANCHORS: Final = "audit-anchors"
"""The file in the data folder that keeps the newest seals of every service's audit."""
_ABOUT: Final = """Incidents, grid personnel, time bank, emergency inventory, mediation, and one thread of events between them.

Events are described in [/asyncapi.json](/asyncapi.json). Errors are RFC 9457 problems with a stable `code`, in Chinese or
English by `Accept-Language`. Lists are pages with a `cursor`. Writes take an `Idempotency-Key` and may be repeated under it."""
_DOCS: Final[Mapping[str, Any]] = {
    "swagger_js_url": "/docs/swagger-ui-bundle.js",
    "swagger_css_url": "/docs/swagger-ui.css",
    "swagger_favicon_url": "/docs/fastapi/favicon.png",
    # Of hundreds of operations the headings alone, and a field to find one.
    "swagger_ui_parameters": {"docExpansion": "none", "defaultModelsExpandDepth": -1, "filter": True},
}


@dataclass(frozen=True)
class Served:
    """A service as the one port meets it."""

    app: "ASGIApp"
    """Takes the requests under its name."""
    client: httpx2.AsyncClient
    """Asks it how it fares."""
    watched: "Watched | None" = None
    """Its process, when it has one of its own."""


@asynccontextmanager
async def running(folder: Path, postgres: Postgres, nats: Nats) -> AsyncIterator[dict[str, Served]]:
    """Bring every database to its newest version and run every service in this process; return them by name."""
    async with AsyncExitStack() as stack:
        served: dict[str, Served] = {}
        for kind in KINDS:
            await migrations.upgrade(kind, postgres.url(kind.name))
            app = kind.app(settings(kind.name, folder, postgres, nats))
            await stack.enter_async_context(app.router.lifespan_context(app))
            client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=f"http://{kind.name}")
            served[kind.name] = Served(app, await stack.enter_async_context(client))
        yield served


def settings(name: str, folder: Path, postgres: Postgres, nats: Nats, **more: Any) -> Settings:
    """Return the settings of a service of the suite, and more of them as named."""
    return Settings(
        database_url=postgres.url(name),
        nats_url=nats.url,
        nats_monitoring_url=nats.monitoring_url,
        keys_file=folder / "keys",
        issuer=ISSUER,
        jwks_file=folder / "jwks.json",
        attachments_dir=folder / "attachments",
        development=True,
        anchors_file=folder / ANCHORS,
        **{"drain_s": 5, **more},
    )


def one_port(services: Mapping[str, Served], issuer: Issuer, leaving: asyncio.Event, tokens: Mapping[str, str]) -> "ASGIApp":
    """Return one application: each service under its name, and what is said of all of them at the root.

    Args:
        services: by name.
        issuer: of the development tokens.
        leaving: set when the suite is about to stop.
        tokens: that the front page shows, by whose they are.
    """
    root = _root(services, issuer, leaving)
    put_on(root, {kind.name: kind.title.removeprefix("Gridwhistle ") for kind in KINDS}, tokens)

    async def dispatch(scope: "Scope", receive: "Receive", send: "Send") -> None:
        served = services.get(scope["path"][1:].partition("/")[0]) if scope["type"] == "http" else None
        await (served.app if served else root)(scope, receive, send)

    return dispatch


def _root(services: Mapping[str, Served], issuer: Issuer, leaving: asyncio.Event) -> FastAPI:
    root = App(title=TITLE, version=VERSION)
    _document(root)

    async def ready(_request: Request) -> Response:
        told: dict[str, Any] = {}
        for name, served in services.items():
            try:
                told |= (await served.client.get("/readyz")).json()["services"]
            except httpx2.HTTPError:
                told[name] = {"status": "not_ready", "parts": {"process": "away"}}
        return readiness({name: {**one, "status": "stopping"} for name, one in told.items()} if leaving.is_set() else told)

    async def version(_request: Request) -> Response:
        told = [answer.json()["services"] for answer in await _asked(services, "/version")]
        return JSONResponse({"services": {name: what for part in told for name, what in part.items()}})

    async def tell_metrics(_request: Request) -> Response:
        told = [answer.text for answer in await _asked(services, "/metrics")]
        return PlainTextResponse(metrics.merged(told), media_type=METRICS_TYPE)

    async def jwks(_request: Request) -> Response:
        return Response(issuer.jwks(), media_type="application/json")

    routes = {
        "/healthz": alive,
        "/readyz": ready,
        "/version": version,
        "/metrics": tell_metrics,
        "/development/jwks.json": jwks,
    }
    for path, answer in routes.items():
        root.add_route(path, answer, include_in_schema=False)
    return root


def _document(root: FastAPI) -> None:
    """Let the contract of the whole suite, and the page on which it is tried, stand in place of the framework's."""
    StandaloneDocs(root)

    async def openapi(_request: Request) -> Response:
        # Seconds of work the first time: not where everybody waits for it.
        return JSONResponse(await asyncio.to_thread(contract))

    async def docs(_request: Request) -> Response:
        return get_swagger_ui_html(openapi_url="/openapi.json", title=TITLE, **_DOCS)

    async def events(_request: Request) -> Response:
        return JSONResponse(asyncapi(KINDS, TITLE, VERSION))

    root.router.routes[:0] = [Route("/openapi.json", openapi), Route("/docs", docs), Route("/asyncapi.json", events)]


async def _asked(services: Mapping[str, Served], path: str) -> list[httpx2.Response]:
    """Return what the services answer; one that does not is left out, and `/readyz` says so."""
    asked = (served.client.get(path) for served in services.values())
    answers = await asyncio.gather(*asked, return_exceptions=True)
    return [answer for answer in answers if isinstance(answer, httpx2.Response)]


@cache
def contract() -> dict[str, Any]:
    """Return the suite's OpenAPI document."""
    return merged([document(kind) for kind in KINDS])


def document(kind: Service) -> dict[str, Any]:
    """Return a service's OpenAPI document."""
    return kind.app(Settings.model_construct()).openapi()


def merged(documents: list[dict[str, Any]]) -> dict[str, Any]:
    """Return one OpenAPI document for all services.

    Raises:
        ValueError: two services mean different things by one schema name.
    """
    paths: dict[str, Any] = {}
    components: dict[str, dict[str, Any]] = {}
    tags: dict[str, dict[str, str]] = {}
    for document in documents:
        paths |= document["paths"]
        tags |= {tag["name"]: tag for tag in document["tags"]}
        for section, entries in document["components"].items():
            kept = components.setdefault(section, {})
            for name, entry in entries.items():
                if kept.setdefault(name, entry) != entry:
                    raise ValueError(f"two services define {name} differently")
    info = {"title": TITLE, "version": VERSION, "description": _ABOUT}
    return {
        "openapi": documents[0]["openapi"],
        "info": info,
        "tags": [*tags.values()],
        "paths": paths,
        "components": components,
    }
