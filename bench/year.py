"""A year of 100,000 volunteers: what it takes on disk, and how long somebody waits for a statement of it."""

import datetime as dt
import statistics
import time
from functools import partial

import httpx2
from generators import Requests, http
from harness import COUNTY, NotTrue, house
from ledger import numbered
from results import Answer, as_rounds

from gridwhistle.common.sheet_formats import XLSX
from gridwhistle.timebank.app import TIMEBANK

_VOLUNTEERS = 100_000
_SERVICES = 12
"""A year and volunteer: each is held, then paid to somebody else, so two postings, one journal each."""
_YEAR = 2025
_AT_ONCE = 2_000
# A person has two accounts: what is there to spend, and what is held; they are numbered, the held ones from a million on.
_OPENED = """
INSERT INTO account (id, version, area_code, kind, owner_id, state, balance_minutes, locked_minutes, opened_at)
SELECT lpad((n + held * 1000000)::text, 32, '0')::uuid, 1, '990101001001',
  (ARRAY['personal_available', 'personal_hold'])[held + 1], lpad(n::text, 32, '0')::uuid, 'open', 0, 0, timestamptz 'epoch'
FROM generate_series(1, $1::int) n, generate_series(0, 1) held
UNION ALL SELECT lpad('9999999', 32, '0')::uuid, 1, '990101000000', 'clearing', NULL::uuid, 'open', 0, 0, timestamptz 'epoch'
"""
# Everybody begins with 3,000 minutes; then of the k-th service of a year person n pays 60 to person n + k.
_POSTED = f"""
WITH legs AS (
  SELECT uuidv7() AS id, uuidv7() AS journal, type, gives, gets, minutes,
    timestamptz '{_YEAR}-01-01 00:00+08' + (k * 30 + part) * interval '1 day' AS at
  FROM generate_series($1::int, $2::int) AS n, LATERAL (VALUES
    ('import', 9999999, n, 3000, 0),
    ('hold', n, n + 1000000, 60, 0),
    ('capture', n + 1000000, (n + $3::int - 1) % $4::int + 1, 60, 1)
  ) AS leg (type, gives, gets, minutes, part), LATERAL (SELECT $3::int AS k) AS month
  WHERE (type = 'import') = ($3 = 0)
), journals AS (
  INSERT INTO journal (id, version, event_no, area_code, posted_at, posted_by, postings)
  SELECT journal, 1, 1, '990101001001', at, 'bench', 1 FROM legs
)
SELECT ledger_post(array_agg(id ORDER BY at, id), array_agg(journal ORDER BY at, id), array_agg(type ORDER BY at, id),
  array_agg(lpad(gives::text, 32, '0')::uuid ORDER BY at, id), array_agg(lpad(gets::text, 32, '0')::uuid ORDER BY at, id),
  array_agg(minutes ORDER BY at, id), array_agg(0), array_agg(0), array_agg(NULL::uuid), array_agg(NULL::text),
  array_agg(NULL::uuid), array_agg(at ORDER BY at, id))
FROM legs
"""
_TRUTH = "SELECT (SELECT count(*) FROM posting), (SELECT sum(balance_minutes) FROM account)"
_WAIT_MS, _FILE_S, _BYTES = 50.0, 5.0, 1_000.0


async def ask(rounds: int, seconds: float) -> list[Answer]:
    """Measure bytes a posting, a month's statement, a year's as a workbook, and the trial balance of it all."""
    async with house() as place:
        ledger = await place.database("timebank", TIMEBANK)
        await ledger.execute(_OPENED, _VOLUNTEERS)
        began = time.monotonic()
        for month in range(_SERVICES + 1):
            for first in range(1, _VOLUNTEERS + 1, _AT_ONCE):
                await ledger.execute(_POSTED, first, min(first + _AT_ONCE - 1, _VOLUNTEERS), month, _VOLUNTEERS)
        took_s = time.monotonic() - began
        postings, off = await ledger.fetchrow(_TRUTH)
        if off or postings != _VOLUNTEERS * (1 + 2 * _SERVICES):
            raise NotTrue(f"{postings} postings are there, and their sum is off by {off}")
        await ledger.execute("VACUUM ANALYZE")
        size = await ledger.fetchval("SELECT pg_database_size(current_database())")

        server = await place.serve("gridwhistle.timebank.app:create", "timebank")
        token = place.issuer.token("bench", ["auditor"], [COUNTY])
        base = f"http://127.0.0.1:{server.port}/timebank/v1"
        months = [
            (
                f"/timebank/v1/accounts/{numbered(person)}/statement?from_on={_YEAR}-{month:02}-01&to_on={_YEAR}-{month:02}-28",
                "",
            )
            for person in range(1, _VOLUNTEERS, 997)
            for month in range(1, 13)
        ]
        one = partial(http, place, server, Requests.write(place, "statements", months, token=token))
        samples = [await one(seconds, 1) for _ in range(rounds)]
        year = f"{base}/accounts/{numbered(1)}/statement/export?from_on={_YEAR}-01-01&to_on={_YEAR}-12-31"
        waits = await _waits(token, year, rounds, XLSX)
        balances = await _waits(token, f"{base}/trial_balance?area_code={COUNTY}&at={dt.date(_YEAR, 7, 1)}T00:00:00Z", rounds)
    less = {"more_is_better": False, "goal": 1.0}
    p50_ms = statistics.median(sample.p50_ms or 0.0 for sample in samples)
    filled = {"postings": postings, "megabytes": size / 1e6, "posted_a_second": postings / took_s}
    return [
        Answer(f"disk for each of {postings:,} postings", size / postings, "bytes", "limit", _BYTES, **less, rounds=filled),
        Answer("a month's statement, p50", p50_ms, "ms", "limit", _WAIT_MS, **less, rounds=as_rounds([], samples)),
        Answer("a year's statement as a workbook", statistics.median(waits), "s", "limit", _FILE_S, **less),
        Answer("the trial balance of half a year ago", statistics.median(balances), "s", "limit", _FILE_S, **less),
    ]


async def _waits(token: str, url: str, rounds: int, accept: str = "*/*") -> list[float]:
    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}", "Accept": accept}, timeout=60) as client:
        waits = []
        for _ in range(rounds):
            began = time.monotonic()
            (await client.get(url)).raise_for_status()
            waits.append(time.monotonic() - began)
    return waits
