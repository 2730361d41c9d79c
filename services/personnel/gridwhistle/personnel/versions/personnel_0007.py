"""Take who was rejected away as well, so many years after; until now nothing said since when they were kept.

The release before this one must keep running on the result: it notes no time of a rejection.
"""

from alembic import op

revision = "personnel_0007"
down_revision = "personnel_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint(op.f("worker_exited_at_iff_exited"), "worker", type_="check")
    # Both together are wider than what they stand for.
    for name, claim in (
        ("some_time", "exited_at IS NOT NULL OR state <> 'exited'"),
        ("only_when_over", "exited_at IS NULL OR state IN ('exited', 'rejected')"),
    ):
        op.create_check_constraint(op.f(f"worker_exited_at_{name}"), "worker", claim)  # accepted: see above
    op.execute("UPDATE worker SET exited_at = now() WHERE state = 'rejected'")


def downgrade() -> None:
    op.execute("UPDATE worker SET exited_at = NULL WHERE state = 'rejected'")
    op.drop_constraint(op.f("worker_exited_at_only_when_over"), "worker", type_="check")
    op.drop_constraint(op.f("worker_exited_at_some_time"), "worker", type_="check")
    op.create_check_constraint(op.f("worker_exited_at_iff_exited"), "worker", "(exited_at IS NOT NULL) = (state = 'exited')")
