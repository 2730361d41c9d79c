"""The edge that every route has: who asks, what is sent, once a key, again when rows moved, problems that people can read.

FastAPI registers and documents the routes; `EdgeRoute` validates the body's bytes once, calls the endpoint itself and
serialises once. An endpoint declares path parameters by name, at most one `Body`, at most one `Query` model,
`caller: Caller` and `db: Db`, and a header as `Annotated[str, Header(alias=…)]`. A route that `takes` files has `content:
Content` instead of a body, one that `gives` them returns a `File`, and either may ask for the folder they are kept in:
`files: Stored`. A list, which returns a `Page`, is a file as well for who asks for one. A command of strangers asks for a key.
"""

import asyncio
import logging
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from functools import partial
from types import SimpleNamespace
from typing import IO, TYPE_CHECKING, Annotated, Any, Final, Literal, TypeVar, get_args
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Depends
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from pydantic import BaseModel
from starlette.routing import Match

from gridwhistle.common import asked, wire
from gridwhistle.common.again import Replay, again
from gridwhistle.common.answers import Headers, file_answer, headers_of_problem, respond
from gridwhistle.common.database import Db as _Db
from gridwhistle.common.database import fingerprint
from gridwhistle.common.files import Files
from gridwhistle.common.ids import new_id
from gridwhistle.common.listing import ListFile, Listing, wanted
from gridwhistle.common.logs import ACCESS, DOING, Doing, told_safely
from gridwhistle.common.moved import MOVED, said_of
from gridwhistle.common.principal import ANONYMOUS, HISTORY, PERMISSIONS, PUBLIC, InsufficientScope, Principal
from gridwhistle.common.problems import (
    Broken,
    Busy,
    NothingToChange,
    Problem,
    TooSlow,
    language_of,
)
from gridwhistle.common.running import Running
from gridwhistle.common.signature import Signature

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send


log = logging.getLogger(__name__)
BODY_BYTES_MAX: Final = 256 * 1024
FILES_AT_ONCE_BYTES_MAX: Final = 100 * 1024 * 1024
"""Of files that are on their way in, all together: what their senders can make this process hold."""
FILE_PATIENCE_S: Final = 300.0
_REQUEST_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")  # it goes into events, where no words belong
_arriving = SimpleNamespace(bytes=0)
_Endpoint = TypeVar("_Endpoint", bound=Callable[..., Any])


def _edge_gives_it() -> None:
    """Mark what the edge hands to an endpoint."""


_bearer = HTTPBearer(bearerFormat="JWT", description="An access token of the configured issuer.", auto_error=False)
Caller = Annotated[Principal, Depends(_bearer)]
Db = Annotated[_Db, Depends(_edge_gives_it)]
Content = Annotated[bytes, Depends(_edge_gives_it)]
Stored = Annotated[Files, Depends(_edge_gives_it)]


