"""Minutes posted through HTTP, a thousand a call, against a ledger in SQL that is called directly (sql/ledger_peer.sql)."""

import random
import statistics
from dataclasses import replace
from functools import partial

import orjson
from generators import CLIENTS, Requests, Sample, duel, http, pgbench
from harness import COUNTY, HERE, NotTrue, house
from results import Answer, as_rounds, rates

from gridwhistle.timebank.app import TIMEBANK

_ACCOUNTS = 10_000
_AT_ONCE = 1_000
_BATCHES = 48
_CONNECTIONS = 3
"""Batches under way: while PostgreSQL writes one, the service reads the next."""
_BATCH, _ONE = "/timebank/v1/postings/batch", "/timebank/v1/postings"
_OPENED = """
INSERT INTO account (id, version, area_code, kind, owner_id, state, balance_minutes, locked_minutes, opened_at)
SELECT lpad(abs(n)::text, 32, CASE n WHEN -1 THEN 'f' ELSE '0' END)::uuid, 1, '990101001001',
  CASE n WHEN -1 THEN 'clearing' WHEN 0 THEN 'pool' ELSE 'personal_available' END,
  CASE WHEN n > 0 THEN lpad(n::text, 32, '0')::uuid END, 'open', 0, 0, now() FROM generate_series(-1, $1::int) AS n
"""
_FILLED = """
SELECT ledger_post(array_agg(uuidv7()), array_agg(uuidv7()), array_agg('import'::text), array_agg(c.id), array_agg(a.id),
  array_agg(1000000000), array_agg(0), array_agg(0), array_agg(NULL::uuid), array_agg(NULL::text), array_agg(NULL::uuid),
  array_agg(NULL::timestamptz))
FROM account a, account c WHERE a.kind <> 'clearing' AND c.kind = 'clearing'
"""
_TRUTH = "SELECT (SELECT count(*) FROM posting), (SELECT sum(balance_minutes) FROM account)"


def numbered(number: int) -> str:
    """Return the id of an account by its number."""
    text = f"{number:032}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def _spread(lot: random.Random) -> dict[str, object]:
    half = _ACCOUNTS // 2
    source, target = lot.randint(1, half), lot.randint(half + 1, _ACCOUNTS)
    return {"type": "transfer", "from_account_id": numbered(source), "to_account_id": numbered(target), "minutes": 15}


def _hot(lot: random.Random) -> dict[str, object]:
    return {
        "type": "donate",
        "from_account_id": numbered(lot.randint(1, _ACCOUNTS)),
        "to_account_id": numbered(0),
        "minutes": 15,
    }


async def ask(rounds: int, seconds: float) -> list[Answer]:
    """Measure postings a second over 10,000 accounts and to one, in batches, and one by one with how long the slowest wait."""
    lot = random.Random(14)
    async with house() as place:
        ledger, peer = await place.database("timebank", TIMEBANK), await place.database("peer")
        await peer.execute((HERE / "sql" / "ledger_peer.sql").read_text())
        await ledger.execute(_OPENED, _ACCOUNTS)
        await ledger.execute(_FILLED)
        for connection in (ledger, peer):
            await connection.execute("VACUUM ANALYZE")
        server = await place.serve("gridwhistle.timebank.app:create", "timebank")
        token = place.issuer.token("bench", ["integrator"], [COUNTY], scope="ledger:post")

        def sent(name: str, path: str, *bodies: object) -> Requests:
            return Requests.write(place, name, [(path, orjson.dumps(body).decode()) for body in bodies], token=token)

        spread, hot = (
            sent(name, _BATCH, *({"postings": [one(lot) for _ in range(_AT_ONCE)]} for _ in range(_BATCHES)))
            for name, one in (("spread", _spread), ("hot", _hot))
        )
        singles = sent("single", _ONE, *(_spread(lot) for _ in range(_ACCOUNTS)))

        async def load(requests: Requests, each: int, connections: int, seconds: float) -> Sample:
            before = await ledger.fetchval("SELECT count(*) FROM posting")
            sample = await http(place, server, requests, seconds, connections)
            after, wrong = await ledger.fetchrow(_TRUTH)
            if wrong or not sample.done * each <= after - before <= (sample.done + connections) * each:
                raise NotTrue(
                    f"{sample.done} calls were answered, {after - before} postings written, the sum is off by {wrong}"
                )
            per = {name: getattr(sample, name) / each for name in ("app_us", "postgres_us")}
            return replace(sample, done=sample.done * each, rate=sample.rate * each, **per)

        answers = []
        for question, script, requests, goal in (
            ("postings in batches, over 10,000 accounts", "ledger_spread.sql", spread, 5),
            ("postings in batches, all to one account", "ledger_hot.sql", hot, 10),
        ):
            theirs = partial(pgbench, place, "peer", script)
            both = await duel(theirs, partial(load, requests, _AT_ONCE, _CONNECTIONS), rounds, seconds)
            answers.append(rates(question, "a ledger in SQL, called directly", *both, goal))
        both = await duel(
            partial(pgbench, place, "peer", "ledger_spread.sql"), partial(load, singles, 1, CLIENTS), rounds, seconds
        )
        answers.append(rates("single postings, under a key", "a ledger in SQL, called directly", *both, 0.6))
        waits = [sample.p99_ms or 0.0 for sample in both[1]]
        mean_ms = 1_000 * CLIENTS / statistics.median(sample.rate for sample in both[0])
        rest = {"measured_against": "its mean", "against": mean_ms, "goal": 4, "more_is_better": False}
        answers.append(Answer("p99 of single postings", statistics.median(waits), "ms", **rest, rounds=as_rounds(*both)))
    return answers
