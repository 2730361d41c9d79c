"""Retention: how long each kind of row is kept, and taking away what is past its time, with a certificate of each time.

A table says its class, and the column from which the time counts; a personal column may have a shorter one of its own. How long
a class is kept is a rule (`retention.r2`). What is past its time goes in statements that write their certificate as well: how
many rows, and a hash over their ids, so that anybody can prove that a row was among them, and nobody can read who it was. A
legal hold stops all of it.
"""

import asyncio
import datetime as dt
import hashlib
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Final, Literal, NamedTuple
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime, Field
from sqlalchemy import CheckConstraint, Column, Index, Integer, MetaData, Table, Text, Uuid

from gridwhistle.common.commands import Command
from gridwhistle.common.database import Database
from gridwhistle.common.database import Db as Work
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.ids import new_id
from gridwhistle.common.lived import believed
from gridwhistle.common.presets import RETENTION
from gridwhistle.common.problems import Busy, Term
from gridwhistle.common.reading import page
from gridwhistle.common.rows import Row
from gridwhistle.common.rules import RULES
from gridwhistle.common.running import Loop, Running
from gridwhistle.common.sealed import sealed_columns
from gridwhistle.common.statements import quoted
from gridwhistle.common.tables import attachment, code, moment, place, plumbing, root
from gridwhistle.common.wire import Keyset, Page, PageQuery, View

log = logging.getLogger(__name__)
CLASSES: Final[Mapping[str, str | None]] = {
    **{preset.key.partition(".")[2]: f"{preset.value} {preset.unit}s" for preset in RETENTION},
    "r8": None,  # for good: what tells of no person, or is in use until it ends
}
"""How long each class is kept, until a county says otherwise."""
_AT_ONCE: Final = 1_000
_EVERY_S: Final = 24 * 3600.0
Reason = Literal["expired", "withdrawn", "emergency_end", "request"]


class Kept(NamedTuple):
    """How long a table's rows are kept: `info={"kept": Kept("r2", since="closed_at")}`."""

    retention: str
    since: str | None = None
    """The column from which the time counts; None: nothing ends it yet."""


