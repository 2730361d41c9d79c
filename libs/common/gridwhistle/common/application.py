"""An application of the edge: its own operations found without a detour, everything else a problem or the framework's."""

import time
from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gridwhistle.common.edge import EdgeRoute
from gridwhistle.common.ids import new_id
from gridwhistle.common.problems import Problem, Term, UnknownPath, WrongMethod, language_of

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send


class App(FastAPI):
    """An application whose own operations are found and served without a detour.

    The framework's layers (telemetry, body limit, exit stacks, exceptions) do for other routes what the edge does for ours;
    passing them costs a request 45 µs. Whatever is not one of our operations takes the framework's way.
    """

    def __init__(self, routers: Iterable[APIRouter] = (), **how: Any) -> None:
        """Take the operations of these routers; the rest is the framework's.

        Raises:
            TypeError: a route is no operation of the edge.
        """
        super().__init__(**how, redirect_slashes=False, redoc_url=None)
        self.add_exception_handler(HTTPException, _no_such_operation)
        self._plain: dict[str, dict[str, EdgeRoute]] = defaultdict(dict)
        self._with_parameters: dict[str, dict[str, EdgeRoute]] = defaultdict(dict)
        for router in routers:
            self.router.routes.extend(router.routes)
            for route in router.routes:
                if not isinstance(route, EdgeRoute):
                    raise TypeError(f"{route} is no operation of the edge")
                found = self._with_parameters if "{" in route.path else self._plain
                found[route.path][route.method] = route
        for path, operations in self._plain.items():
            singles = (one for one in self._with_parameters if one.rpartition("/")[0] == path)
            if "POST" in operations and any("GET" in self._with_parameters[one] for one in singles):
                operations["POST"].gives_location = operations["POST"].success == 201  # noqa: PLR2004  created

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Serve one request."""
        operations = self._operations_at(scope) if scope["type"] == "http" else None
        if operations is None:
            await super().__call__(scope, receive, _counted(scope, send) if scope["type"] == "http" else send)
            return
        scope["app"] = self
        # What answers to HEAD is GET; the server leaves the body out.
        route = operations.get("GET" if scope["method"] == "HEAD" else scope["method"])
        if route:
            await route.app(scope, receive, send)
        else:
            await _wrong_method(Request(scope), sorted(operations))(scope, receive, _counted(scope, send))

    def _operations_at(self, scope: "Scope") -> dict[str, EdgeRoute] | None:
        """Return the operations at the request's path, by method."""
        if operations := self._plain.get(scope["path"]):
            return operations
        for operations in self._with_parameters.values():
            if match := next(iter(operations.values())).path_regex.fullmatch(scope["path"]):
                scope["path_params"] = match.groupdict()
                return operations
        return None


def _counted(scope: "Scope", send: "Send") -> "Send":
    """Return a `send` that counts the answer, as one of those whose path and method are the caller's invention."""
    began = time.perf_counter()

    async def count_and_send(message: "Message") -> None:
        if message["type"] == "http.response.start" and (service := getattr(scope["app"].state, "service", None)):
            service.metrics.requested("other", "other", message["status"], time.perf_counter() - began)
        await send(message)

    return count_and_send


async def _no_such_operation(request: Request, error: Exception) -> Response:
    """Answer for addresses that are not ours, and for methods that the framework's own pages do not take."""
    if isinstance(error, HTTPException) and error.status_code == 405:  # noqa: PLR2004  method not allowed
        return _wrong_method(request, [name.strip() for name in (error.headers or {}).get("Allow", "").split(",")])
    return answer_with(request, UnknownPath())


def _wrong_method(request: Request, methods: list[str]) -> Response:
    return answer_with(request, WrongMethod(allowed=[Term(name, name) for name in methods]), allow=", ".join(methods))


def answer_with(request: Request, problem: Problem, **headers: str) -> Response:
    """Return a problem as an answer in the caller's language."""
    language = language_of(request.headers.get("accept-language", ""))
    headers |= {**problem.headers, "content-language": "zh-CN" if language == "zh" else "en", "vary": "Accept-Language"}
    body = problem.body(language, str(new_id()))
    return Response(body, problem.status, headers, media_type="application/problem+json")
