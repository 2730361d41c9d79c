"""Good clients in a storm: each sends orders, some twice at once, and repeats under the same key until it is answered."""

import asyncio
import random
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx2

from tests.faults.process import Server

TOOLS, ACCOUNTS, HOT = 300, 20, 10
_TRIES = 200
_KINDS = {"turn": 30, "lend": 8, "service": 14, "lend_with_deposit": 8, "bring": 12, "transfer": 28}


def tool_id(number: int) -> UUID:
    return UUID(int=0x700_0000 + number)


def account_id(number: int) -> UUID:
    return UUID(int=0xA00_0000 + number)


@dataclass(frozen=True)
class Order:
    """One thing that somebody wants, and what it leaves in the database if it is done."""

    key: str
    kind: str
    path: str
    body: dict[str, Any]
    steps: int = 1
    events: int = 1
    entries: int = 0
    parts: int = 0


def draw(lot: random.Random) -> Order:
    """Return somebody's next wish."""
    kind = lot.choices([*_KINDS], [*_KINDS.values()])[0]
    key = str(UUID(int=lot.getrandbits(128), version=4))
    hot = lot.random() < 0.7
    tool = f"/tools/{tool_id(lot.randrange(HOT if hot else TOOLS))}"
    one, other = lot.sample(range(HOT if hot else ACCOUNTS), 2)
    fate = lot.random()
    match kind:
        case "turn":
            body = {"refuse": True} if fate < 0.1 else {"title": "rust"} if fate < 0.16 else {}
            return Order(key, kind, f"{tool}/turn", body, events=2)
        case "lend_with_deposit":
            body = {"account_id": str(account_id(one)), "minutes": lot.choice([1, 5, 9_999])}
            return Order(key, kind, f"{tool}/{kind}", body, entries=1)
        case "bring":
            parts = lot.randrange(9)
            body = {"title": "rust" if fate < 0.05 else "rasp", "parts": parts}
            return Order(key, kind, "/tools", body, parts=parts)
        case "transfer":
            body = {
                "source_id": str(account_id(one)),
                "target_id": str(account_id(other)),
                "minutes": lot.choice([1, 5, 30, 9_999]),
                "unchecked": fate < 0.3,
            }
            return Order(key, kind, "/transfers", body, steps=0, events=0, entries=2)
        case _:
            return Order(key, kind, f"{tool}/{kind}", {})


@dataclass
class Clients:
    """All clients of a storm, and what they were told."""

    seed: int
    servers: Sequence[Server]
    token: str
    number: int = 48
    seconds: float = 5.0
    faults: bool = False
    rest_s: float = 0.0
    """How long each rests between two orders, about."""
    orders: dict[str, Order] = field(default_factory=dict)
    answers: defaultdict[str, set[tuple[int, bytes]]] = field(default_factory=lambda: defaultdict(set))
    heard: Counter[str] = field(default_factory=Counter)
    waited_s: list[float] = field(default_factory=list)
    ends_at: float = 0.0

    async def storm(self) -> None:
        """Send for so many seconds, or until told that it is enough, and wait for the last answers."""
        started = time.monotonic()
        self.ends_at = started + self.seconds
        headers = {"Authorization": f"Bearer {self.token}", "Accept-Language": "en"}
        limits = httpx2.Limits(max_connections=2 * self.number, max_keepalive_connections=2 * self.number)
        async with httpx2.AsyncClient(headers=headers, limits=limits, timeout=30) as http, asyncio.TaskGroup() as group:
            for number in range(self.number):
                group.create_task(self._client(http, random.Random(f"{self.seed}/{number}")))
        self.seconds = min(self.seconds, time.monotonic() - started)

    async def _client(self, http: httpx2.AsyncClient, lot: random.Random) -> None:
        while time.monotonic() < self.ends_at:
            order = draw(lot)
            self.orders[order.key] = order
            twins = 2 if lot.random() < 1 / 3 else 1
            await asyncio.gather(*(self._send(http, order, random.Random(lot.random())) for _ in range(twins)))
            await asyncio.sleep(lot.uniform(0.5, 1.5) * self.rest_s)

    async def _send(self, http: httpx2.AsyncClient, order: Order, lot: random.Random) -> None:
        headers = {"Idempotency-Key": order.key, "X-Request-Id": order.key}
        started = time.monotonic()
        for attempt in range(_TRIES):
            is_hasty = self.faults and lot.random() < 0.05
            try:
                async with asyncio.timeout(lot.uniform(0.002, 0.06) if is_hasty else 30):
                    answer = await http.post(lot.choice(self.servers).base_url + order.path, json=order.body, headers=headers)
            except (httpx2.TransportError, TimeoutError) as error:
                self.heard["hung up" if is_hasty else "cut off"] += 1
                self.heard[type(error).__name__] += 1
                if is_hasty and lot.random() < 0.3:
                    return  # who never asks again never knows
            else:
                self.heard["replayed"] += "idempotency-replayed" in answer.headers
                if answer.status_code != 503:
                    self.heard[f"{answer.status_code // 100}xx"] += 1
                    self.answers[order.key].add((answer.status_code, answer.content))
                    self.waited_s.append(time.monotonic() - started)
                    return
                self.heard[answer.json()["code"]] += 1
            await asyncio.sleep(lot.uniform(0.01, 0.05) * min(attempt + 1, 8))
        self.heard["never answered"] += 1
