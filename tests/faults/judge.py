"""The judge of the write path: lets a storm loose on servers of one database; then SQL says what is true."""

import asyncio
import gc
import os
import random
import statistics
import warnings
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from gridwhistle.common.issuer import Issuer
from gridwhistle.common.sealing import make_keys
from gridwhistle.standalone.nats import Nats
from gridwhistle.standalone.postgres import Postgres
from tests import toolshed
from tests.faults.clients import ACCOUNTS, TOOLS, Clients, account_id, tool_id
from tests.faults.process import Server
from tests.faults.proxy import Fate, Proxy

OPENING_MINUTES = 600
HAPPENED = "(SELECT status < 300 FROM command_key c WHERE c.key = o.key)"
CLAIMS = {
    "an acknowledged answer is stored": """
        SELECT key FROM ordered o WHERE heard IS NOT NULL
        AND heard IS DISTINCT FROM (SELECT status FROM command_key c WHERE c.key = o.key)""",
    "a stored key was sent by somebody": """
        SELECT key FROM command_key WHERE scope LIKE 'request|%' AND key NOT IN (SELECT key FROM ordered)""",
    **{
        f"what is done leaves its {what} once, what is not done leaves none": f"""
        SELECT key FROM ordered o
        LEFT JOIN (SELECT {key} AS key, count(*) AS n FROM {source} GROUP BY 1) left_behind USING (key)
        WHERE coalesce(n, 0) <> CASE WHEN {HAPPENED} THEN {expected} ELSE 0 END"""
        for what, source, key, expected in (
            ("history", "history", "reason", "steps"),
            ("audit", "audit", "request_id", "1"),
            ("events", "outbox", "envelope ->> 'correlationid'", "events"),
            ("entries", "entry", "request_id", "entries"),
            ("parts", "part JOIN history ON thing_id = tool_id AND action = 'bring'", "reason", "parts"),
        )
    },
    "nothing was done that nobody ordered": """
        SELECT reason FROM history WHERE reason <> 'opening' AND reason NOT IN (SELECT key FROM ordered)
        UNION ALL SELECT request_id FROM entry WHERE request_id <> 'opening' AND request_id NOT IN (SELECT key FROM ordered)""",
    "a tool has as many versions as rows of history": """
        SELECT id FROM tool WHERE version <> (SELECT count(*) FROM history WHERE thing_id = tool.id)""",
    "history has one row a version": """
        SELECT thing_id FROM (SELECT thing_id, version, row_number() OVER (PARTITION BY thing_id ORDER BY id) AS place
        FROM history) h WHERE version <> place""",
    "states follow one another": """
        SELECT thing_id FROM (SELECT thing_id, from_state, lag(to_state) OVER (PARTITION BY thing_id ORDER BY version) AS was
        FROM history) h WHERE from_state IS DISTINCT FROM was""",
    "a tool is in the last state of its history": """
        SELECT tool.id FROM tool JOIN history h ON h.thing_id = tool.id AND h.version = tool.version WHERE state <> to_state""",
    "events are numbered without gaps": """
        SELECT id FROM tool WHERE event_no <> (SELECT count(*) FROM outbox WHERE aggregate_id = tool.id)
        OR event_no <> (SELECT coalesce(max(event_no), 0) FROM outbox WHERE aggregate_id = tool.id)""",
    "an event waits or is published": """
        SELECT event_id FROM outbox LEFT JOIN (SELECT event_id FROM waiting UNION ALL SELECT event_id FROM published) there
        USING (event_id) WHERE there.event_id IS NULL""",
    "a part was turned in each service since it was put in": """
        SELECT tool_id FROM part JOIN LATERAL (SELECT count(*) AS services FROM history WHERE thing_id = tool_id
        AND action = 'service') s ON true JOIN history h ON h.thing_id = tool_id AND h.version = 1 AND h.reason = 'opening'
        WHERE turns <> services - slot - 1""",
    "parts were put in one after another": f"""
        SELECT tool_id FROM part JOIN history h ON h.thing_id = tool_id AND h.version = 1 AND h.reason = 'opening'
        GROUP BY tool_id HAVING count(*) <> max(slot) + 1 OR count(*) <> least({toolshed.PARTS_MAX},
        (SELECT count(*) FROM history WHERE thing_id = tool_id AND action = 'service'))""",
    "minutes are neither made nor lost": f"""
        SELECT 1 WHERE (SELECT sum(minutes) FROM account) + (SELECT sum(deposit_minutes) FROM tool)
        <> {OPENING_MINUTES * ACCOUNTS}""",
    "a transfer takes what it gives": """
        SELECT request_id FROM entry JOIN ordered ON key = request_id AND kind = 'transfer'
        GROUP BY 1 HAVING sum(minutes) <> 0""",
    "a balance is the sum of its entries": """
        SELECT id FROM account a WHERE minutes <> (SELECT sum(minutes) FROM entry WHERE account_id = a.id)
        OR version <> (SELECT count(*) FROM entry WHERE account_id = a.id)""",
    "each entry goes on from the one before": """
        SELECT id FROM (SELECT id, minutes, balance_minutes, lag(balance_minutes, 1, 0::bigint)
        OVER (PARTITION BY account_id ORDER BY version) AS was FROM entry) e WHERE balance_minutes <> was + minutes""",
}
"""What must be so; each query returns what contradicts it."""
OPENING = """
INSERT INTO tool (id, version, event_no, area_code, state, title, deposit_minutes)
    SELECT id, 1, 0, $1, 'idle', 'saw', 0 FROM unnest($2::uuid[]) AS id;
INSERT INTO history (thing_id, version, at, action, to_state, actor_id, actor_role, reason)
    SELECT id, 1, now(), 'bring', 'idle', 'opening', 'auto', 'opening' FROM unnest($2::uuid[]) AS id;
INSERT INTO account (id, version, area_code, minutes) SELECT id, 1, $1, $4 FROM unnest($3::uuid[]) AS id;
INSERT INTO entry (id, account_id, version, request_id, minutes, balance_minutes)
    SELECT gen_random_uuid(), id, 1, 'opening', $4, $4 FROM unnest($3::uuid[]) AS id
"""


