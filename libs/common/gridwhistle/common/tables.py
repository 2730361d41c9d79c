"""Columns that every service's tables share, and the tables that each service's database carries for the plumbing."""

from collections.abc import Iterable
from typing import Any, get_args

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    Double,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSON
from sqlalchemy.schema import SchemaItem

from gridwhistle.common.problems import Term

NAMING = {
    "ix": "%(table_name)s_%(column_0_N_name)s",
    "uq": "%(table_name)s_%(column_0_N_name)s_once",
    "ck": "%(table_name)s_%(constraint_name)s",
    "fk": "%(table_name)s_%(column_0_name)s_exists",
    "pk": "%(table_name)s_pkey",
}
"""Constraints have names that read as claims; the write path maps them to problems by name."""
LEVELS = ("community_code", "town_code", "county_code")
"""The columns that say in which area a thing lies, besides its own."""


def root(*, numbered: bool = True) -> list[Column[Any]]:
    """Return the columns of a thing that commands hold: `version` is the row's, `event_no` counts its events without gaps."""
    columns: list[Column[Any]] = [Column("id", Uuid, primary_key=True), Column("version", Integer, nullable=False)]
    return [*columns, Column("event_no", Integer, nullable=False)] if numbered else columns


def code(name: str, *, nullable: bool = False) -> Column[str]:
    """Return a column for a code; collated "C", so that prefixes and order are those of its digits."""
    return Column(name, Text(collation="C"), nullable=nullable)


def place(*, grid: bool | None = None) -> list[Column[Any]]:
    """Return the columns by which jurisdiction is checked and lists are filtered: an area code, and its levels.

    Args:
        grid: None for things of an area; True for things of a grid; False for things that may lie in a grid.
    """
    if grid:
        area: Column[Any] = Column("area_code", Text(collation="C"), Computed("left(grid_code, 12)", persisted=True))
        source = "grid_code"
    else:
        area, source = code("area_code"), "area_code"
    levels = [
        Column(name, Text(collation="C"), Computed(f"left({source}, {length})", persisted=True))
        for name, length in (("county_code", 6), ("town_code", 9), ("community_code", 12))
    ]
    return [*([] if grid is None else [code("grid_code", nullable=not grid)]), area, *levels]


def moment(name: str, *, nullable: bool = True) -> Column[Any]:
    """Return a column for a point in time."""
    return Column(name, DateTime(timezone=True), nullable=nullable)


def word(name: str, words: Any) -> list[SchemaItem]:
    """Return a column for one of a few words, and the constraint that it is one of them.

    Args:
        name: of the column.
        words: a `Literal` type, or a tuple such as the states of a machine.
    """
    listed = ", ".join(f"'{one}'" for one in get_args(words) or words)
    return [Column(name, Text, nullable=False), CheckConstraint(f"{name} IN ({listed})", name=f"{name}_is_known")]


def newest_first(table: Table, *columns: Column[Any], levels: Iterable[str] = LEVELS) -> None:
    """Give a table the indexes by which it is listed: of an area at any level, by these columns, newest first.

    Args:
        table: with the columns of `place`.
        columns: the order of the list.
        levels: the columns that say where; more when things lie in grids.
    """
    for level in levels:
        Index(f"{table.name}_{level}_newest", table.c[level], *(column.desc() for column in columns))


def copy(name: str, metadata: MetaData, *columns: SchemaItem, **info: Any) -> Table:
    """Return a table for copies of what another service tells; they decide nothing that a row of ours does not guard."""
    own = Column("id", Uuid, primary_key=True), Column("event_no", Integer, nullable=False)
    return Table(name, metadata, *own, *columns, info=info)


def emergency_session() -> list[SchemaItem]:
    """Return the column that says in which emergency session (应急) a row was made, for tables that keep personal values.

    Commands fill it from the request or event that they follow; when the session is over, what is personal goes.
    """
    there = text("emergency_session_id IS NOT NULL")
    return [Column("emergency_session_id", Uuid), Index(None, "emergency_session_id", postgresql_where=there)]


plumbing = MetaData(naming_convention=NAMING)
"""The same in every service's database; kept apart from the service's own tables."""

