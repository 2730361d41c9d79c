"""What a service clears away by itself, and what it keeps."""

from collections.abc import Iterator
from typing import Any

import asyncpg
import orjson
import pytest

from gridwhistle.common.database import Database
from gridwhistle.common.sweep import EXPIRED, delete_discarded_letters, delete_expired_answers, forget_old_keys

pytestmark = pytest.mark.anyio
KEYS = """
INSERT INTO command_key (scope, key, fingerprint, status, answer, at)
SELECT scope, days::text, '', 200, '', now() - make_interval(days => days)
FROM (VALUES ('request|clerk'), ('event|listener.count')) scopes(scope), (VALUES (6), (8), (59), (61)) ages(days)
"""
HALF_DONE = """
INSERT INTO command_key (scope, key, fingerprint, status, answer, at)
SELECT 'event|listener.count', id || '|' || gen_random_uuid(), '', 200, '', now() - interval '61 days' FROM parked
"""
MANY = """
INSERT INTO command_key (scope, key, fingerprint, status, answer, at)
SELECT CASE WHEN n % 2 = 0 THEN 'request|clerk' ELSE 'event|listener.count' END, 'many' || n, '', 200, '',
  now() - make_interval(secs => n)
FROM generate_series(1, 100000) n
"""
LETTERS = """
INSERT INTO parked (id, version, area_code, state, why, source, subject, content, after_no, tries, parked_at, next_at)
SELECT gen_random_uuid(), 1, '990101001001', state, 'unreadable', 'bells', 's', '', 0, 0,
  now() - make_interval(days => days), next_at
FROM (VALUES ('dead', NULL), ('discarded', NULL), ('discarded', now())) states(state, next_at), (VALUES (59), (61)) ages(days)
"""


def rows(plan: dict[str, Any]) -> Iterator[float]:
    """Yield how many rows each part of a plan looked at."""
    yield plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
    for part in plan.get("Plans", ()):
        yield from rows(part)


async def test_answers_are_kept_a_week_and_events_are_known_for_sixty_days(
    database: Database, truth: "asyncpg.Connection[None]"
) -> None:
    await truth.execute(KEYS)

    assert (await delete_expired_answers(database), await forget_old_keys(database)) == (3, 1)

    kept = await truth.fetch("SELECT scope, key FROM command_key ORDER BY 1, 2")
    assert [tuple(row) for row in kept] == [
        ("event|listener.count", "59"),
        ("event|listener.count", "6"),
        ("event|listener.count", "8"),
        ("request|clerk", "6"),
    ]


@pytest.mark.parametrize("which", ["LIKE", "NOT LIKE"], ids=["requests", "others"])
async def test_the_sweep_looks_at_no_more_than_what_goes(truth: "asyncpg.Connection[None]", which: str) -> None:
    await truth.execute("TRUNCATE command_key")
    await truth.execute(MANY)
    await truth.execute("ANALYZE command_key; SET plan_cache_mode = force_generic_plan")
    await truth.execute(f"PREPARE sweep AS {EXPIRED.format(which)}")

    plan = orjson.loads(await truth.fetchval("EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE sweep(1, 1000)"))[0]["Plan"]

    assert {looked_at for looked_at in rows(plan) if looked_at} == {1_000}
    await truth.execute("DEALLOCATE sweep; TRUNCATE command_key")


async def test_what_a_dead_letter_has_half_done_is_known_until_it_is_done_or_discarded(
    database: Database, truth: "asyncpg.Connection[None]"
) -> None:
    await truth.execute("TRUNCATE command_key, parked")
    await truth.execute(LETTERS)
    await truth.execute(HALF_DONE)

    await forget_old_keys(database)

    known = await truth.fetch("SELECT state FROM command_key JOIN parked ON starts_with(key, parked.id::text)")
    assert {row["state"] for row in known} == {"dead"}
    await truth.execute("TRUNCATE command_key, parked")


async def test_discarded_letters_go_after_sixty_days_and_dead_ones_stay(
    database: Database, truth: "asyncpg.Connection[None]"
) -> None:
    await truth.execute(LETTERS)

    assert await delete_discarded_letters(database) == 1

    assert await truth.fetchval("SELECT count(*) FROM parked") == 5
