"""What auditors can ask of every service: who did what to what, and the seals that prove it."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime, Field
from sqlalchemy import ColumnElement, Table, and_, func, or_, select

from gridwhistle.common.data_classes import Word
from gridwhistle.common.database import Database
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.ids import ActorId, OrgCode
from gridwhistle.common.jurisdiction import within
from gridwhistle.common.principal import Principal
from gridwhistle.common.reading import filters
from gridwhistle.common.tables import attachment, audit, audit_seals, plumbing
from gridwhistle.common.wire import Keyset, Moment, Page, PageQuery, View


class AuditQuery(PageQuery):
    """Which entries of the audit."""

    object_type: Annotated[
        str | None,
        Field(pattern="^[a-z][a-z0-9_]{0,59}$", description="What kind of thing it was done to.", examples=["incident"]),
    ] = None
    object_id: UUID | None = None
    actor_id: ActorId | None = None
    since: Annotated[Moment | None, Field(description="Not older than this.")] = None
    until: Annotated[Moment | None, Field(description="Older than this.")] = None


class AuditLine(View):
    """One thing that somebody did."""

    id: Annotated[int, Field(ge=1, le=2**63 - 1)]
    at: AwareDatetime
    actor_id: Annotated[str, Field(max_length=255, examples=["demo-town_acceptor"])]
    actor_role: Annotated[Word, Field(examples=["town_acceptor"])]
    org: OrgCode | None
    action: Word
    object_type: Annotated[Word, Field(examples=["incident"])]
    object_id: UUID
    request_id: Annotated[str, Field(max_length=80)]
    reason: Annotated[str | None, Field(max_length=500)]


class SealLine(View):
    """A seal of the audit: how many rows it proves, and the hash that stands for them and for every seal before."""

    number: Annotated[int, Field(ge=1, le=2**63 - 1)]
    sealed_at: AwareDatetime
    rows: Annotated[int, Field(ge=1, le=2**63 - 1)]
    hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", examples=["0" * 64])]


async def list_audit(query: Annotated[AuditQuery, Query()], caller: Caller, db: Db) -> Page[AuditLine]:
    """List what was done to things of your jurisdiction, newest first."""
    order = Keyset(audit.c.id)
    asked = [*filters(audit, query), _within(db.database, caller)]
    if query.since:
        asked.append(audit.c.at >= query.since)
    if query.until:
        asked.append(audit.c.at < query.until)
    rows, next_cursor = order.cut(await db.fetch(order.page(select(audit).where(*asked), query)), query)
    return Page[AuditLine].model_construct(items=[AuditLine.of(row) for row in rows], next_cursor=next_cursor)


async def list_seals(query: Annotated[PageQuery, Query()], db: Db) -> Page[SealLine]:
    """List the seals of this service's audit, newest first. `gridwhistle audit verify` proves them."""
    order = Keyset(audit_seals.c.number)
    shown = select(
        audit_seals.c.number,
        audit_seals.c.sealed_at,
        func.cardinality(audit_seals.c.ids).label("rows"),
        func.encode(audit_seals.c.hash, "hex").label("hash"),
    )
    rows, next_cursor = order.cut(await db.fetch(order.page(shown, query)), query)
    return Page[SealLine].model_construct(items=[SealLine.of(row) for row in rows], next_cursor=next_cursor)


def routes(service: str) -> Router:
    """Return the routes, for a service by its name."""
    router = Router(service, "Operations 运维", in_every_service=True)
    router.get("/audit", may="audit:read")(list_audit)
    router.get("/audit/seals", may="audit:read")(list_seals)
    return router


def _within(database: Database, caller: Principal) -> ColumnElement[bool]:
    """Return the jurisdiction for the audit: an entry is seen by whoever may see the thing, or when its kind lies nowhere."""
    placed = [table for table in (*database.tables, *plumbing.tables.values()) if "county_code" in table.c]
    nowhere = audit.c.object_type.not_in([attachment.name, *(table.name for table in placed)])

    def seen(table: Table, id_: ColumnElement[UUID]) -> ColumnElement[bool]:
        return select(table.c.id).where(table.c.id == id_, within(table, caller)).exists()

    theirs = (and_(audit.c.object_type == table.name, seen(table, audit.c.object_id)) for table in placed)
    # A file is seen with the thing that it belongs to, and by nobody before.
    files = select(attachment.c.id).where(
        attachment.c.id == audit.c.object_id,
        or_(*(and_(attachment.c.thing_table == table.name, seen(table, attachment.c.thing_id)) for table in placed)),
    )
    return or_(nowhere, *theirs, and_(audit.c.object_type == attachment.name, files.exists()))
