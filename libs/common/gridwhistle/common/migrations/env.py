"""Alembic's entry: runs on the connection that it is given."""

from typing import Any

from alembic import context
from alembic.operations.ops import CreateTableOp

from gridwhistle.common.sealed import Sealed

config = context.config


def _schema_alone(_context: Any, _revision: Any, directives: list[Any]) -> None:
    """Leave out of a new migration what tables carry for our code: a migration is about the database."""
    for operation in directives[0].upgrade_ops.ops:
        if isinstance(operation, CreateTableOp):
            operation.info.clear()


def _as_in_the_database(kind: str, item: Any, _context: Any) -> Any:
    """Render sealed columns as the bytes that they are."""
    return "sa.LargeBinary()" if kind == "type" and isinstance(item, Sealed) else False


context.configure(
    connection=config.attributes["connection"],
    target_metadata=config.attributes["tables"],
    compare_server_default=False,
    include_name=lambda name, kind, _parents: kind != "table" or name not in config.attributes["others"],
    process_revision_directives=_schema_alone,
    render_item=_as_in_the_database,
)
with context.begin_transaction():
    # A migration that has to wait for a lock makes everybody else wait behind it: better it fails and is tried again.
    context.execute("SET LOCAL lock_timeout = '5s'")
    context.run_migrations()
