-- What the consumer of the pipeline keeps; heard_at is the database's own note, which the consumer does not write.
CREATE TABLE heard_report (
  id uuid PRIMARY KEY,
  event_no integer NOT NULL,
  incident_no text NOT NULL,
  grid_code text NOT NULL,
  urgency text NOT NULL,
  occurred_at timestamptz NOT NULL,
  heard_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
