"""What a service clears away by itself, and what it keeps."""

import asyncpg
import pytest

from gridwhistle.common.database import Database
from gridwhistle.common.sweep import delete_discarded_letters, delete_expired_answers

pytestmark = pytest.mark.anyio
KEYS = """
INSERT INTO command_key (scope, key, fingerprint, status, answer, at)
SELECT scope, days::text, '', 200, '', now() - make_interval(days => days)
FROM (VALUES ('request|clerk'), ('event|listener.count')) scopes(scope), (VALUES (6), (8), (59), (61)) ages(days)
"""
LETTERS = """
INSERT INTO parked (id, version, area_code, state, why, source, subject, content, after_no, tries, parked_at, next_at)
SELECT gen_random_uuid(), 1, '990101001001', state, 'unreadable', 'bells', 's', '', 0, 0,
  now() - make_interval(days => days), next_at
FROM (VALUES ('dead', NULL), ('discarded', NULL), ('discarded', now())) states(state, next_at), (VALUES (59), (61)) ages(days)
"""


async def test_answers_are_kept_a_week_and_events_are_known_for_sixty_days(
    database: Database, truth: "asyncpg.Connection[None]"
) -> None:
    await truth.execute(KEYS)

    assert await delete_expired_answers(database) == 4

    kept = await truth.fetch("SELECT scope, key FROM command_key ORDER BY 1, 2")
    assert [tuple(row) for row in kept] == [
        ("event|listener.count", "59"),
        ("event|listener.count", "6"),
        ("event|listener.count", "8"),
        ("request|clerk", "6"),
    ]


async def test_discarded_letters_go_after_sixty_days_and_dead_ones_stay(
    database: Database, truth: "asyncpg.Connection[None]"
) -> None:
    await truth.execute(LETTERS)

    assert await delete_discarded_letters(database) == 1

    assert await truth.fetchval("SELECT count(*) FROM parked") == 5
