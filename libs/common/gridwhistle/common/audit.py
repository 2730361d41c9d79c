"""The audit's chain: committed rows are sealed about once a second, and any later change of them can be proved.

A seal holds the digest of each of its rows, and its hash covers them and the seal before it. Commands do nothing for it. The
newest seal stands for all, so it is written where the database's owner does not reach: a file, and now and then an event.
"""

import asyncio
import datetime as dt
import hashlib
import json
import logging
import time
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

import asyncpg
import orjson

from gridwhistle.common.again import AWAY, Away, again
from gridwhistle.common.database import Db
from gridwhistle.common.events.audit import audit_sealed
from gridwhistle.common.ids import new_id
from gridwhistle.common.principal import system
from gridwhistle.common.running import Running
from gridwhistle.common.tables import audit, audit_anchors

log = logging.getLogger(__name__)
ROWS_MAX: Final = 5_000
"""Rows a seal; one is short enough to be looked at by a person who has to find what was done to it."""
NOWHERE: Final = "0" * 12
"""The area of what belongs to no county: a service's audit is one chain."""
_EVERY_S: Final = 1.0
_TELL_EVERY_S: Final = 3600.0
_LOOK_S: Final = 0.02
_LAST_SEAL_S: Final = 3.0
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND: Final = dt.timedelta(microseconds=1)
_COLUMNS: Final = tuple(column.name for column in audit.c)

