-- The peer of bench/ledger.py, written for it after pgledger (github.com/pgr0ss/pgledger): the same three tables with their keys and
-- indexes, and one function that moves an amount: both accounts locked in order, both balances changed and looked at, a transfer and
-- its two entries written. In its favour: ids are uuids and amounts whole numbers (there they are texts and numerics), and nothing is
-- looked up for the answer.
CREATE TABLE peer_account (
  id uuid PRIMARY KEY, name text NOT NULL, currency text NOT NULL, balance bigint NOT NULL DEFAULT 0, version bigint NOT NULL DEFAULT 0,
  may_be_negative boolean NOT NULL, metadata jsonb, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL
);
CREATE TABLE peer_transfer (
  id uuid PRIMARY KEY DEFAULT uuidv7(), from_id uuid NOT NULL REFERENCES peer_account, to_id uuid NOT NULL REFERENCES peer_account,
  amount bigint NOT NULL CHECK (amount > 0), created_at timestamptz NOT NULL, event_at timestamptz NOT NULL, metadata jsonb,
  CHECK (from_id <> to_id)
);
CREATE INDEX ON peer_transfer (from_id);
CREATE INDEX ON peer_transfer (to_id);
CREATE INDEX ON peer_transfer (event_at);
CREATE TABLE peer_entry (
  id uuid PRIMARY KEY DEFAULT uuidv7(), account_id uuid NOT NULL REFERENCES peer_account,
  transfer_id uuid NOT NULL REFERENCES peer_transfer, amount bigint NOT NULL, balance_before bigint NOT NULL,
  balance_after bigint NOT NULL, account_version bigint NOT NULL, created_at timestamptz NOT NULL
);
CREATE INDEX ON peer_entry (account_id);
CREATE INDEX ON peer_entry (transfer_id);

CREATE FUNCTION peer_move(source uuid, target uuid, moved bigint) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE giver peer_account; taker peer_account; made uuid;
BEGIN
  PERFORM 1 FROM peer_account WHERE id IN (source, target) ORDER BY id FOR UPDATE;
  UPDATE peer_account SET balance = balance - moved, version = version + 1, updated_at = now() WHERE id = source RETURNING * INTO giver;
  IF giver.balance < 0 AND NOT giver.may_be_negative THEN RAISE 'not enough'; END IF;
  UPDATE peer_account SET balance = balance + moved, version = version + 1, updated_at = now() WHERE id = target RETURNING * INTO taker;
  IF giver.currency <> taker.currency THEN RAISE 'two currencies'; END IF;
  INSERT INTO peer_transfer (from_id, to_id, amount, created_at, event_at) VALUES (source, target, moved, now(), now())
    RETURNING id INTO made;
  INSERT INTO peer_entry (account_id, transfer_id, amount, balance_before, balance_after, account_version, created_at)
    VALUES (source, made, -moved, giver.balance + moved, giver.balance, giver.version, now());
  INSERT INTO peer_entry (account_id, transfer_id, amount, balance_before, balance_after, account_version, created_at)
    VALUES (target, made, moved, taker.balance - moved, taker.balance, taker.version, now());
  RETURN made;
END $$;

INSERT INTO peer_account (id, name, currency, balance, may_be_negative, created_at, updated_at)
  SELECT lpad(n::text, 32, '0')::uuid, 'account', 'minutes', 1000000000, false, now(), now() FROM generate_series(0, 10000) AS n;
