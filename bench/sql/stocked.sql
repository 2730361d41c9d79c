-- $1 orders that wait for approval, of one unit each: number i has the id that `bench/sql/approve.sql` reckons from i. The first
-- half asks 1,000 storage points with a lot each, the second half one point with one lot.
WITH kind AS (INSERT INTO resource_type (id, version, area_code, code, parent_code, name, unit, is_local, is_hazardous, is_daily)
SELECT '30000000-0000-7000-8000-000000000000', 1, '990101000000', '1990100', '1990000', '棉被', '床', true, false, false RETURNING id),
points AS (INSERT INTO storage_point (id, version, area_code, name, level, mode)
SELECT ('10000000-0000-7000-8000-' || lpad(i::text, 12, '0'))::uuid, 1, '990101001001', '示例库', 'county', 'real' FROM generate_series(0, 1000) AS i RETURNING id),
lots AS (INSERT INTO lot (id, version, event_no, area_code, type_id, type_code, point_id, lot_no, state, source, qty, reserved_qty, received_qty, received_at, received_by, approved_by)
SELECT ('20000000' || right(points.id::text, 28))::uuid, 1, 0, '990101001001', kind.id, '1990100', points.id, 'L', 'available', 'purchase', 100000000, 0, 100000000, now(), 'a', 'b' FROM points, kind),
orders AS (INSERT INTO dispatch_order (id, version, event_no, area_code, order_no, state, priority, to_kind, to_name, point_id, requested_by, subject_id, is_emergency_issue, discrepancy, drafted_at, submitted_at)
SELECT ((1000000000000000000 + i)::text || '7000000000000')::uuid, 1, 0, '990101001001', 'D990101' || lpad(i::text, 13, '0'), 'submitted', 'normal', 'shelter', '示例安置点',
('10000000-0000-7000-8000-' || lpad((CASE WHEN i <= $1::int / 2 THEN i % 1000 + 1 ELSE 0 END)::text, 12, '0'))::uuid, 'asks', 'asks', false, 'none', now(), now() FROM generate_series(1, $1::int) AS i RETURNING id)
INSERT INTO dispatch_item (id, order_id, seq, type_id, type_code, requested_qty)
SELECT uuidv7(), orders.id, 1, kind.id, '1990100', 1 FROM orders, kind;
