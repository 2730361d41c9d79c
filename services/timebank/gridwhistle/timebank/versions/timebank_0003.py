"""Postings, the function that makes them, and what two persons decide.

The release before this one must keep running on the result.
"""

import sqlalchemy as sa
from alembic import op

revision = "timebank_0003"
down_revision = "timebank_0002"
branch_labels = None
depends_on = None

POST = """
CREATE FUNCTION ledger_post(
  ids uuid[], journal_ids uuid[], types text[], froms uuid[], tos uuid[], minutes int[], unlocks int[], locks int[],
  reverses_ids uuid[], refs text[], for_ids uuid[], as_ofs timestamptz[]
) RETURNS void LANGUAGE plpgsql
-- Its plans are made while the tables are small, and kept when they no longer are.
SET enable_seqscan = off AS $$
DECLARE
  n CONSTANT int := cardinality(ids);
  -- The accounts, in the order of their ids.
  account_ids uuid[]; kept bigint[]; locked bigint[]; versions int[]; lasts timestamptz[]; floored boolean[]; is_open boolean[];
  -- Of each row the places of its two accounts among them, and what becomes of each.
  place int[]; a int; b int; m int; unlock int;
  from_versions int[] := array_fill(0, ARRAY[n]); to_versions int[] := from_versions;
  from_kept bigint[] := array_fill(0::bigint, ARRAY[n]); to_kept bigint[] := from_kept;
  moments timestamptz[]; moment timestamptz;
  why text; first_why text; refused text[]; known text[]; reversed uuid[];
BEGIN
  -- In one order, so that two calls cannot wait for each other.
  SELECT array_agg(id), array_agg(balance_minutes), array_agg(locked_minutes), array_agg(version),
         array_agg(kind NOT IN ('issuance', 'clearing')), array_agg(state = 'open'), array_agg(posted_at)
    INTO account_ids, kept, locked, versions, floored, is_open, lasts
    FROM (SELECT id, balance_minutes, locked_minutes, version, kind, state, posted_at FROM account
          WHERE id = ANY (froms || tos) ORDER BY id FOR NO KEY UPDATE) AS held;
  SELECT array_agg(rank ORDER BY leg) INTO place
    FROM (SELECT leg, dense_rank() OVER (ORDER BY id) AS rank FROM unnest(froms || tos) WITH ORDINALITY AS legs (id, leg)) AS ranked;
  IF cardinality(account_ids) IS DISTINCT FROM (SELECT max(rank) FROM unnest(place) AS rank) THEN
    SELECT array_agg(format('[%s,"account_exists"]', leg - 1)) INTO refused
      FROM unnest(froms, tos) WITH ORDINALITY AS legs (f, t, leg) WHERE NOT ARRAY[f, t] <@ account_ids OR account_ids IS NULL;
    RAISE 'rows refused' USING ERRCODE = 'check_violation', CONSTRAINT = 'account_exists', DETAIL = '[' || array_to_string(refused, ',') || ']';
  END IF;
  -- Looked for once all accounts are held: a twin of these rows has been through by now, or comes after us.
  SELECT array_agg(reference) INTO known FROM posting WHERE reference = ANY (refs);
  SELECT array_agg(reverses_id) INTO reversed FROM posting WHERE reverses_id = ANY (reverses_ids);
  moments := array_fill(clock_timestamp(), ARRAY[n]);
  FOR i IN 1..n LOOP
    a := place[i]; b := place[n + i]; m := minutes[i]; unlock := unlocks[i]; why := NULL;
    IF known IS NOT NULL AND refs[i] = ANY (known) THEN why := 'posting_reference_once';
    ELSIF reversed IS NOT NULL AND reverses_ids[i] = ANY (reversed) THEN why := 'posting_reverses_id_once';
    ELSIF types[i] IS NOT NULL AND NOT (is_open[a] AND is_open[b]) THEN why := 'account_open';
    ELSIF locked[a] < unlock THEN why := 'account_locks_not_negative';
    ELSIF floored[a] AND kept[a] - m < locked[a] - unlock + (CASE WHEN a = b THEN locks[i] ELSE 0 END) THEN
      why := 'account_not_overdrawn';
    END IF;
    IF why IS NOT NULL THEN
      first_why := coalesce(first_why, why);
      refused := refused || format('[%s,"%s"]', i - 1, why);
    ELSE
      kept[a] := kept[a] - m; locked[a] := locked[a] - unlock; versions[a] := versions[a] + 1;
      from_kept[i] := kept[a]; from_versions[i] := versions[a];
      locked[b] := locked[b] + locks[i];
      IF a <> b THEN
        kept[b] := kept[b] + m; versions[b] := versions[b] + 1;
        to_kept[i] := kept[b]; to_versions[i] := versions[b];
        -- What is told of the past is not put before what was posted already.
        moment := greatest(coalesce(as_ofs[i], moments[i]), lasts[a], lasts[b]);
        moments[i] := moment; lasts[a] := moment; lasts[b] := moment;
      END IF;
    END IF;
  END LOOP;
  IF first_why IS NOT NULL THEN
    RAISE 'rows refused' USING ERRCODE = 'check_violation', CONSTRAINT = first_why, DETAIL = '[' || array_to_string(refused, ',') || ']';
  END IF;
  INSERT INTO posting (id, journal_id, type, from_account_id, to_account_id, minutes, from_version, to_version,
                       from_balance_minutes, to_balance_minutes, at, reverses_id, reference, for_id)
    SELECT id, journal_id, type, f, t, m_, fv, tv, fk, tk, moment_, reverses_id, ref, for_id
    FROM unnest(ids, journal_ids, types, froms, tos, minutes, from_versions, to_versions, from_kept, to_kept,
                moments, reverses_ids, refs, for_ids)
      AS rows (id, journal_id, type, f, t, m_, fv, tv, fk, tk, moment_, reverses_id, ref, for_id)
    WHERE type IS NOT NULL;
  UPDATE account SET balance_minutes = k, locked_minutes = l, version = v, posted_at = p
    FROM unnest(account_ids, kept, locked, versions, lasts) AS rows (account_id, k, l, v, p) WHERE id = account_id;
END $$
"""
KEPT = """
CREATE FUNCTION ledger_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE 'the ledger is only added to' USING ERRCODE = 'GW003'; END $$
"""
TRIGGERS = (
    "CREATE TRIGGER posting_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON posting EXECUTE FUNCTION ledger_is_kept()",
    "CREATE TRIGGER account_is_kept BEFORE DELETE OR TRUNCATE ON account EXECUTE FUNCTION ledger_is_kept()",
    # What callers remember of an account: it costs no update of a balance anything.
    "CREATE TRIGGER account_stays BEFORE UPDATE OF id, kind, area_code, owner_id ON account EXECUTE FUNCTION ledger_is_kept()",
)


