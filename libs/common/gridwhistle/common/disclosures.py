"""Personal values in full: shown one thing at a time, for a reason, to those whom the column names, and never unrecorded.

A service declares sealed columns; this gives each table that has some the route `POST …/{id}/reveal`, and the privacy officer
the list of who looked at what, when and why.
"""

import datetime as dt
import logging
from collections.abc import Callable, Sequence
from typing import Annotated, Any, ClassVar, Final, Literal
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime, Field
from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    Date,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    select,
)

from gridwhistle.common.calendars import day_of
from gridwhistle.common.database import Db as Work
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.ids import ActorId, AreaCode, OrgCode
from gridwhistle.common.personal import MASKED
from gridwhistle.common.presets import LOOKS
from gridwhistle.common.principal import PRIVATE, ROLES, Principal
from gridwhistle.common.problems import Forbidden, Invalid, NotFound, Problem, Term
from gridwhistle.common.reading import one, page
from gridwhistle.common.retention import Kept, root_of
from gridwhistle.common.rows import Row, thing_of
from gridwhistle.common.sealed import sealed_columns
from gridwhistle.common.tables import moment, place, plumbing
from gridwhistle.common.wire import Body, Keyset, Page, PageQuery, View

log = logging.getLogger(__name__)

disclosures = Table(
    "disclosure",
    plumbing,
    # The key counts a person's looks of a day, so that two at once cannot both be the last.
    Column("actor_id", Text, primary_key=True),
    Column("looked_on", Date, primary_key=True),
    Column("nth", Integer, primary_key=True),
    Column("id", Uuid, nullable=False),
    moment("at", nullable=False),
    Column("actor_role", Text, nullable=False),
    Column("org", Text),
    Column("thing", Text, nullable=False),
    Column("thing_id", Uuid, nullable=False),
    Column("part", Text),
    Column("part_id", Uuid),
    *place(),
    Column("fields", JSON, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    UniqueConstraint("id"),
    CheckConstraint("nth > 0", name="counts_from_one"),
    CheckConstraint("(part IS NULL) = (part_id IS NULL)", name="part_iff_part_id"),
    Index(None, "thing_id", "id"),
    info={"kept": Kept("r7", since="at")},
)
_NEWEST: Final = Keyset(disclosures.c.id)
Purpose = Literal["handling", "call_back", "verification", "emergency", "request_of_the_person", "supervision", "legal_duty"]


class UnknownField(Invalid):
    """A field that the thing has not, or that needs no revealing."""

    code = "unknown_field"
    zh, en = "{thing}可查看的字段:{allowed}。", "Of the {thing} there can be revealed: {allowed}."


class NotYoursToSee(Forbidden):
    """The values are for other roles."""

    code = "not_yours_to_see"
    zh, en = "这些字段须由以下角色查看:{roles}。", "These fields may be seen by: {roles}."


class EnoughForToday(Problem):
    """Somebody has looked at as many people today as anybody may."""

    status, code, kept = 429, "enough_for_today", False
    title = Term("今日查看次数已用完", "Enough for today")
    zh = "每人每天最多查看 {looks_max} 次完整个人信息;确有需要请联系个人信息保护负责人。"
    en = "Personal values may be looked at {looks_max} times a day; if you need more, ask the privacy officer."
    headers: ClassVar[dict[str, str]] = {"Retry-After": "3600"}


_Name = Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,39}$", examples=["phone"])]
_Fields = Annotated[list[_Name], Field(min_length=1, max_length=20)]


class Reveal(Body):
    """What to see in full, and why. The note goes to the privacy officer; write no personal values into it."""

    fields: _Fields
    purpose: Purpose
    note: Annotated[str, Field(min_length=2, max_length=200, examples=["回访井盖修复情况"]), MASKED]


class Revealed(View):
    """Values in full; null where there is none."""

    id: UUID
    values: Annotated[dict[str, Annotated[str | None, Field(max_length=2_000)]], Field(max_length=20)]
    looks_left_today: Annotated[int, Field(ge=0, le=10_000)]


class DisclosuresQuery(PageQuery):
    """Of one thing, or of one person's looks."""

    thing_id: UUID | None = None
    actor_id: ActorId | None = None


class DisclosureLine(View):
    """One look: who, at what, when and why."""

    id: UUID
    at: AwareDatetime
    actor_id: Annotated[str, Field(max_length=200, examples=["worker-17"])]
    actor_role: Annotated[str, Field(max_length=40, examples=["town_acceptor"])]
    org: OrgCode | None
    thing: Annotated[str, Field(max_length=63, examples=["incident"])]
    thing_id: UUID
    part: Annotated[str | None, Field(max_length=63)]
    part_id: UUID | None
    area_code: AreaCode
    fields: _Fields
    purpose: Purpose
    note: Annotated[str, Field(max_length=200, examples=["回访井盖修复情况"])]
    request_id: Annotated[str, Field(max_length=80)]


