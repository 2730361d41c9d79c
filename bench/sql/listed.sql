-- $1 incidents of a county of 6 townships, 42 communities and 420 grids, one every 90 seconds until now: what lately came in
-- is open in some state, the rest is closed; however few there are, so much is open that every page is full. Few categories
-- and organisations have most of them.
INSERT INTO incident (id, version, event_no, grid_code, area_code, incident_no, state, source, urgency, title, description, category, lon, lat, coord_sys, lead_org, reported_by, found_at, reported_at, closed_at)
SELECT gen_random_uuid(), 1, 1, left(grid, 12) || right(grid, 3), left(grid, 12), 'I990101' || lpad(i::text, 13, '0'), state, 'resident', 'normal', '井盖缺失', '路口东侧井盖缺失,已放置警示桩。',
  CASE WHEN state NOT IN ('reported', 'accepted') THEN 'E-' || lpad((100 + floor(98 * power(random(), 3)))::text, 4, '0') END, 120.1, 30.2, 'wgs84',
  CASE WHEN state NOT IN ('reported', 'accepted', 'filed') THEN '990101-org-' || lpad(floor(60 * power(random(), 3))::text, 2, '0') END,
  'bench', at, at, CASE WHEN state = 'closed' THEN at END
FROM (
  SELECT i, now() - i * interval '90 seconds' AS at,
    '990101' || lpad((1 + place % 6)::text, 3, '0') || lpad((1 + place / 6 % 7)::text, 3, '0') || lpad((1 + place / 42)::text, 3, '0') AS grid,
    CASE WHEN i <= greatest($1::int / 50, 5000) AND random() < 0.7 THEN (ARRAY['reported', 'accepted', 'filed', 'dispatched', 'in_progress', 'dept_review', 'handled', 'checking', 'checked'])[1 + floor(9 * random())]
      ELSE 'closed' END AS state
  FROM (SELECT i, (i::bigint * 7919 % 420)::int AS place FROM generate_series(1, $1::int) AS i) AS places
) AS incidents;

-- Of those that are open, every tenth is late.
INSERT INTO clock (id, owner, owner_id, area_code, rule_key, rule_id, amount, unit, windows, extended_times, is_provisional, started_at, warn_at, due_at, next_at, warned_at, breached_at)
SELECT gen_random_uuid(), 'incident', id, grid_code, 'incidents.handle', '6d7a4f5e-58b6-5a0c-9a55-3f9a8f2f6c1d', 5, 'work_day_legal', '08:00-12:00 14:00-18:00', 0, false, reported_at, reported_at, reported_at, NULL,
  reported_at, CASE WHEN random() < 0.1 THEN reported_at END
FROM incident WHERE state <> 'closed';
UPDATE incident SET overdue_since = breached_at FROM clock WHERE owner_id = incident.id AND breached_at IS NOT NULL;