certificates = Table(
    "deletion_certificate",
    plumbing,
    Column("id", Uuid, primary_key=True),
    code("county_code"),
    Column("things", Text, nullable=False),
    Column("taken", Text),  # the columns that were emptied; none: the rows are gone
    Column("filter", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("rows", Integer, nullable=False),
    moment("executed_at", nullable=False),
    Column("hash", Text, nullable=False),
    Column("emergency_session_id", Uuid),
    CheckConstraint("reason IN ('expired', 'withdrawn', 'emergency_end', 'request')", name="reason_is_known"),
    CheckConstraint("(emergency_session_id IS NOT NULL) = (reason = 'emergency_end')", name="session_iff_emergency_end"),
    Index(None, "emergency_session_id"),
    info={"kept": Kept("r8")},
)
# Sessions that are over; a row of one that comes in later (from a device that was offline) goes with the next daily round.
purged_sessions = Table(
    "purged_session",
    plumbing,
    *root(),
    *place(),
    Column("session_id", Uuid),  # of rows of the first releases it is the id
    moment("purged_at", nullable=False),
    info={"thing": Term("应急会话", "emergency session"), "kept": Kept("r8")},
)
_NEWEST: Final = Keyset(certificates.c.id)


# --- what is past its time ---------------------------------------------------------------------------------------------------


def purging(tables: MetaData) -> Loop:
    """Return the loop that takes away what is past its time, once a day."""

    async def purge_daily(service: Running) -> None:
        while True:
            try:
                await make_a_round(service.database, service.name, tables)
            except Busy:
                # A statement took too long. Tried at once again it would take as long, and others would wait for it.
                log.warning("the daily purge of %s was cut short and goes on tomorrow", service.name)
            await asyncio.sleep(_EVERY_S)

    return purge_daily


async def make_a_round(database: Database, service: str, tables: MetaData) -> None:
    """Take away what is past its time, unless the clock is in doubt, and what came in for sessions that are over."""
    now = await database.now(database.background)
    if await believed(database, service, now):
        await purge(database, tables, now)
    await purge_late(database, tables, now)


async def purge(database: Database, tables: MetaData, now: dt.datetime) -> int:
    """Empty personal columns and delete rows that are past their time; return how many rows it was."""
    rules = await RULES.of(Work(database, scope="purge", key=None, request_id=str(new_id()), background=True))
    rows = 0
    for table in (*tables.sorted_tables, *plumbing.sorted_tables):
        kept = kept_of(table)
        if kept is None or kept.since is None:
            continue
        past = f"{{root}}.{quoted(kept.since)} < $1::timestamptz - $2::text::interval"
        takes = [(retention, _empty(table, names, past)) for retention, names in _emptied_early(table).items()]
        if "kept" in table.info:
            takes.append((kept.retention, _delete(table, past)))
        for retention, sql in takes:
            for rule, narrower in rules.everywhere(f"retention.{retention}", now):
                time = f"{rule.value} {rule.unit}s"
                rows += await _take(database, sql, now, time, f"{kept.since}, {retention}", within=(rule.area_code, narrower))
    return rows


async def purge_late(database: Database, tables: MetaData, now: dt.datetime) -> None:
    """Empty the personal columns of what came in for emergency sessions when they were over."""
    for session in await database.run(database.background, "SELECT coalesce(session_id, id) AS id FROM purged_session"):
        await purge_session(database, tables, session["id"], now)


async def purge_session(database: Database, tables: MetaData, session_id: UUID, now: dt.datetime) -> int:
    """Empty the personal columns of all rows that were made in an emergency session; return how many rows it was.

    A child may be of a session that its root is not of: a shelter stands for years, and is opened for one response.
    """
    rows = 0
    for table in tables.sorted_tables:
        whose = {alias for alias, of in (("t", table), ("{root}", root_of(table)[0])) if "emergency_session_id" in of.c}
        if whose and sealed_columns(table):
            condition = " OR ".join(f"{alias}.emergency_session_id = $2::text::uuid" for alias in sorted(whose))
            sql = _empty(table, sealed_columns(table), f"({condition})")
            rows += await _take(database, sql, now, str(session_id), "emergency_session_id", session_id)
    return rows


def certify(
    tx: Command,
    things: str,
    ids: Sequence[str],
    reason: Reason,
    *,
    why: str,
    taken: Iterable[str] = (),
    session_id: UUID | None = None,
) -> Row:
    """Write the certificate (删除证明) of what a command takes away where its thing lies; its hash is over ids, a line each.

    Args:
        tx: the command.
        things: what they are: the name of a table.
        ids: of each of them, in order.
        reason: as certificates say it.
        why: what was looked for, or asked.
        taken: the columns that are emptied; none: the things are gone.
        session_id: the emergency session that is over.
    """
    return tx.insert(
        certificates,
        county_code=tx.row.area_code[:6],
        things=things,
        taken=" ".join(taken) or None,
        filter=why,
        reason=reason,
        rows=len(ids),
        executed_at=tx.now,
        hash=hashlib.sha256("\n".join(ids).encode()).hexdigest(),
        emergency_session_id=session_id,
    )


def kept_of(table: Table) -> Kept | None:
    """Return how long a table's rows are kept; a child is kept as long as its root."""
    kept: Kept | None = root_of(table)[0].info.get("kept")
    return kept


async def _take(
    database: Database,
    sql: str,
    now: dt.datetime,
    value: str,
    counted: str,
    session_id: UUID | None = None,
    within: tuple[str, Iterable[str]] = ("", ()),
) -> int:
    """Run a statement until it finds nothing more in an area, less the narrower ones; return how many rows it found."""
    reason: Reason = "emergency_end" if session_id else "expired"
    area, narrower = within
    places = (f"{area}%", [f"{code}%" for code in narrower])
    rows, taken = 0, _AT_ONCE
    while taken >= _AT_ONCE:
        certified = await database.run(
            database.background, sql, now, value, _AT_ONCE, f"{counted}: {value}", reason, session_id, *places
        )
        taken = sum(row["rows"] for row in certified)
        rows += taken
    return rows


# --- its statements ----------------------------------------------------------------------------------------------------------


def root_of(table: Table) -> tuple[Table, str | None]:
    """Return the table by which a table's rows are kept, and the column that leads there; itself, and None, if it says so."""
    if "kept" not in table.info:
        for column in table.c:
            for key in column.foreign_keys:
                if "kept" in key.column.table.info:
                    return key.column.table, column.name
    return table, None


def _emptied_early(table: Table) -> dict[str, list[str]]:
    """Return the personal columns that go before their rows do, by class."""
    columns: dict[str, list[str]] = defaultdict(list)
    for name, field in sealed_columns(table).items():
        if field.kept:
            columns[field.kept].append(name)
    return columns


def _empty(table: Table, names: Iterable[str], condition: str) -> str:
    fields = sealed_columns(table)
    emptied = [column for name in names for column in (name, fields[name].mark) if column]
    changes = ", ".join(f"{quoted(name)} = NULL" for name in emptied)
    # Whoever holds the row must not write back what they read before.
    changes += ", version = t.version + 1" if "version" in table.c else ""
    still = " OR ".join(f"t.{quoted(name)} IS NOT NULL" for name in names)
    update = f"UPDATE {quoted(table.name)} t SET {changes} FROM due WHERE t.id = due.id RETURNING t.id, due.county"
    return _certified(_due(table, f"{condition} AND ({still})"), {table: update}, taken=" ".join(names))


def _delete(table: Table, condition: str) -> str:
    deletes, still = {}, ""
    for other in table.metadata.sorted_tables:
        links = [column.name for column in other.c for key in column.foreign_keys if key.column.table is table]
        for link in links:
            if "kept" in other.info:
                still += f" AND NOT EXISTS (SELECT FROM {quoted(other.name)} o WHERE o.{quoted(link)} = t.id)"
            else:
                deletes[other] = (
                    f"DELETE FROM {quoted(other.name)} c USING due WHERE c.{quoted(link)} = due.id RETURNING c.id, due.county"
                )
    deletes[table] = f"DELETE FROM {quoted(table.name)} t USING due WHERE t.id = due.id RETURNING t.id, due.county"
    # The files themselves go with the next day's sweep, as no row names them any more.
    deletes[attachment] = "DELETE FROM attachment a USING due WHERE a.thing_id = due.id RETURNING a.id, due.county"
    own = (
        "h AS (DELETE FROM history USING due WHERE history.thing_id = due.id),"
        " k AS (DELETE FROM clock USING due WHERE clock.owner_id = due.id)"
    )
    return _certified(f"{_due(table, condition + still)}, {own}", deletes, taken=None)


def _due(table: Table, condition: str) -> str:
    """Return the rows that a statement takes, under the name `due`; what is held, or being written just now, stays."""
    root, link = root_of(table)
    alias, join = ("r", f" JOIN {quoted(root.name)} r ON r.id = t.{quoted(link)}") if link else ("t", "")
    county = f"{alias}.county_code" if "county_code" in root.c else f"left({alias}.grid_code, 6)"
    # Whoever placed a hold after we began to look has moved the root: as we lock it, it is another version than the one we saw.
    seen = f"(SELECT s.version FROM {quoted(root.name)} s WHERE s.id = {alias}.id)"
    unmoved = f" AND {alias}.version = {seen}" if "version" in root.c else ""
    return (
        f"due AS (SELECT t.id, {county} AS county FROM {quoted(table.name)} t{join} WHERE {condition.format(root=alias)}"
        f" AND {county} LIKE $7::text AND NOT {county} LIKE ANY($8::text[])"
        f" AND NOT EXISTS (SELECT FROM legal_hold l WHERE l.thing_id = {alias}.id AND l.state = 'held')"
        f"{unmoved} LIMIT $3 FOR UPDATE OF t{', r' if link else ''} SKIP LOCKED)"
    )


def _certified(due: str, takes: Mapping[Table, str], taken: str | None) -> str:
    """Return the one statement that takes rows away and certifies it, a certificate for each table and county."""
    parts = ", ".join(f"w{number} AS ({take})" for number, take in enumerate(takes.values()))
    each = (f"SELECT '{table.name}' AS things, id, county FROM w{number}" for number, table in enumerate(takes))
    what = f"'{taken}'" if taken else "NULL"
    return (
        f"WITH {due}, {parts}, gone AS ({' UNION ALL '.join(each)}) INSERT INTO deletion_certificate"
        " (id, county_code, things, taken, filter, reason, rows, executed_at, hash, emergency_session_id)"
        f" SELECT uuidv7(), county, things, {what}, $4::text, $5::text, count(*), $1::timestamptz,"
        " encode(sha256(convert_to(string_agg(id::text, E'\\n' ORDER BY id), 'UTF8')), 'hex'), $6::uuid"
        " FROM gone GROUP BY things, county RETURNING rows"
    )


# --- what the officer sees ---------------------------------------------------------------------------------------------------


class CertificatesQuery(PageQuery):
    """Of one kind of thing, of one reason, or of one emergency session."""

    things: Annotated[str | None, Field(pattern="^[a-z][a-z0-9_]{0,62}$", examples=["incident"])] = None
    reason: Reason | None = None
    emergency_session_id: UUID | None = None


class CertificateLine(View):
    """What was taken away at one time. `hash` is SHA-256 over the ids of the rows, in order, a line each."""

    id: UUID
    county_code: Annotated[str, Field(pattern="^[0-9]{6}$", examples=["990101"])]
    things: Annotated[str, Field(max_length=63, examples=["incident"])]
    taken: Annotated[str | None, Field(max_length=500, description="The columns that were emptied; null: the rows are gone.")]
    filter: Annotated[str, Field(max_length=200, examples=["closed_at, r1: 180 days"])]
    reason: Reason
    rows: Annotated[int, Field(ge=1, le=2**31 - 1)]
    executed_at: AwareDatetime
    hash: Annotated[str, Field(pattern="^[0-9a-f]{64}$", examples=[hashlib.sha256().hexdigest()])]
    emergency_session_id: UUID | None


async def list_certificates(query: Annotated[CertificatesQuery, Query()], caller: Caller, db: Db) -> Page[CertificateLine]:
    """List the certificates of deletion (删除证明), newest first."""
    return await page(db, caller, certificates, _NEWEST, query, CertificateLine)


def routes(service: str) -> Router:
    """Return the privacy officer's view of what was taken away."""
    router = Router(service, "Personal data 个人信息", in_every_service=True)
    router.get("/deletion_certificates", may="privacy:read")(list_certificates)
    return router