async def list_disclosures(query: Annotated[DisclosuresQuery, Query()], caller: Caller, db: Db) -> Page[DisclosureLine]:
    """List who saw personal values in full, newest first; with `thing_id`, who looked at this one."""
    return await page(db, caller, disclosures, _NEWEST, query, DisclosureLine)


def routes(service: str) -> Router:
    """Return the privacy officer's view of who looked."""
    router = Router(service, "Personal data 个人信息", in_every_service=True)
    router.get("/disclosures", may="privacy:read")(list_disclosures)
    return router


def reveals(service: str, tables: MetaData) -> Router:
    """Return the routes by which personal values are seen in full, one for each table that has any."""
    router = Router(service, "Personal data 个人信息", in_every_service=True)
    for table in tables.sorted_tables:
        if not sealed_columns(table):
            continue
        root, _ = root_of(table)
        path = f"/{_plural(root)}/{{thing_id}}" + ("" if root is table else f"/{_plural(table)}/{{part_id}}")
        router.post(f"{path}/reveal", may="personal:reveal")(_reveal_of(table))
    return router


def _plural(table: Table) -> str:
    plural: str = table.info.get("plural", f"{table.name}s")
    return plural


def _reveal_of(table: Table) -> Callable[..., Any]:
    """Return the endpoint for a table of things, or for one of their parts, which are found through the thing."""
    root, link = root_of(table)

    async def reveal(thing_id: UUID, body: Reveal, caller: Caller, db: Db) -> Revealed:
        return await _look(thing_id, None, body, caller, db)

    async def reveal_part(thing_id: UUID, part_id: UUID, body: Reveal, caller: Caller, db: Db) -> Revealed:
        return await _look(thing_id, part_id, body, caller, db)

    async def _look(thing_id: UUID, part_id: UUID | None, body: Reveal, caller: Principal, db: Work) -> Revealed:
        db.key = None  # no answer with the values is to be kept
        async with db.command(caller) as tx:
            thing = await one(db, caller, root, thing_id)
            role = _role_for(table, body.fields, caller)
            if role in PRIVATE:  # who holds no office sees what is their own
                await one(db, caller.alone(), root, thing_id)
            seen = thing if link is None else await _part(db, table, link, thing_id, part_id)
            today = day_of(tx.now)
            nth = await _looks_on(db, caller, today) + 1
            looks_max = tx.rule(LOOKS, thing.area_code).amount
            if nth > looks_max:
                log.warning("%s has used up today's looks at personal values", caller.id)
                raise EnoughForToday(looks_max=looks_max)
            tx.record(Row(table, {"id": seen.id}, None), "reveal", f"{body.purpose}: {' '.join(body.fields)}")
            tx.insert(
                disclosures,
                actor_id=caller.id,
                looked_on=today,
                nth=nth,
                at=tx.now,
                actor_role=role,
                org=caller.org,
                thing=root.name,
                thing_id=thing_id,
                part=table.name if link else None,
                part_id=part_id,
                area_code=thing.area_code,
                request_id=db.request_id,
                **dict(body),
            )
        values = {name: getattr(seen, name) and getattr(seen, name).full for name in body.fields}
        return Revealed(id=seen.id, values=values, looks_left_today=looks_max - nth)

    endpoint: Callable[..., Any] = reveal_part if link else reveal
    endpoint.__doc__ = "See personal values in full. Each look is recorded; a repeat, even under the same key, is another."
    endpoint.__name__ = f"reveal_{table.name}"
    return endpoint


async def _part(db: Work, table: Table, link: str, thing_id: UUID, part_id: UUID | None) -> Any:
    part = await db.first(select(table).where(table.c.id == part_id, table.c[link] == thing_id))
    if part is None:
        raise NotFound(thing=thing_of(table))
    return part


async def _looks_on(db: Work, caller: Principal, day: dt.date) -> int:
    """Return how often the caller has looked that day."""
    looks = select(func.coalesce(func.max(disclosures.c.nth), 0))
    return await db.counted(looks.where(disclosures.c.actor_id == caller.id, disclosures.c.looked_on == day))


def _role_for(table: Table, names: Sequence[str], caller: Principal) -> str:
    """Return the role in which the caller may see all of these fields.

    Raises:
        UnknownField: there is no such sealed column.
        NotYoursToSee: the columns are for other roles.
    """
    fields = sealed_columns(table)
    if not fields.keys() >= set(names):
        raise UnknownField(thing=thing_of(table), allowed=[Term(name, name) for name in fields])
    allowed = frozenset.intersection(*(fields[name].to for name in names))
    if not allowed & caller.roles:
        raise NotYoursToSee(roles=[ROLES[role] for role in sorted(allowed)])
    return min(allowed & caller.roles)