def upgrade() -> None:
    op.add_column("account", sa.Column("doubted_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "journal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("county_code", sa.Text(collation="C"), sa.Computed("left(area_code, 6)", persisted=True), nullable=True),
        sa.Column("town_code", sa.Text(collation="C"), sa.Computed("left(area_code, 9)", persisted=True), nullable=True),
        sa.Column("community_code", sa.Text(collation="C"), sa.Computed("left(area_code, 12)", persisted=True), nullable=True),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("posted_by", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("postings", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("approved_by <> posted_by", name=op.f("journal_two_persons_approve")),
        sa.PrimaryKeyConstraint("id", name=op.f("journal_pkey")),
    )
    op.create_index("journal_community_code_newest", "journal", ["community_code", sa.literal_column("id DESC")], unique=False)
    op.create_index("journal_county_code_newest", "journal", ["county_code", sa.literal_column("id DESC")], unique=False)
    op.create_index("journal_town_code_newest", "journal", ["town_code", sa.literal_column("id DESC")], unique=False)
    op.create_table(
        "posting",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("journal_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("from_account_id", sa.Uuid(), nullable=False),
        sa.Column("to_account_id", sa.Uuid(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("from_version", sa.Integer(), nullable=False),
        sa.Column("to_version", sa.Integer(), nullable=False),
        sa.Column("from_balance_minutes", sa.BigInteger(), nullable=False),
        sa.Column("to_balance_minutes", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reverses_id", sa.Uuid(), nullable=True),
        sa.Column("reference", sa.Text(collation="C"), nullable=True),
        sa.Column("for_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(reverses_id IS NOT NULL) = (type = 'reverse')", name=op.f("posting_reverses_iff_reverse")),
        sa.CheckConstraint(
            "type IN ('hold', 'capture', 'release', 'earn_public', 'earn_group', 'grant', 'transfer', 'donate', 'exchange', 'expire', 'reverse', 'adjust', 'import', 'clear_out')",
            name=op.f("posting_type_is_known"),
        ),
        sa.CheckConstraint("from_account_id <> to_account_id", name=op.f("posting_between_two_accounts")),
        sa.CheckConstraint("minutes > 0", name=op.f("posting_moves_something")),
        sa.PrimaryKeyConstraint("id", name=op.f("posting_pkey")),
    )
    op.create_index(op.f("posting_at"), "posting", ["at"], unique=False, postgresql_using="brin")
    op.create_index("posting_for_id", "posting", ["for_id"], unique=False, postgresql_where=sa.text("for_id IS NOT NULL"))
    op.create_index(
        op.f("posting_from_account_id_at_from_version"), "posting", ["from_account_id", "at", "from_version"], unique=False
    )
    op.create_index(
        "posting_reference_once", "posting", ["reference"], unique=True, postgresql_where=sa.text("reference IS NOT NULL")
    )
    op.create_index(
        "posting_reverses_id_once", "posting", ["reverses_id"], unique=True, postgresql_where=sa.text("reverses_id IS NOT NULL")
    )
    op.create_index(op.f("posting_to_account_id_at_to_version"), "posting", ["to_account_id", "at", "to_version"], unique=False)
    op.create_table(
        "proposal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("county_code", sa.Text(collation="C"), sa.Computed("left(area_code, 6)", persisted=True), nullable=True),
        sa.Column("town_code", sa.Text(collation="C"), sa.Computed("left(area_code, 9)", persisted=True), nullable=True),
        sa.Column("community_code", sa.Text(collation="C"), sa.Computed("left(area_code, 12)", persisted=True), nullable=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("from_account_id", sa.Uuid(), nullable=False),
        sa.Column("to_account_id", sa.Uuid(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("reverses_id", sa.Uuid(), nullable=True),
        sa.Column("resolution_ref", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=True),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(decided_at IS NOT NULL) = (state <> 'proposed')", name=op.f("proposal_decided_at_iff_decided")),
        sa.CheckConstraint("(resolution_ref IS NOT NULL) = (type = 'grant')", name=op.f("proposal_resolution_iff_grant")),
        sa.CheckConstraint("(reverses_id IS NOT NULL) = (type = 'reverse')", name=op.f("proposal_reverses_iff_reverse")),
        sa.CheckConstraint("state <> 'approved' OR decided_by <> proposed_by", name=op.f("proposal_two_persons_approve")),
        sa.CheckConstraint("state IN ('proposed', 'approved', 'rejected', 'withdrawn')", name=op.f("proposal_state_is_known")),
        sa.CheckConstraint("type IN ('grant', 'adjust', 'reverse')", name=op.f("proposal_type_is_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("proposal_pkey")),
    )
    op.create_index(
        "proposal_community_code_newest", "proposal", ["community_code", sa.literal_column("id DESC")], unique=False
    )
    op.create_index("proposal_county_code_newest", "proposal", ["county_code", sa.literal_column("id DESC")], unique=False)
    op.create_index("proposal_town_code_newest", "proposal", ["town_code", sa.literal_column("id DESC")], unique=False)
    for statement in (POST, KEPT, *TRIGGERS):
        op.execute(statement)


def downgrade() -> None:
    for trigger, table in (("account_stays", "account"), ("account_is_kept", "account"), ("posting_is_kept", "posting")):
        op.execute(f"DROP TRIGGER {trigger} ON {table}")
    op.execute("DROP FUNCTION ledger_is_kept")
    op.execute("DROP FUNCTION ledger_post")
    op.drop_index("proposal_town_code_newest", table_name="proposal")
    op.drop_index("proposal_county_code_newest", table_name="proposal")
    op.drop_index("proposal_community_code_newest", table_name="proposal")
    op.drop_table("proposal")
    op.drop_index(op.f("posting_to_account_id_at_to_version"), table_name="posting")
    op.drop_index("posting_reverses_id_once", table_name="posting", postgresql_where=sa.text("reverses_id IS NOT NULL"))
    op.drop_index("posting_reference_once", table_name="posting", postgresql_where=sa.text("reference IS NOT NULL"))
    op.drop_index(op.f("posting_from_account_id_at_from_version"), table_name="posting")
    op.drop_index("posting_for_id", table_name="posting", postgresql_where=sa.text("for_id IS NOT NULL"))
    op.drop_index(op.f("posting_at"), table_name="posting", postgresql_using="brin")
    op.drop_table("posting")
    op.drop_index("journal_town_code_newest", table_name="journal")
    op.drop_index("journal_county_code_newest", table_name="journal")
    op.drop_index("journal_community_code_newest", table_name="journal")
    op.drop_table("journal")
    op.drop_column("account", "doubted_at")
