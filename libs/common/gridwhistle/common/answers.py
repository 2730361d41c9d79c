"""How an answer leaves: JSON, a problem that people can read, or a file."""

import io
from collections.abc import Mapping, Sequence
from typing import IO, TYPE_CHECKING, Final
from urllib.parse import quote

from gridwhistle.common import wire
from gridwhistle.common.listing import ListFile
from gridwhistle.common.problems import Problem

if TYPE_CHECKING:
    from starlette.types import Send

Headers = list[tuple[bytes, bytes]]
_CHUNK_BYTES: Final = 256 * 1024


async def respond(send: "Send", status: int, body: bytes | IO[bytes], request_id: str, language: str, more: Headers) -> None:
    """Send one answer: JSON, a file, or a problem document from 400 on."""
    problem = status >= 400  # noqa: PLR2004  client and server errors
    headers: Headers = [(b"x-request-id", request_id.encode()), *more]
    if status != 304:  # noqa: PLR2004  not modified: it has no content of its own
        size = len(body) if isinstance(body, bytes) else body.seek(0, io.SEEK_END)
        headers.append((b"content-length", b"%d" % size))
    if not any(name == b"content-type" for name, _ in more):  # a file has its own
        kind = b"application/problem+json" if problem else b"application/json"
        headers += [(b"content-type", kind), (b"cache-control", b"no-store")]
    # A stored refusal is in the language of whoever asked first.
    if problem and not any(name == b"idempotency-replayed" for name, _ in more):
        headers += [(b"content-language", b"zh-CN" if language == "zh" else b"en"), (b"vary", b"Accept-Language")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    if not isinstance(body, bytes):
        with body:
            body.seek(0)
            while chunk := body.read(_CHUNK_BYTES):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        body = b""
    await send({"type": "http.response.body", "body": body})


async def file_answer(
    file: wire.File | ListFile, headers: Mapping[bytes, str], besides: Sequence[tuple[bytes, bytes]] = ()
) -> tuple[int, bytes | IO[bytes], Headers]:
    """Return a file as it is sent: for its reader alone, and never to be taken for a page."""
    shown = "inline" if file.media_type.startswith("image/") else "attachment"
    kind = f"{file.media_type}; charset=utf-8" if file.media_type.startswith("text/") else file.media_type
    more: Headers = [
        (b"content-type", kind.encode()),
        (b"content-disposition", f"{shown}; {_file_name(file)}".encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"content-security-policy", b"default-src 'none'; sandbox"),
        *besides,
    ]
    if isinstance(file, ListFile):  # kept no more than its pages are
        return 200, file.content, [*more, (b"cache-control", b"no-store")]
    # Kept by the reader's own client, which asks each time whether they may still see it.
    more += [(b"cache-control", b"private, no-cache"), (b"etag", f'"{file.sha256}"'.encode())]
    if f'"{file.sha256}"' in headers.get(b"if-none-match", ""):
        return 304, b"", more
    return 200, await file.read(), more


def _file_name(file: wire.File | ListFile) -> str:
    """Return the name that a file is kept under, also for clients that know no names but those in ASCII."""
    ending = file.ending or file.media_type.rpartition("/")[2]
    if file.name.isascii():
        return f'filename="{file.name}.{ending}"'
    return f"filename=\"file.{ending}\"; filename*=UTF-8''{quote(file.name, safe='')}.{ending}"


def headers_of_problem(problem: Problem) -> Headers:
    """Return the headers that a refusal has besides those of every answer."""
    return [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
