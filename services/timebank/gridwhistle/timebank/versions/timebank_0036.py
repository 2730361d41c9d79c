"""What claims hold is locked, so that nothing but the claim moves it.

The release before this one must keep running on the result.
"""

from alembic import op

revision = "timebank_0036"
down_revision = "timebank_0035"
branch_labels = None
depends_on = None

LOCK = """
UPDATE account SET locked_minutes = locked_minutes {sign} held.minutes FROM (
  SELECT holding.id, sum(claim.held_minutes) AS minutes
  FROM claim JOIN "order" ON "order".id = claim.order_id
  JOIN account holding ON CASE "order".payer
    WHEN 'pool' THEN holding.kind = 'pool_hold' AND holding.area_code = "order".county_code || '000000'
    ELSE holding.kind = 'personal_hold' AND holding.owner_id = "order".beneficiary_id END
  WHERE claim.held_minutes > 0 AND "order".payer <> 'issuance'
  GROUP BY holding.id
) AS held WHERE held.id = account.id
"""


def upgrade() -> None:
    # There is no release before this one that has a time bank.
    op.execute(LOCK.format(sign="+"))


def downgrade() -> None:
    op.execute(LOCK.format(sign="-"))
