"""Calls of our own server over a few open lines: a general client takes a millisecond of the core that the server needs."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

_Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Call = Callable[..., Awaitable[dict[str, Any]]]
"""A write of the loader's: path, key, content, whose it is, and how many hours ago."""
KEYS_KEPT: Final = dt.timedelta(days=6)
"""A load that goes on later than this does not count on its keys, which are known for seven days."""


class Lines:
    """A few connections, each for one call at a time. What it reads is what our edge writes: JSON with its length."""

    def __init__(self, base_url: str, lines: int) -> None:
        """Take the address, and how many lines there may be."""
        address = urlsplit(base_url)
        assert address.hostname and address.port  # noqa: PT018  the suite says both
        self._host, self._port = address.hostname, address.port
        self._open: list[asyncio.StreamWriter] = []
        self._free: asyncio.LifoQueue[_Line | None] = asyncio.LifoQueue()
        for _ in range(lines):
            self._free.put_nowait(None)

    @classmethod
    @asynccontextmanager
    async def to(cls, base_url: str, lines: int) -> "AsyncIterator[Lines]":
        """Return lines to a server, closed on leaving."""
        made = cls(base_url, lines)
        try:
            yield made
        finally:
            for writer in made._open:
                writer.close()
                with suppress(OSError):
                    await writer.wait_closed()

    async def get(self, path: str, headers: Mapping[str, str]) -> Any:
        """Read."""
        return (await self._call("GET", path, headers, b""))[1]

    async def all(self, path: str, bearer: str) -> list[dict[str, Any]]:
        """Read every item of a list."""
        found: list[dict[str, Any]] = []
        asked: str | None = f"{path}?limit=200"
        while asked:
            page = await self.get(asked, {"Authorization": f"Bearer {bearer}"})
            found += page["items"]
            asked = page["next_cursor"] and f"{path}?limit=200&cursor={page['next_cursor']}"
        return found

    async def post(self, path: str, content: Any, headers: Mapping[str, str]) -> tuple[int, Any]:
        """Do something; return the status and the answer."""
        return await self._call("POST", path, headers, _body(content))

    async def _call(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, Any]:
        named = {"Host": self._host, "Content-Type": "application/json", "Content-Length": str(len(body)), **headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
        line = await self._free.get()
        try:
            reader, writer = line or await self._opened()
            line = None  # until the answer is read, nobody else can use it
            writer.write(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body)
            status, *answered = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
            length = next(int(each.partition(":")[2]) for each in answered if each.startswith("content-length:"))
            content = await reader.readexactly(length)
            line = reader, writer
            return int(status.split(" ")[1]), orjson.loads(content)
        finally:
            self._free.put_nowait(line)

    async def _opened(self) -> _Line:
        reader, writer = await asyncio.open_connection(self._host, self._port)
        self._open.append(writer)
        return reader, writer


def _body(content: Any) -> bytes:
    if isinstance(content, bytes):
        return content
    return b"" if content is None else orjson.dumps(content)
