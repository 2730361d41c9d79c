"""Warnings, and the messages in which each was issued, changed and lifted."""

from typing import Final

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import JSON

from gridwhistle.common.events.inventory_alerts import AuthorityLevel, Colour
from gridwhistle.common.problems import Term
from gridwhistle.common.retention import Kept
from gridwhistle.common.sealed import PUBLIC
from gridwhistle.common.tables import code, moment, newest_first, place, root, word
from gridwhistle.inventory.alerts.domain import ENDED, WARNING, WARNING_ID, Status
from gridwhistle.inventory.tables import metadata

warnings: Final = Table(
    "warning",
    metadata,
    *root(),
    *place(),
    *word("state", WARNING.states),
    code("warning_id"),
    Column("issuing_authority", Text, nullable=False),  # as it calls itself in its messages; nobody else changes its warning
    Column("authority_name", Text, info=PUBLIC),
    *word("authority_level", AuthorityLevel),
    *word("colour", Colour),
    *word("status", Status),
    Column("event_code", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("areas", JSON, nullable=False),
    Column("headline", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("instruction", Text, nullable=False),
    Column("edition", Integer, nullable=False),
    Column("is_late", Boolean, nullable=False),
    Column("correlation_id", Text, nullable=False),
    moment("sent_at", nullable=False),
    moment("starts_at", nullable=False),
    moment("expires_at", nullable=False),
    moment("relayed_at", nullable=False),
    moment("terminal_at"),
    UniqueConstraint("county_code", "warning_id"),
    CheckConstraint(f"warning_id ~ '{WARNING_ID}'", name="id_is_its_authoritys"),
    CheckConstraint("length(issuing_authority) > 0", name="has_an_issuing_authority"),
    CheckConstraint("edition > 0", name="counts_from_one"),
    CheckConstraint(
        f"(terminal_at IS NOT NULL) = (state IN ({', '.join(repr(state) for state in ENDED)}))", name="terminal_at_iff_ended"
    ),
    info={"thing": WARNING.thing, "kept": Kept("r2", since="terminal_at"), "machine": WARNING},
)
newest_first(warnings, warnings.c.relayed_at, warnings.c.id)

messages: Final = Table(
    "warning_message",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("warning_id", Uuid, ForeignKey(warnings.c.id), nullable=False),
    code("county_code"),
    code("identifier"),
    *word("kind", ("alert", "update", "cancel")),
    Column("content", Text, nullable=False),  # as it came, signature and all
    moment("sent_at", nullable=False),
    moment("received_at", nullable=False),
    UniqueConstraint("county_code", "identifier"),
    Index(None, "warning_id"),
    info={"thing": Term("预警消息", "warning message")},
)
