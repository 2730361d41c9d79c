"""What relatives give each other (亲情转赠)."""

from sqlalchemy import CheckConstraint, Column, Index, Integer, Table, Uuid

from gridwhistle.common.retention import Kept
from gridwhistle.common.tables import moment, newest_first, place, root, word
from gridwhistle.timebank.tables import metadata
from gridwhistle.timebank.transfer_states import TRANSFER

transfers = Table(
    "transfer",
    metadata,
    *root(),
    *place(),
    Column("from_id", Uuid, nullable=False, index=True),
    Column("to_id", Uuid, nullable=False, index=True),
    Column("minutes", Integer, nullable=False),
    *word("state", TRANSFER.states),
    moment("offered_at", nullable=False),
    moment("terminal_at"),
    CheckConstraint("minutes > 0", name="gives_something"),
    CheckConstraint("from_id <> to_id", name="between_two"),
    CheckConstraint("(terminal_at IS NOT NULL) = (state <> 'offered')", name="terminal_at_iff_answered"),
    info={"thing": TRANSFER.thing, "kept": Kept("r4", since="terminal_at"), "machine": TRANSFER},
)
newest_first(transfers, transfers.c.id)
Index("transfer_accepted", transfers.c.from_id, transfers.c.terminal_at, postgresql_where=transfers.c.state == "accepted")
