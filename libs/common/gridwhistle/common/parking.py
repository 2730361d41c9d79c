"""Events that cannot take effect yet, or not at all: kept in PostgreSQL, tried again, asked for, or left to people.

A row waits for the event before it (`early`), or for its next try (`failed`). Tries are counted before they are made, so that
an event which kills its process is counted too. After the last one, and at once when it cannot be read, a row is a dead letter:
somebody looks at it, and the later events of its thing wait behind it while all others pass.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import UUID, uuid5

import asyncpg

from gridwhistle.common.database import Database
from gridwhistle.common.events import Envelope
from gridwhistle.common.ids import area_code_of
from gridwhistle.common.principal import system

RETRY_S: Final = (1, 2, 5, 10, 30, 60, 60, 60)
"""How long it waits after each try; as many tries as there are waits."""
TRIES: Final = len(RETRY_S)
GRACE_S: Final = 3
"""How long an event may be early before the ones before it are asked for: usually another process has them in hand."""
ASK_EVERY_S: Final = 5
ASKS: Final = 60
"""How often the events before it are asked for, before somebody has to look at it."""
_AT_ONCE = 200
_FAULT_CHARS_MAX = 2_000
Why = Literal["early", "failed", "unreadable", "forked"]


@dataclass(frozen=True)
class Kept:
    """A delivery that is parked."""

    why: Why
    subject: str
    content: bytes
    event: Envelope[Any] | None = None
    fault: str | None = None
    after_no: int = 0

    def row(self) -> tuple[Any, ...]:
        """Return the row; what cannot be read is known by its content, so that its copies are one."""
        parts = self.subject.split(".")
        county = parts[1] if parts[1].isdecimal() and len(parts[1]) == 6 else "000000"  # noqa: PLR2004  a county's digits
        event = self.event
        return (
            event.id if event else uuid5(UUID(int=0), self.subject + self.content.hex()),
            area_code_of(event.area_code if event else county),
            "waiting" if self.why in {"early", "failed"} else "dead",
            self.why,
            self.fault and self.fault[:_FAULT_CHARS_MAX],
            parts[2],
            self.subject,
            self.content,
            event.aggregate_id if event else None,
            event.event_no if event else None,
            self.after_no,
            1 if self.why == "failed" else 0,
            {"early": GRACE_S, "failed": RETRY_S[0]}.get(self.why),
        )


async def park(database: Database, kept: Iterable[Kept]) -> None:
    """Keep deliveries; what is kept already stays as it is."""
    columns = list(zip(*(one.row() for one in kept), strict=True))
    if columns:
        await database.run(database.background, _PARK, *map(list, columns))


async def last_heard(database: Database, things: Iterable[UUID]) -> dict[UUID, tuple[int, UUID]]:
    """Return the number and id of the last event that took effect, by thing."""
    rows = await database.run(
        database.background, "SELECT thing_id, event_no, event_id FROM heard WHERE thing_id = ANY($1::uuid[])", list(things)
    )
    return {row["thing_id"]: (row["event_no"], row["event_id"]) for row in rows}


async def discarded(database: Database, events: Iterable[UUID]) -> set[UUID]:
    """Return those of these events that somebody has discarded: they shall never take effect, however they come again."""
    rows = await database.run(
        database.background, "SELECT id FROM parked WHERE id = ANY($1::uuid[]) AND state = 'discarded'", list(events)
    )
    return {row["id"] for row in rows}


async def note_heard(database: Database, events: Mapping[UUID, Envelope[Any]], *, parked: Iterable[UUID] = ()) -> None:
    """Note the last events that took effect, by thing; those that were parked are no longer."""
    await database.run(
        database.background,
        _HEARD,
        list(events),
        [event.event_no for event in events.values()],
        [event.id for event in events.values()],
        list(parked),
    )


async def due(database: Database) -> list[asyncpg.Record]:
    """Take the parked events that are due, first those that can take effect: what waits behind a dead letter stops no other.

    Each counts its try, and comes again later if nobody is done with it by then.
    """
    return await database.run(database.background, _DUE, list(RETRY_S), _AT_ONCE, ASK_EVERY_S)


async def failed_again(database: Database, service: str, id_: UUID, fault: str) -> None:
    """Note why a try of this service failed; after the last one it is a dead letter."""
    await database.run(database.background, _FAILED, id_, fault[:_FAULT_CHARS_MAX], TRIES, system(service).id)


async def missing(database: Database, service: str, early: Iterable[UUID]) -> list[asyncpg.Record]:
    """Return what these events wait for and was never delivered: source, thing, first and last number.

    The first of a thing that is here counts how often the ones before it are asked for. When they do not come, it becomes a
    dead letter: to replay it is to go on without them.
    """
    return await database.run(database.background, _MISSING, list(early), ASKS, system(service).id)


_PARK = (
    "INSERT INTO parked (id, version, area_code, state, why, fault, source, subject, content, thing_id, event_no, after_no,"
    " tries, parked_at, next_at)"
    " SELECT id, 1, area_code, state, why, fault, source, subject, content, thing_id, event_no, after_no, tries,"
    " clock_timestamp(), clock_timestamp() + make_interval(secs => wait)"
    " FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bytea[], $9::uuid[],"
    " $10::int[], $11::int[], $12::int[], $13::int[])"
    " AS kept(id, area_code, state, why, fault, source, subject, content, thing_id, event_no, after_no, tries, wait)"
    " ON CONFLICT (id) DO NOTHING"
)
_HEARD = (
    "WITH done AS (DELETE FROM parked WHERE id = ANY($4::uuid[]) AND state = 'waiting'),"
    " let_go AS (UPDATE parked SET next_at = NULL WHERE id = ANY($4::uuid[]) AND state = 'discarded')"
    " INSERT INTO heard (thing_id, event_no, event_id) SELECT * FROM unnest($1::uuid[], $2::int[], $3::uuid[])"
    " ON CONFLICT (thing_id) DO UPDATE SET event_no = excluded.event_no, event_id = excluded.event_id"
    " WHERE heard.event_no < excluded.event_no"
)
_DUE = (
    "WITH due AS (SELECT id, coalesce(heard.event_no, 0) >= after_no AS is_next"
    "  FROM parked LEFT JOIN heard USING (thing_id) WHERE next_at IS NOT NULL"
    "  AND (next_at <= clock_timestamp() OR (why = 'early' AND coalesce(heard.event_no, 0) >= after_no))"
    "  ORDER BY is_next DESC, next_at LIMIT $2 FOR UPDATE OF parked SKIP LOCKED)"
    # What was early and is now next begins to count its tries.
    " UPDATE parked SET why = CASE WHEN is_next AND why = 'early' THEN 'failed' ELSE why END,"
    " tries = CASE WHEN is_next AND why = 'early' THEN 1 ELSE tries + (is_next AND state = 'waiting')::int END,"
    " next_at = clock_timestamp() + make_interval(secs => CASE WHEN is_next"
    " THEN ($1::int[])[least(tries + 1, cardinality($1::int[]))] ELSE $3::int END)"
    " FROM due WHERE parked.id = due.id RETURNING parked.*, is_next"
)
# The step `give_up` of a dead letter.
_GIVEN_UP = (
    " INSERT INTO history (thing_id, version, at, action, from_state, to_state, actor_id, actor_role)"
    " SELECT id, version, clock_timestamp(), 'give_up', 'waiting', state, {}, 'auto' FROM tried WHERE state = 'dead'"
)
_FAILED = (
    "WITH tried AS (UPDATE parked SET why = CASE why WHEN 'early' THEN 'failed' ELSE why END, fault = $2,"
    " version = version + (tries >= $3)::int, state = CASE WHEN tries >= $3 THEN 'dead' ELSE state END,"
    " next_at = CASE WHEN tries >= $3 THEN NULL ELSE next_at END"
    " WHERE id = $1 AND state = 'waiting' RETURNING id, version, state)" + _GIVEN_UP.format("$4::text")
)
_MISSING = (
    "WITH gap AS (SELECT DISTINCT ON (thing_id) id, source, thing_id, coalesce(heard.event_no, 0) + 1 AS first,"
    "   parked.event_no - 1 AS last FROM parked LEFT JOIN heard USING (thing_id)"
    "   WHERE thing_id IN (SELECT thing_id FROM parked WHERE id = ANY($1::uuid[]))"
    "   AND NOT (state = 'discarded' AND next_at IS NULL) AND parked.event_no > coalesce(heard.event_no, 0)"
    "   ORDER BY thing_id, parked.event_no),"
    " tried AS (UPDATE parked SET tries = tries + 1, state = CASE WHEN tries + 1 >= $2 THEN 'dead' ELSE state END,"
    "   version = version + (tries + 1 >= $2)::int, next_at = CASE WHEN tries + 1 >= $2 THEN NULL ELSE next_at END"
    "   FROM gap WHERE parked.id = gap.id AND first <= last AND state = 'waiting' AND gap.id = ANY($1::uuid[])"
    "   RETURNING parked.id, version, state),"
    f" given_up AS ({_GIVEN_UP.format('$3::text')})"
    " SELECT source, thing_id, first, last FROM gap WHERE first <= last AND id = ANY($1::uuid[])"
)