class Router(APIRouter):
    """The routes of a service. Each one names the permission that it asks for."""

    def __init__(self, service: str, tag: str, *, in_every_service: bool = False) -> None:
        """Take the service, whose name begins every path, and the heading for documents.

        Args:
            service: whose routes they are.
            tag: the heading for documents.
            in_every_service: other services have the same routes, so the name of an operation begins with the service's.
        """
        super().__init__(prefix=f"/{service}/v1", tags=[tag], route_class=EdgeRoute)
        self._names_begin = f"{service}_" if in_every_service else ""

    def _operation(self, method: str, path: str, **how: Any) -> Callable[[_Endpoint], _Endpoint]:
        options = _Options(**{name: how.pop(name) for name in _Options.model_fields if name in how})

        def register(endpoint: _Endpoint) -> _Endpoint:
            endpoint.__dict__["edge"] = options
            name = self._names_begin + _name_of(endpoint.__name__, path)
            self.add_api_route(path, endpoint, methods=[method], operation_id=name, **how)
            return endpoint

        return register

    # The framework's own decorators take thirty arguments; ours take what a route of ours can mean.

    def get(  # type: ignore[override]
        self, path: str, *, may: str, gives: Sequence[str] = ()
    ) -> Callable[[_Endpoint], _Endpoint]:
        """Register a read; one that gives files names their media types."""
        return self._operation("GET", path, may=may, gives=gives, **({"response_model": None} if gives else {}))

    def post(  # type: ignore[override]
        self,
        path: str,
        *,
        may: str,
        status_code: Literal[200, 201] = 200,
        body_bytes_max: int = BODY_BYTES_MAX,
        takes: Sequence[str] = (),
        needs_key: bool = False,
    ) -> Callable[[_Endpoint], _Endpoint]:
        """Register a command; one that takes a file names the media types that it may be sent as.

        One that `needs_key` is never to happen twice, whoever asks: it asks for an `Idempotency-Key`.
        """
        more = {"body_bytes_max": body_bytes_max, "takes": takes, "needs_key": needs_key}
        return self._operation("POST", path, may=may, status_code=status_code, **more)

    def patch(  # type: ignore[override]
        self, path: str, *, may: str, body_bytes_max: int = BODY_BYTES_MAX
    ) -> Callable[[_Endpoint], _Endpoint]:
        """Register a change of content; it requires `If-Match`."""
        return self._operation("PATCH", path, may=may, body_bytes_max=body_bytes_max)


def _name_of(endpoint: str, path: str) -> str:
    """Return the name that clients call an operation by: an action's says on what, `accept_incident`."""
    action = re.fullmatch(r".*/\{(\w+)_id\}/(\w+)", path)
    return f"{endpoint}_{action[1]}" if action and action[2] == endpoint else endpoint


class _Options(BaseModel):
    may: str
    body_bytes_max: int = BODY_BYTES_MAX
    takes: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()
    needs_key: bool = False


