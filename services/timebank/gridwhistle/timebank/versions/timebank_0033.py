"""Vouchers and proposals stay what they were, a reversal mirrors its posting, and a voucher's postings are found.

The release before this one must keep running on the result.
"""

from alembic import op

revision = "timebank_0033"
down_revision = "timebank_0032"
branch_labels = None
depends_on = None

MIRRORS = """
CREATE FUNCTION ledger_mirrors() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM posting WHERE id = NEW.reverses_id AND minutes = NEW.minutes AND type <> 'reverse'
    AND from_account_id = NEW.to_account_id AND to_account_id = NEW.from_account_id;
  IF NOT FOUND THEN RAISE 'a reversal is what it reverses, the other way' USING ERRCODE = 'GW003'; END IF;
  RETURN NULL;
END $$
"""
TRIGGERS = {
    "journal_is_kept": "BEFORE UPDATE OR DELETE OR TRUNCATE ON journal EXECUTE FUNCTION ledger_is_kept()",
    "proposal_is_kept": "BEFORE DELETE OR TRUNCATE ON proposal EXECUTE FUNCTION ledger_is_kept()",
    # What was proposed is what is approved; a decision changes the other columns.
    "proposal_stays": "BEFORE UPDATE OF id, type, from_account_id, to_account_id, minutes, reverses_id, resolution_ref,"
    " subject_id, proposed_by, proposed_at ON proposal EXECUTE FUNCTION ledger_is_kept()",
    "posting_mirrors": "AFTER INSERT ON posting FOR EACH ROW WHEN (NEW.reverses_id IS NOT NULL)"
    " EXECUTE FUNCTION ledger_mirrors()",
}
# Joined otherwise, a plan that was made while the tables were small reads all of an index.
_JOINS = ("enable_hashjoin", "enable_mergejoin")


def upgrade() -> None:
    op.create_index(op.f("posting_journal_id"), "posting", ["journal_id"], unique=False)
    op.execute(MIRRORS)
    for name, says in TRIGGERS.items():
        op.execute(f"CREATE TRIGGER {name} {says}")
    for join in _JOINS:
        op.execute(f"ALTER FUNCTION ledger_post SET {join} = off")


def downgrade() -> None:
    for join in _JOINS:
        op.execute(f"ALTER FUNCTION ledger_post RESET {join}")
    for name, says in TRIGGERS.items():
        op.execute(f"DROP TRIGGER {name} ON {says.partition(' ON ')[2].split()[0]}")
    op.execute("DROP FUNCTION ledger_mirrors()")
    op.drop_index(op.f("posting_journal_id"), table_name="posting")