# Read first: whoever has drawn one of these ids holds the audit's lock since before, until its transaction has ended.
_DRAWN = "SELECT last_value FROM audit_id_seq WHERE last_value > (SELECT coalesce(max(upto), 0) FROM audit_seal)"
_WRITERS = (
    "SELECT virtualtransaction FROM pg_locks WHERE relation = 'audit'::regclass AND mode = 'RowExclusiveLock'"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
# The same as `digest_of` and `_hash_of`, where the rows are: a seal costs the service's own process nothing.
_SEAL = f"""
WITH head AS (
  SELECT number, upto, hash FROM (SELECT number, upto, hash FROM audit_seal ORDER BY number DESC LIMIT 1) AS newest
  UNION ALL SELECT 0, 0, decode(repeat('00', 32), 'hex') ORDER BY number DESC LIMIT 1
), fresh AS (
  SELECT id, sha256(convert_to(json_build_array(
    {", ".join("(extract(epoch FROM at) * 1000000)::bigint" if name == "at" else name for name in _COLUMNS)}
  )::text, 'UTF8')) AS digest
  FROM audit WHERE id > (SELECT upto FROM head) AND id <= $2 ORDER BY id LIMIT $3
), cut AS (
  SELECT CASE WHEN count(*) < $3 THEN $2 ELSE max(id) END AS upto, array_agg(id ORDER BY id) AS ids,
    string_agg(digest, ''::bytea ORDER BY id) AS digests, clock_timestamp() AS sealed_at FROM fresh HAVING count(*) > 0
)
INSERT INTO audit_seal (number, upto, ids, digests, previous, sealed_at, hash)
SELECT head.number + 1, cut.upto, ids, digests, head.hash, sealed_at, sha256(head.hash || convert_to(json_build_array(
    $1::text, head.number + 1, cut.upto, (extract(epoch FROM sealed_at) * 1000000)::bigint
  )::text, 'UTF8') || digests)
FROM head, cut RETURNING number, encode(hash, 'hex') AS hash, cardinality(ids) AS rows
"""


@dataclass(frozen=True, slots=True)
class Head:
    """The newest seal of a service's chain, which stands for all before it."""

    service: str
    number: int
    hash: str


# --- sealing -----------------------------------------------------------------------------------------------------------------


async def seal_audit(service: Running) -> None:
    """Seal what commands wrote to the audit, as the only one who does, until cancelled; and once more then."""
    try:
        connection = await asyncpg.connect(service.database.url, timeout=3, command_timeout=30)
    except AWAY:
        raise Away from None
    try:
        if not await connection.fetchval("SELECT pg_try_advisory_lock(hashtext('gridwhistle.audit'))"):
            return
        untold = await _untold(connection, service.name)
        tell_at = time.monotonic() + (0 if untold else _TELL_EVERY_S)
        while True:
            untold = await _seal_and_write_down(connection, service) or untold
            if untold and time.monotonic() >= tell_at:
                await again(partial(_tell, service, untold))
                untold, tell_at = None, time.monotonic() + _TELL_EVERY_S
            await asyncio.sleep(_EVERY_S)
    except asyncio.CancelledError:
        with suppress(*AWAY, asyncpg.PostgresError):
            async with asyncio.timeout(_LAST_SEAL_S):
                await _seal_and_write_down(connection, service)
        raise
    except AWAY:
        raise Away from None
    finally:
        await connection.close(timeout=3)


async def _seal_and_write_down(connection: "asyncpg.Connection[Any]", service: Running) -> Head | None:
    """Seal all there is to seal; return the newest seal, if there is a new one."""
    newest = None
    while head := await seal(connection, service.name):
        newest = head
        if service.anchors_file:
            write_down(head, service.anchors_file)
    return newest


async def seal(connection: "asyncpg.Connection[Any]", service: str) -> Head | None:
    """Seal the next committed rows, and return the seal; None when there are none.

    Rows commit in another order than their ids, so an id is passed only when whoever may have drawn one as low has ended.
    """
    drawn = await connection.fetchval(_DRAWN)
    if drawn is None:
        return None
    writing = await _writers(connection)
    while writing:
        await asyncio.sleep(_LOOK_S)
        writing &= await _writers(connection)
    row = await connection.fetchrow(_SEAL, service, drawn, ROWS_MAX)
    return Head(service, row["number"], row["hash"]) if row else None


async def _writers(connection: "asyncpg.Connection[Any]") -> set[str]:
    return {row[0] for row in await connection.fetch(_WRITERS)}


# --- anchors -----------------------------------------------------------------------------------------------------------------


def write_down(head: Head, path: Path) -> None:
    """Append a head to a file. Nothing in the file is ever changed; best it lies where it can only be appended to."""
    line = {"service": head.service, "number": head.number, "hash": head.hash, "at": dt.datetime.now(dt.UTC)}
    with path.open("a+b") as file:
        file.seek(max(file.tell() - 1, 0))
        # A line that a loss of power cut short must not take this one with it.
        begin = b"" if file.read() in {b"", b"\n"} else b"\n"
        file.write(begin + orjson.dumps(line) + b"\n")


def written_down(path: Path) -> list[Head]:
    """Return the heads in a file; a line that was cut short is passed over."""
    heads = []
    for line in path.read_bytes().split(b"\n") if path.exists() else ():
        with suppress(orjson.JSONDecodeError):
            head = orjson.loads(line)
            heads.append(Head(head["service"], head["number"], head["hash"]))
    return heads


async def _untold(connection: "asyncpg.Connection[Any]", service: str) -> Head | None:
    """Return the newest seal, if no event has told of it; the service was stopped before one could."""
    row = await connection.fetchrow(
        "SELECT number, encode(hash, 'hex') FROM audit_seal WHERE number > (SELECT coalesce(max(number), 0) FROM audit_anchor)"
        " ORDER BY number DESC LIMIT 1"
    )
    return Head(service, *row) if row else None


async def _tell(service: Running, head: Head) -> None:
    """Let an event carry the head to where the service's database does not reach."""
    db = Db(service.database, scope="audit|tell", key=str(head.number), request_id=str(new_id()), background=True)
    async with db.command(system(service.name)) as tx:
        anchor = tx.insert(audit_anchors, event_no=0, area_code=NOWHERE, number=head.number, hash=head.hash)
        tx.tell(anchor, audit_sealed(service.name)(number=head.number, hash=head.hash))


# --- proof -------------------------------------------------------------------------------------------------------------------

_FAULTS_MAX: Final = 100
_SEALS_AT_ONCE: Final = 50


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that was done to the audit; where it concerns one row, its id."""

    seal: int
    what: str
    row: int | None = None


@dataclass(slots=True)
class Proof:
    """What looking at a whole chain showed."""

    service: str
    seals: int = 0
    newest: int = 0
    rows: int = 0
    unsealed: int = 0
    faults: list[Fault] = field(default_factory=list)

    def find(self, seal: int, what: str, row: int | None = None) -> None:
        """Note a fault; a hundred say enough."""
        if len(self.faults) < _FAULTS_MAX:
            self.faults.append(Fault(seal, what, row))


def digest_of(row: Any) -> bytes:
    """Return the digest of a row of the audit: SHA-256 over its values as a JSON array, times in microseconds."""
    values = [(value - _EPOCH) // _MICROSECOND if isinstance(value, dt.datetime) else value for value in row]
    return hashlib.sha256(json.dumps(values, ensure_ascii=False, default=str).encode()).digest()


def _hash_of(service: str, seal: Any) -> bytes:
    facts = [service, seal["number"], seal["upto"], (seal["sealed_at"] - _EPOCH) // _MICROSECOND]
    return hashlib.sha256(seal["previous"] + json.dumps(facts).encode() + seal["digests"]).digest()


async def prove(url: str, service: str, anchors: Iterable[Head] = ()) -> Proof:
    """Look at every seal and every row of a service's audit, computing all anew, and at the heads that others keep."""
    proof = Proof(service)
    known: dict[int, set[str]] = defaultdict(set)
    for head in anchors:
        if head.service == service:
            known[head.number].add(head.hash)
    connection = await asyncpg.connect(url, timeout=5)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            seals = await connection.cursor("SELECT * FROM audit_seal ORDER BY number")
            rows = _Rows(await connection.cursor(f"SELECT {', '.join(_COLUMNS)} FROM audit ORDER BY id"))
            previous = bytes(32)
            while some := await seals.fetch(_SEALS_AT_ONCE):
                for seal in some:
                    _check_seal(proof, seal, previous, known.pop(seal["number"], None))
                    _compare(proof, seal, await rows.upto(seal["upto"]))
                    previous = seal["hash"]
            for number in sorted(known):
                proof.find(number, "it was anchored, and is missing")
            proof.unsealed = len(await rows.upto(None))
    finally:
        await connection.close(timeout=3)
    return proof


class _Rows:
    """The rows of the audit in the order of their ids, read some at a time."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor
        self._read: list[Any] = []

    async def upto(self, id_: int | None) -> list[Any]:
        """Return the rows up to an id, or all, that were not returned before."""
        while (id_ is None or not self._read or self._read[-1]["id"] <= id_) and (more := await self._cursor.fetch(ROWS_MAX)):
            self._read += more
        end = len(self._read) if id_ is None else bisect_right(self._read, id_, key=itemgetter("id"))
        rows, self._read = self._read[:end], self._read[end:]
        return rows


def _check_seal(proof: Proof, seal: Any, previous: bytes, anchored: set[str] | None) -> None:
    """Compare a seal with the one before it, with itself, and with what was anchored of it."""
    proof.seals += 1
    number = seal["number"]
    if number != proof.newest + 1:
        proof.find(proof.newest + 1, "the seal is missing")
    elif seal["previous"] != previous:
        proof.find(number, "the seal does not follow from the one before it")
    if _hash_of(proof.service, seal) != seal["hash"]:
        proof.find(number, "the seal was changed")
    if anchored and anchored != {seal["hash"].hex()}:
        proof.find(number, "the seal is another one than was anchored: the chain was made anew from here or before")
    proof.newest = number


def _compare(proof: Proof, seal: Any, rows: list[Any]) -> None:
    """Compare the rows in a seal's reach with those that it sealed."""
    number, sealed = seal["number"], {}
    for position, id_ in enumerate(seal["ids"]):
        sealed[id_] = seal["digests"][32 * position : 32 * position + 32]
    for row in rows:
        digest = sealed.pop(row["id"], None)
        if digest is None:
            proof.find(number, "the row was added later", row["id"])
        elif digest != digest_of(row):
            proof.find(number, "the row was changed", row["id"])
    for missing in sealed:
        proof.find(number, "the row is missing", missing)
    proof.rows += len(rows)
