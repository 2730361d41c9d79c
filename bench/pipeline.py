"""The whole way of a report: HTTP, commit, relay, NATS, and committed at another service that listens."""

import asyncio
import statistics
import sys
from dataclasses import replace
from typing import Any

import asyncpg
from generators import Sample, duel
from harness import HERE, NotTrue, house
from hearer import HEARER
from report import Reporting
from results import Answer, as_rounds, rates

_HEARD_S = 20
_LAG_MAX_MS = 50.0
# Everything is timed by the one database server: when each report happened, and when the other service wrote what it heard.
_TIMES = """
SELECT count(*) AS heard,
  extract(epoch FROM max(heard_at) - min(occurred_at))::float AS taken_s,
  extract(epoch FROM max(heard_at) - max(occurred_at))::float * 1000 AS lag_ms,
  extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY heard_at - occurred_at))::float * 1000 AS p50_ms,
  extract(epoch FROM percentile_cont(0.99) WITHIN GROUP (ORDER BY heard_at - occurred_at))::float * 1000 AS p99_ms
FROM heard_report
"""


async def ask(rounds: int, seconds: float) -> list[Answer]:
    """Measure reports a second up to their commit at the listener, and how far it is behind when the load ends."""
    lags: list[float] = []
    async with house() as place:
        reporting = await Reporting(place).prepare()
        listener = await place.database("hearer", HEARER)
        await listener.execute((HERE / "sql" / "heard.sql").read_text())
        settings = {"GW_DATABASE_URL": place.postgres.url("hearer"), "GW_NATS_URL": place.nats.url}
        await place.start("hearer", [sys.executable, str(HERE / "hearer.py")], settings)

        async def ours(seconds: float) -> Sample:
            before = await reporting.incidents.fetchval("SELECT count(*) FROM incident")
            await listener.execute("TRUNCATE heard_report")
            sample = await reporting.ours(seconds)
            reported = await reporting.incidents.fetchval("SELECT count(*) FROM incident") - before
            times = await _heard(listener, reported)
            lags.append(times["lag_ms"])
            return replace(sample, rate=reported / times["taken_s"], p50_ms=times["p50_ms"], p99_ms=times["p99_ms"])

        theirs, own = await duel(reporting.peer, ours, rounds, seconds)
    lags = lags[-rounds:]  # without the warm-up's
    lag = Answer(
        "the listener is behind when the load ends",
        statistics.median(lags),
        "ms",
        "limit",
        _LAG_MAX_MS,
        1.0,
        more_is_better=False,
        rounds={**as_rounds([], own), "lag_ms": lags},
    )
    return [rates("reports up to another service's commit", "pgbench, 32 clients, the same rows", theirs, own, 0.8), lag]


async def _heard(listener: "asyncpg.Connection[Any]", reported: int) -> asyncpg.Record:
    """Return the times, once the listener has every report.

    Raises:
        NotTrue: it does not get them all, or gets more.
    """
    for _ in range(_HEARD_S * 20):
        times = await listener.fetchrow(_TIMES)
        if times["heard"] == reported:
            return times
        await asyncio.sleep(0.05)
    raise NotTrue(f"{reported} incidents were reported, but the listener has {times['heard']}")
