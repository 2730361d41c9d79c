"""A line to PostgreSQL that breaks where a test wants it to: before a statement arrives, on its way, or before its answer."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Literal

from sqlalchemy.engine import make_url

Fate = Literal["pass", "before", "during", "after"]
_EXECUTE = b"B"
"""The first byte of what the driver sends to run a statement: Bind, then Execute and Sync in one piece."""


class Proxy:
    """Passes bytes on; what happens to the next statements is drawn from `fates`, and after those from `draw`."""

    def __init__(self, url: str) -> None:
        self._behind = make_url(url)
        self.fates: deque[Fate] = deque()
        self.draw: Callable[[], Fate] = lambda: "pass"
        self.cuts = 0
        self.is_closed = False
        """Nobody comes in; lines that are open stay."""
        self._serving: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """The address to give to whoever shall speak through here."""
        return self._behind.set(port=self._port).render_as_string(hide_password=False)

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Proxy"]:
        """Listen until the context is left."""
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self._port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in self._serving:
                task.cancel()
            await asyncio.gather(*self._serving, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_closed:
            writer.transport.abort()
            return
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            behind, answers = await asyncio.open_connection(self._behind.host, self._behind.port)
        except OSError:
            writer.transport.abort()
            return
        doomed = asyncio.Event()  # the next answer is not passed on
        ways = [
            asyncio.ensure_future(self._forward(reader, answers, doomed)),
            asyncio.ensure_future(self._answer(behind, writer, doomed)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            for end in (writer, answers):
                end.close()
            for end in (writer, answers):
                with suppress(OSError):
                    await end.wait_closed()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, doomed: asyncio.Event) -> None:
        with suppress(OSError):
            while said := await reader.read(65_536):
                fate = self._fate() if said[:1] == _EXECUTE else "pass"
                self.cuts += fate != "pass"
                if fate == "before":
                    return
                if fate == "after":
                    doomed.set()
                writer.write(said)
                await writer.drain()
                if fate == "during":
                    return

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, doomed: asyncio.Event) -> None:
        with suppress(OSError):
            while (said := await reader.read(65_536)) and not doomed.is_set():
                writer.write(said)
                await writer.drain()

    def _fate(self) -> Fate:
        return self.fates.popleft() if self.fates else self.draw()