def sweep_up() -> None:
    """Let go of connections whose other end was killed, without the warning that nobody closed them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def a_seed() -> int:
    """Return the seed that the environment names, or a new one."""
    return int(os.environ.get("GW_SEED") or random.randrange(1_000_000))


@dataclass
class Judge:
    """Servers on one database, the clients that storm them, and the faults between."""

    clients: Clients
    servers: list[Server]
    proxy: Proxy | None
    truth: "asyncpg.Connection[Any]"
    kills: int = 0
    ended: int = 0

    async def storm(self) -> None:
        """Let the clients loose, with faults if there shall be any."""
        if not self.clients.faults:
            await self.clients.storm()
            return
        assert self.proxy is not None
        lot = random.Random(self.clients.seed)
        fates: list[Fate] = ["pass", "before", "during", "after"]
        self.proxy.draw = lambda: lot.choices(fates, [985, 5, 5, 5])[0]
        faults = [asyncio.create_task(self._kill_servers(lot)), asyncio.create_task(self._end_backends(lot))]
        try:
            await self.clients.storm()
        finally:
            self.proxy.draw = lambda: "pass"
            for fault in faults:
                fault.cancel()
            outcomes = await asyncio.gather(*faults, return_exceptions=True)
        assert all(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes), outcomes

    async def _kill_servers(self, lot: random.Random) -> None:
        while True:
            await asyncio.sleep(lot.uniform(1.0, 3.0))
            server = lot.choice(self.servers)
            await server.kill()
            self.kills += 1
            await server.start()

    async def _end_backends(self, lot: random.Random) -> None:
        others = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        while True:
            await asyncio.sleep(lot.uniform(0.05, 0.3))
            if pids := await self.truth.fetch(others):
                await self.truth.execute(f"SELECT pg_terminate_backend({lot.choice(pids)[0]})")
                self.ended += 1

    async def verdict(self) -> dict[str, Any]:
        """Return what is not as it must be: by claim, a few of the rows that contradict it."""
        wrong: dict[str, Any] = {}
        told = self.clients.answers
        if doubled := [key for key, answers in told.items() if len(answers) != 1]:
            wrong["every key has one answer"] = [(key, told[key]) for key in doubled[:3]]
        if failures := [line for server in self.servers for line in server.failures()]:
            wrong["servers make no errors of ours"] = failures[:5]
        await self._settled()
        heard = [
            (o.key, o.kind, min(told[o.key])[0] if o.key in told else None, o.steps, o.events, o.entries, o.parts)
            for o in self.clients.orders.values()
        ]
        await self.truth.execute(
            "CREATE TEMP TABLE ordered"
            " (key text PRIMARY KEY, kind text, heard int, steps int, events int, entries int, parts int)"
        )
        await self.truth.copy_records_to_table("ordered", records=heard)
        await self.truth.execute("ANALYZE ordered, command_key, history, audit, outbox, entry, part")
        for claim, contradictions in CLAIMS.items():
            if rows := await self.truth.fetch(contradictions):
                wrong[claim] = [tuple(row) for row in rows[:5]]
        return wrong

    async def _settled(self) -> None:
        """Wait until no statement of a client that is gone is still running."""
        running = (
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()"
        )
        async with asyncio.timeout(15):
            while await self.truth.fetchval(running):
                await asyncio.sleep(0.05)

    def figures(self) -> str:
        """Return one line about the storm."""
        clients, heard = self.clients, self.clients.heard
        waits = statistics.quantiles(clients.waited_s, n=100)
        faults = {
            name: heard[name] for name in ("busy", "may_have_happened", "hung up", "cut off", "never answered") if heard[name]
        }
        return (
            f"seed {clients.seed}: {len(self.servers)} servers, {clients.number} clients, {clients.seconds:g} s:"
            f" {len(clients.waited_s)} answers ({len(clients.waited_s) / clients.seconds:.0f}/s,"
            f" p50 {waits[49] * 1000:.0f} ms, p99 {waits[98] * 1000:.0f} ms) to {len(clients.orders)} keys:"
            f" {heard['2xx']} done, {heard['4xx']} refused, {heard['replayed']} of them replayed;"
            f" {faults or 'no faults heard'};"
            f" {self.proxy.cuts if self.proxy else 0} lines cut, {self.ended} backends ended, {self.kills} servers killed"
        )


@asynccontextmanager
async def judge(
    postgres: Postgres, nats: Nats, folder: Path, *, servers: int, seconds: float, faults: bool
) -> AsyncIterator[Judge]:
    """Set everything up; what is started is stopped on leaving."""
    seed, issuer = a_seed(), Issuer.fresh()
    print(f"seed {seed}")  # noqa: T201  whoever looks for a failure needs it
    name = f"storm_{seed}_{random.randrange(10**6)}"
    await postgres.ensure_database(name)
    await toolshed.make_tables(postgres.url(name))
    make_keys(folder / "keys")
    (folder / "jwks.json").write_text(issuer.jwks())
    async with AsyncExitStack() as stack:
        stack.callback(sweep_up)
        truth = await asyncpg.connect(postgres.url(name))
        stack.push_async_callback(truth.close)
        proxy = await stack.enter_async_context(Proxy(postgres.url(name)).open())
        url = proxy.url if faults else postgres.url(name)
        several = [Server(f"server-{number}", url, nats.url, folder) for number in range(servers)]
        await open_shed(truth)
        for server in several:
            stack.push_async_callback(server.stop)
        await asyncio.gather(*(server.start() for server in several))
        token = issuer.token("clerk", ["town_acceptor"], ["990101"])
        yield Judge(Clients(seed, several, token, seconds=seconds, faults=faults), several, proxy, truth)


async def open_shed(truth: "asyncpg.Connection[Any]") -> None:
    """Put in the tools and accounts that a storm begins with."""
    values: dict[str, Any] = {
        "$1": toolshed.AREA,
        "$2": [tool_id(number) for number in range(TOOLS)],
        "$3": [account_id(number) for number in range(ACCOUNTS)],
        "$4": OPENING_MINUTES,
    }
    for statement in OPENING.split(";"):
        used = [name for name in values if name in statement]
        numbered = statement
        for place, name in enumerate(used, 1):
            numbered = numbered.replace(name, f"${place}")
        await truth.execute(numbered, *(values[name] for name in used))
