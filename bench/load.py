"""A load generator for machines without wrk: python load.py PORT CONNECTIONS SECONDS FILE KEYS any|once START."""

import asyncio
import json
import random
import statistics
import sys
import time
from itertools import count
from pathlib import Path

import uvloop

_LAST_ANSWERS_S = 10


class Load:
    """What is sent next, and what has been answered."""

    def __init__(self, file: str, keys: str, order: str, start: int) -> None:
        token, *lines = Path(file).read_text().split("\n")
        self._head = f" HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
        self._lines = [line.encode().split(b"\t", 1) for line in lines]
        self._keys, self._once, self._number = keys, order == "once", count(start)
        self.taken_s: list[float] = []
        self.failed = 0
        self.ends_at = 0.0

    def request(self) -> bytes:
        """Return the next request."""
        number = next(self._number)
        # Past the end of a list whose lines go once, the first goes again, and is refused: that is seen.
        path, body = self._lines[number % len(self._lines)] if self._once else random.choice(self._lines)
        if not body:
            return b"GET " + path + self._head.encode() + b"\r\n"
        more = f"{self._head}Idempotency-Key: {self._keys}{number + 1:08}\r\nContent-Length: {len(body)}\r\n\r\n"
        return b"POST " + path + more.encode() + body


class Connection(asyncio.Protocol):
    """Sends a request, waits for its answer, sends the next one."""

    def __init__(self, load: Load) -> None:
        self._load, self._read = load, bytearray()
        self.ended = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin."""
        self._transport = transport
        self._send()

    def _send(self) -> None:
        self._sent_at = time.perf_counter()
        self._transport.write(self._load.request())

    def data_received(self, data: bytes) -> None:
        """Take a part of an answer; when it is whole, note it and go on."""
        self._read += data
        head, end, body = self._read.partition(b"\r\n\r\n")
        if not end or len(body) < int(head.lower().partition(b"content-length:")[2].split(b"\r", 1)[0]):
            return
        now = time.perf_counter()
        self._load.taken_s.append(now - self._sent_at)
        self._load.failed += head[9:10] != b"2"
        self._read.clear()
        if now < self._load.ends_at:
            self._send()
        else:
            self.ended.set_result(None)
            self._transport.close()

    def connection_lost(self, _error: Exception | None) -> None:
        """Count it as a failure when an answer was still to come."""
        if not self.ended.done():
            self._load.failed += 1
            self.ended.set_result(None)


async def main(port: int, connections: int, seconds: float, load: Load) -> None:
    """Send for some seconds, wait for the last answers, and say what happened as JSON."""
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    load.ends_at = started + seconds
    made = [(await loop.create_connection(lambda: Connection(load), "127.0.0.1", port))[1] for _ in range(connections)]
    _, unanswered = await asyncio.wait([connection.ended for connection in made], timeout=seconds + _LAST_ANSWERS_S)
    quantiles = statistics.quantiles(load.taken_s, n=100)
    said = {
        "answered": len(load.taken_s),
        "seconds": time.perf_counter() - started,
        "failed": load.failed + len(unanswered),
        "p50_ms": quantiles[49] * 1e3,
        "p99_ms": quantiles[98] * 1e3,
    }
    print(json.dumps(said))


if __name__ == "__main__":
    _, port, connections, seconds, file, keys, order, start = sys.argv
    uvloop.run(main(int(port), int(connections), float(seconds), Load(file, keys, order, int(start))))