class EdgeRoute(APIRoute):
    """One operation, from the bytes that come in to the bytes that go out."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **how: Any) -> None:
        """Read the endpoint's signature.

        Raises:
            TypeError: no permission is declared, or the signature asks for what the edge does not give.
        """
        super().__init__(path, endpoint, **how)
        options = endpoint.__dict__.get("edge")
        if options is None or options.may not in {PUBLIC, *PERMISSIONS}:
            raise TypeError(f"{endpoint.__name__} declares no known permission")
        self.may, self.bytes_max = options.may, options.body_bytes_max
        self.takes, self.gives = options.takes, options.gives
        self.method = next(iter(self.methods - {"HEAD"})) if self.methods else "GET"
        self.needs_key = options.needs_key or (self.may == PUBLIC and self.method != "GET")
        self.success = self.status_code or 200
        in_path = {parameter.name for parameter in self.dependant.path_params}
        self.asks = Signature(endpoint, in_path, takes_files=bool(self.takes))
        documented = {parameter.name for parameter in self.dependant.body_params}
        if documented != ({self.asks.body[0]} if self.asks.body else set()):
            raise TypeError(f"{endpoint.__name__}: FastAPI documents another body; write Annotated[…, Query()] for a query")
        self.is_paged = isinstance(self.response_model, type) and issubclass(self.response_model, wire.Page)
        item = self._item() if self.method == "GET" and (self.is_paged or not in_path) else None
        self.listing = Listing(path.rpartition("/")[2], item) if item else None
        self.files = self.listing.media_types if self.listing else self.gives
        self.file_else = self.gives[0] if self.gives else ""  # a list is JSON if none of its files is asked for
        self.gives_location = False  # the application knows whether what this makes can be read by its id
        self.app = self._serve_file if self.asks.content else self._serve

    def _item(self) -> type[wire.View] | None:
        """Return what an item of the answer is, if the answer is a list."""
        items = getattr(self.response_model, "model_fields", {}).get("items")
        return get_args(items.annotation)[0] if items else None

    def matches(self, _scope: "Scope") -> "tuple[Match, Scope]":
        """Match nothing: `App` finds operations, and the framework only documents them."""
        return Match.NONE, {}

    # --- a request -----------------------------------------------------------------------------------------------------------

    async def _serve(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        request_id = headers.get(b"x-request-id", "")
        if not _REQUEST_ID.fullmatch(request_id):
            request_id = str(new_id())
        service: Running = scope["app"].state.service
        DOING.set(Doing(service.name, service.metrics, request_id, request_id, service.tracing))
        answering = self._answered(scope, receive, send, headers, request_id, service)
        if service.tracing:
            answering = service.tracing.request(self.method, self.path, headers, answering)
        await answering

    async def _answered(
        self,
        scope: "Scope",
        receive: "Receive",
        send: "Send",
        headers: Mapping[bytes, str],
        request_id: str,
        service: Running,
    ) -> int:
        language = language_of(headers.get(b"accept-language", ""))
        metrics, status, began = service.metrics, 0, time.perf_counter()
        metrics.in_flight += 1
        try:
            try:
                status, body, more = await self._answer(scope, receive, headers, request_id, service)
            except Problem as problem:
                status, body, more = problem.status, problem.body(language, request_id), headers_of_problem(problem)
            except Exception as error:  # noqa: BLE001  the edge of the process
                log.error("request %s to %s failed: %s", request_id, self.path, told_safely(error))  # noqa: TRY400
                status, body, more = 500, Broken().body(language, request_id), []
            await respond(send, status, body, request_id, language, more)
        finally:
            took_s = time.perf_counter() - began
            metrics.in_flight -= 1
            metrics.requested(self.method, self.path, status, took_s)
            if ACCESS.isEnabledFor(logging.INFO):
                facts = {"method": self.method, "route": self.path, "status": status, "took_ms": round(took_s * 1000, 2)}
                ACCESS.info("request", extra={"facts": facts})
        return status

    async def _serve_file(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Serve a request that brings a file, whose bytes count until it is answered."""
        held, deadline = 0, asyncio.get_running_loop().time() + FILE_PATIENCE_S

        async def counted() -> "Message":
            nonlocal held
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                raise TooSlow from None
            size = len(message.get("body", b""))
            if _arriving.bytes + size > FILES_AT_ONCE_BYTES_MAX:
                raise Busy
            _arriving.bytes += size
            held += size
            return message

        try:
            await self._serve(scope, counted, send)
        finally:
            _arriving.bytes -= held

    async def _answer(
        self,
        scope: "Scope",
        receive: "Receive",
        headers: Mapping[bytes, str],
        request_id: str,
        service: Running,
    ) -> tuple[int, bytes | IO[bytes], Headers]:
        caller = ANONYMOUS
        if self.may != PUBLIC:
            caller = await service.tokens.principal(headers.get(b"authorization"))
        raw = b"" if self.method == "GET" else await asked.body_of(headers, receive, self.takes, self.bytes_max)
        language = language_of(headers.get(b"accept-language", ""))
        key = asked.key_of(headers, caller, needed=self.needs_key)
        as_of = asked.as_of(self.method, headers, caller, development=service.development)
        db = _Db(
            service.database,
            scope=f"request|{caller.id}",
            key=None if self.method == "GET" else key,
            fingerprint=fingerprint(self.method, asked.path_of(scope), raw, headers.get(b"as-of", "")) if key else b"",
            request_id=request_id,
            if_match=asked.version_of(self.method, headers),
            as_of=as_of,
            starts_clocks=as_of is None or not caller.may(HISTORY),
            status=self.success,
            language=language,
            media_type=(wanted(headers.get(b"accept", ""), self.files) if self.files else None) or self.file_else,
            refusal_body=lambda problem: problem.body(language, request_id),
            emergency_session_id=asked.session_of(headers),
        )
        try:
            try:
                if not (self.may == PUBLIC or caller.may(self.may)):
                    raise InsufficientScope(permission=self.may)
                arguments = self.asks.arguments(scope, raw)
                if self.method == "PATCH" and self.asks.body and not arguments[self.asks.body[0]].model_fields_set:
                    raise NothingToChange
                for name, what in self.asks.hands.items():
                    arguments[name] = caller if what == "caller" else db if what == "db" else service.files
                whole = self._whole(db, arguments, caller, service) if self.listing and db.media_type else None
                view = await (whole or again(lambda: self._run(db, arguments, caller)))
            except Problem as refusal:
                # The one answer of the key may have been given before: a repeat hears it, whatever is refused by now.
                if refusal.kept and db.key is not None and not db.refused:
                    await again(db.replay)
                    # A refusal from before the block is the key's answer as well, unless a twin's came first.
                    if not await again(partial(db.keep_refusal, refusal)):
                        await again(db.replay)
                raise
        except Replay as stored:
            return stored.status, stored.body, self._headers_of_stored(stored)
        if isinstance(view, wire.File | ListFile):
            return await file_answer(view, headers, _moved(db.moved))
        body = db.answered or wire.as_json(view)
        return self.success, body, self._headers_of(view, scope, db.moved)

    async def _whole(self, db: _Db, arguments: dict[str, Any], caller: Principal, service: Running) -> ListFile:
        """Return a list as a file: what the endpoint gives page after page, as it gives it to this caller."""
        assert self.listing is not None
        async with service.writing:
            return await self.listing.whole(db.media_type, self._pages(db, arguments, caller), db.language)

    async def _pages(self, db: _Db, arguments: dict[str, Any], caller: Principal) -> AsyncIterator[Sequence[wire.View]]:
        if not self.is_paged:
            yield (await again(lambda: self._run(db, arguments, caller))).items
            return
        assert self.asks.query is not None
        name = self.asks.query[0]
        query, cursor = arguments[name], arguments[name].cursor
        while True:
            arguments[name] = query.model_copy(update={"limit": wire.PAGE_MAX, "cursor": cursor})
            page: wire.Page[Any] = await again(lambda: self._run(db, arguments, caller))
            yield page.items
            if (cursor := page.next_cursor) is None:
                return

    async def _run(self, db: _Db, arguments: dict[str, Any], caller: Principal) -> Any:
        db.start_over()
        if caller.areas and self.asks.caller:
            arguments[self.asks.caller] = (await MOVED.of(db)).widened(caller)
        return await self.endpoint(**arguments)

    # --- an answer -----------------------------------------------------------------------------------------------------------

    def _headers_of(self, view: BaseModel, scope: "Scope", moved: Mapping[str, str]) -> Headers:
        headers = _moved(moved)
        version = view.__dict__.get("version")
        if version is not None:
            headers.append((b"etag", b'"%d"' % version))
        if self.gives_location:
            headers.append((b"location", f"{self.path}/{view.__dict__['id']}".encode()))
        if view.__dict__.get("next_cursor"):
            query = {**self.asks.query_of(scope), "cursor": view.__dict__["next_cursor"]}
            headers.append((b"link", f'<{scope["path"]}?{urlencode(query)}>; rel="next"'.encode()))
        return headers

    def _headers_of_stored(self, stored: Replay) -> Headers:
        headers: Headers = [(b"idempotency-replayed", b"true")]
        if stored.status < 400 and stored.body:  # noqa: PLR2004  an acceptance
            content = orjson.loads(stored.body)
            if "version" in content:
                headers.append((b"etag", b'"%d"' % content["version"]))
            if self.gives_location:
                headers.append((b"location", f"{self.path}/{content['id']}".encode()))
        return headers


def _moved(codes: Mapping[str, str]) -> Headers:
    return [(b"area-moved", said_of(codes).encode())] if codes else []
