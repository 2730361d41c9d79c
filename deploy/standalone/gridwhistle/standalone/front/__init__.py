"""The front page at `/`, and the book behind it: what runs, how it fares, where to read on, whose tokens there are.

Pages come from this package and the repository's `docs` alone; nothing is loaded from elsewhere. The suite on one port serves
them; `write` makes files of them for a door that serves files.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from html import escape
from importlib import resources
from pathlib import Path
from string import Template
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gridwhistle.standalone.front.book import PARTS, SERVED, Book

_FOLDER: Final = resources.files(__package__)
_TITLE: Final = "Gridwhistle 网格哨"
_ASSETS: Final = {"front.css": "text/css", "front.js": "text/javascript"}
GUARDS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
# Under any other name it may be somebody else's page that asks, and it could then read the tokens.
_OWN_NAMES: Final = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d+)?")
_TRY: Final = ("/docs", "接口文档", "Try the API")
_LINKS: Final = (
    ("/book/guide-integrator.zh-CN.md", "接入第一小时", "The first hour of an integrator"),
    ("/openapi.json", "OpenAPI 3.1", "every operation, for generators"),
    ("/asyncapi.json", "AsyncAPI 3", "every event"),
    ("/book/events.md", "事件", "Events, field by field"),
    ("/book/problems.md", "错误", "Errors and what to do"),
    ("/book/roles.md", "角色", "Who may do what"),
    ("/book/rules.md", "规则", "Every limit, and what a county may set"),
)
Handler = Callable[[Request], Awaitable[Response]]


def put_on(root: Starlette, titles: Mapping[str, str], tokens: Mapping[str, str]) -> None:
    """Give the suite's root its pages.

    Args:
        root: the application at `/`.
        titles: of the services that run, by name.
        tokens: by whose they are, shown to a browser on this machine; may be filled later.
    """
    book = Book()

    async def front(request: Request) -> Response:
        is_own = _OWN_NAMES.fullmatch(request.headers.get("host", "")) is not None
        return _answer(_page(_TITLE, _front(titles, book, tokens if is_own else {}, "/readyz", _TRY)))

    async def chapter(request: Request) -> Response:
        name = request.path_params["name"]
        if image := book.images.get(name):
            return Response(image, media_type="image/svg+xml", headers=GUARDS)
        if (text := book.chapter(name)) is None:
            raise HTTPException(404)
        return _answer(_chapter(book, name, text))

    root.add_route("/", front, include_in_schema=False)
    root.add_route("/book/{name:path}", chapter, include_in_schema=False)
    for name, kind in _ASSETS.items():
        root.add_route(f"/front/{name}", _asset(name, kind), include_in_schema=False)


def _asset(name: str, kind: str) -> Handler:
    content = (_FOLDER / name).read_bytes()

    async def asset(_request: Request) -> Response:
        return Response(content, media_type=kind, headers=GUARDS)

    return asset


def write(folder: Path, docs: Path, titles: Mapping[str, str]) -> None:
    """Write the pages of these documents into a folder, each at the path that it is asked for by.

    The front page shows nobody's tokens, and asks each service by itself how it fares.
    """
    book = Book(docs)
    files = {"index.html": _page(_TITLE, _front(titles, book, {}, "/{name}/readyz"))}
    files |= {f"front/{name}": (_FOLDER / name).read_text() for name in _ASSETS}
    files |= {f"book/{name}": _chapter(book, name, book.chapter(name) or "") for name in book.titles}
    files |= {f"book/{name}": image for name, image in book.images.items()}
    files |= {name: (docs / name).read_text() for name in SERVED}
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)


def _answer(page: str) -> Response:
    return Response(page, media_type="text/html", headers=GUARDS)


def _page(title: str, content: str) -> str:
    return _PAGE.substitute(title=escape(title), content=content)


def _chapter(book: Book, name: str, text: str) -> str:
    return _page(f"{book.titles[name]} · {_TITLE}", _CHAPTER.substitute(text=text))


def _front(titles: Mapping[str, str], book: Book, tokens: Mapping[str, str], health: str, *first: tuple[str, str, str]) -> str:
    """Return the front page; `health` is where a service's readiness is read, by its name."""
    services = "".join(
        f'<li data-service="{name}" data-health="{health.format(name=name)}">'
        f'<a href="/{name}/docs"><b>{escape(title)}</b></a> <span class="state">…</span>'
        '<small class="parts"></small></li>'
        for name, title in titles.items()
    )
    links = "".join(f'<li><a href="{path}"><b>{zh}</b></a> <small>{en}</small></li>' for path, zh, en in (*first, *_LINKS))
    people = "".join(
        f'<li><code>{escape(name)}</code> <button data-token="{escape(token)}">复制 Copy</button></li>'
        for name, token in tokens.items()
    )
    parts = "".join(
        f"<section><h3>{PARTS[part].zh} <small>{PARTS[part].en}</small></h3><ul>"
        + "".join(f"<li>{_led(book, name)}</li>" for name in names)
        + "</ul></section>"
        for part, names in book.parts().items()
    )
    whose = _PEOPLE.substitute(people=people, number=len(tokens)) if people else ""
    return _FRONT.substitute(services=services, links=links, whose=whose, parts=parts)


def _led(book: Book, name: str) -> str:
    """Return the link to a chapter: in Chinese if it is there, with the English one beside it."""
    link, title = '<a href="/book/{}">{}</a>'.format, book.titles[name]
    if not (chinese := book.chinese(name)):
        return link(name, escape(title))
    english = re.sub(r"\s*[^\x00-\x7f]+$", "", title)
    return f"{link(chinese, escape(book.titles[chinese]))} <small>{link(name, escape(english))}</small>"


def _template(name: str) -> Template:
    return Template((_FOLDER / name).read_text())


_PAGE, _FRONT, _PEOPLE, _CHAPTER = map(_template, ("page.html", "front.html", "people.html", "chapter.html"))