history = Table(
    "history",
    plumbing,
    Column("thing_id", Uuid, primary_key=True),
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("version", Integer, nullable=False),
    moment("at", nullable=False),
    Column("action", Text, nullable=False),
    Column("from_state", Text),
    Column("to_state", Text, nullable=False),
    Column("actor_id", Text, nullable=False),
    Column("actor_role", Text, nullable=False),
    Column("org", Text),
    Column("reason", Text),
)
audit = Table(
    "audit",
    plumbing,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    moment("at", nullable=False),
    Column("actor_id", Text, nullable=False),
    Column("actor_role", Text, nullable=False),
    Column("org", Text),
    Column("action", Text, nullable=False),
    Column("object_type", Text, nullable=False),
    Column("object_id", Uuid, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("reason", Text),
    Index(None, "at", postgresql_using="brin"),  # costs a row next to nothing, and auditors ask for days
    # Things of a day lie together, so this costs a row a few microseconds. One by actor costs five times that, for a question
    # that is asked of some days, which the one above finds.
    Index(None, "object_id", "id"),
)
# Rows of the audit, chained: each seal proves its rows and the seal before it. Written once, apart from the commands.
audit_seals = Table(
    "audit_seal",
    plumbing,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("upto", BigInteger, nullable=False),  # every row up to this id is in this seal or in one before it
    Column("ids", ARRAY(BigInteger), nullable=False),
    Column("digests", LargeBinary, nullable=False),  # of the rows in the order of their ids, 32 bytes each
    Column("previous", LargeBinary, nullable=False),
    moment("sealed_at", nullable=False),
    Column("hash", LargeBinary, nullable=False),
    CheckConstraint("number > 0", name="counts_from_one"),
    CheckConstraint("length(digests) = 32 * cardinality(ids)", name="a_digest_for_each_row"),
)
# The heads of the chain that events told of: a list that is only appended to.
audit_anchors = Table(
    "audit_anchor",
    plumbing,
    Column("id", Uuid, primary_key=True),
    Column("event_no", Integer, nullable=False),
    code("area_code"),
    Column("number", BigInteger, nullable=False),
    Column("hash", Text, nullable=False),
    UniqueConstraint("number"),
)
# What was told, written in the statement of the change it tells of, and kept: PostgreSQL is the truth, JetStream is transport.
outbox = Table(
    "outbox",
    plumbing,
    Column("event_id", Uuid, primary_key=True),
    Column("aggregate_id", Uuid, nullable=False),
    Column("event_no", Integer, nullable=False),
    Column("subject", Text, nullable=False),
    Column("envelope", JSON, nullable=False),
    moment("occurred_at", nullable=False),
    Column("epoch", Integer, nullable=False),  # raised when the event is published again: JetStream drops an id it knows
    UniqueConstraint("aggregate_id", "event_no"),
)
# What is still to be published, in order. Apart from the outbox, so that publishing rewrites no wide rows.
waiting = Table(
    "waiting",
    plumbing,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("event_id", Uuid, nullable=False),
)
# What is in the stream, and where.
published = Table(
    "published",
    plumbing,
    Column("stream_seq", BigInteger, primary_key=True),
    Column("event_id", Uuid, nullable=False),
)
# What is older than any stream; asked for when a service wants a thing's first events, or rebuilds its copies.
outbox_archive = Table(
    "outbox_archive",
    plumbing,
    Column("event_id", Uuid, primary_key=True),
    Column("aggregate_id", Uuid, nullable=False),
    Column("event_no", Integer, nullable=False),
    Column("subject", Text, nullable=False),
    Column("envelope", JSON, nullable=False),
    moment("occurred_at", nullable=False),
    Column("epoch", Integer, nullable=False),
    UniqueConstraint("aggregate_id", "event_no"),
)
# The last event that took effect here, of each thing of other services.
heard = Table(
    "heard",
    plumbing,
    Column("thing_id", Uuid, primary_key=True),
    Column("event_no", Integer, nullable=False),
    Column("event_id", Uuid, nullable=False),
)
# Events that could not take effect when they came, kept here and not in the stream: PostgreSQL counts the tries.
parked = Table(
    "parked",
    plumbing,
    *root(numbered=False),
    *place(),
    Column("state", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("fault", Text),  # the kind of error and where it happened, never what it happened with
    Column("source", Text, nullable=False),  # the service that told
    Column("subject", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("thing_id", Uuid, index=True),
    Column("event_no", Integer),
    Column("after_no", Integer, nullable=False),  # the number that must have been heard before
    Column("tries", Integer, nullable=False),
    moment("parked_at", nullable=False),
    moment("next_at"),
    CheckConstraint("state IN ('waiting', 'dead', 'discarded')", name="state_is_known"),
    CheckConstraint("why IN ('early', 'failed', 'unreadable', 'forked')", name="why_is_known"),
    CheckConstraint("state <> 'waiting' OR next_at IS NOT NULL", name="waits_for_a_time"),
    Index("parked_due", "next_at", postgresql_where=text("next_at IS NOT NULL")),
    info={"thing": Term("未处理消息", "dead letter")},
)
# One key, one answer: idempotency of requests, and the inbox of events.
command_key = Table(
    "command_key",
    plumbing,
    Column("scope", Text, primary_key=True),  # what kind of command, and whose
    Column("key", Text, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("answer", LargeBinary, nullable=False),  # sealed: it may hold personal data
    moment("at", nullable=False),
    # For the sweep: a key is in one of them, and goes in at its end. BRIN would cost less, but its ranges never shrink, and
    # what is swept makes room for what is new, so that soon each of them may have something old.
    Index("command_key_requests_at", "at", postgresql_where=text("scope LIKE 'request|%'")),
    Index("command_key_others_at", "at", postgresql_where=text("scope NOT LIKE 'request|%'")),
)
# Whose tokens are refused when they were issued before. Rows are only ever added.
revoked = Table(
    "revoked",
    plumbing,
    Column("id", Uuid, primary_key=True),
    Column("event_no", Integer, nullable=False),
    Column("subject_id", Text, nullable=False),
    moment("since", nullable=False),
    code("area_code"),
)
# Codes that areas had until they were merged into another, whose code is understood for them. Rows are only ever added.
moved_areas = Table(
    "moved_area",
    plumbing,
    Column("id", Uuid, primary_key=True),
    Column("event_no", Integer, nullable=False),
    code("area_code"),
    code("merged_into"),
)
# Which stream the events are in; another one under the same name must be filled again.
stream = Table(
    "stream",
    plumbing,
    Column("name", Text, primary_key=True),
    Column("created", Text, nullable=False),
)
# Files that people sent. A thing that has some carries a line for each in its own row, for whoever looks at it.
attachment = Table(
    "attachment",
    plumbing,
    *root(numbered=False),
    Column("sha256", Text(collation="C"), nullable=False),  # of the content that is kept, and its name in the folder
    Column("media_type", Text, nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("width", Integer),
    Column("height", Integer),
    Column("kind", Text),  # what a picture shows
    moment("taken_at"),
    Column("lon", Double),
    Column("lat", Double),
    Column("uploaded_by", Text, nullable=False),
    moment("uploaded_at", nullable=False),
    Column("thing_table", Text),
    Column("thing_id", Uuid),
    moment("attached_at"),
    Index(None, "sha256"),
    CheckConstraint("(thing_table IS NULL) = (thing_id IS NULL)", name="thing_table_iff_thing_id"),
    CheckConstraint("(attached_at IS NULL) = (thing_id IS NULL)", name="attached_at_iff_thing_id"),
    CheckConstraint("(width IS NULL) = (height IS NULL)", name="width_iff_height"),
    CheckConstraint("(lon IS NULL) = (lat IS NULL)", name="lon_iff_lat"),
    CheckConstraint("size_bytes > 0", name="is_not_empty"),
    CheckConstraint("kind IN ('near', 'far', 'reference', 'before', 'after')", name="kind_is_known"),
    info={"thing": Term("附件", "attachment")},
)
Index("attachment_unused", attachment.c.uploaded_at, postgresql_where=attachment.c.thing_id.is_(None))
number = Table(
    "number",
    plumbing,
    Column("series", Text, primary_key=True),
    Column("last", BigInteger, nullable=False),
    CheckConstraint("last > 0", name="counts_from_one"),
)
