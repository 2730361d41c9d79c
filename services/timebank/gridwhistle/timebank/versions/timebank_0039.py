"""Counties whose first participant came before some kinds of accounts have them all.

The release before this one must keep running on the result.
"""

from alembic import op

revision = "timebank_0039"
down_revision = "timebank_0038"
branch_labels = None
depends_on = None

OPEN = """
INSERT INTO account (id, version, event_no, area_code, kind, state, balance_minutes, locked_minutes, opened_at)
SELECT uuidv7(), 1, 0, county_code || '000000', kind, 'open', 0, 0, now()
FROM (SELECT DISTINCT county_code FROM participant) AS county, unnest(ARRAY['issuance', 'pool', 'pool_hold']) AS kind
ON CONFLICT DO NOTHING
"""


def upgrade() -> None:
    op.execute(OPEN)


def downgrade() -> None:
    """Leave them; minutes may be on them."""
