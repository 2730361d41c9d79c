-- What approving an order of one item reads and writes, as one explicit transaction: the order, its item, the store, history,
-- audit, event, key, and the promise by the same function of the database.
-- Variables: start is the last order used before; n counts a client's transactions; spread is 1 for all stores, 0 for one.
\set n :n + 1
\set number :start + (:n - 1) * 32 + :client_id + 1
\set serial 1000000000000000000 + :number
\set store (:number % 1000 + 1) * :spread
BEGIN;
SELECT *, clock_timestamp() FROM dispatch_order WHERE id = (:serial::text || '7000000000000')::uuid;
SELECT *, clock_timestamp() FROM dispatch_item WHERE order_id = (:serial::text || '7000000000000')::uuid;
SELECT * FROM storage_point WHERE id = ('10000000-0000-7000-8000-' || lpad(:store::text, 12, '0'))::uuid;
UPDATE dispatch_order SET state = 'approved', approved_at = now(), approved_by = 'bench-acceptor', event_no = 1, version = 2 WHERE id = (:serial::text || '7000000000000')::uuid AND version = 1;
UPDATE dispatch_item SET approved_qty = 1 WHERE order_id = (:serial::text || '7000000000000')::uuid;
INSERT INTO history (thing_id, version, at, action, from_state, to_state, actor_id, actor_role, org, reason)
VALUES ((:serial::text || '7000000000000')::uuid, 2, now(), 'approve', 'submitted', 'approved', 'bench-acceptor', 'inventory_manager', NULL, NULL);
UPDATE clock SET stopped_at = now(), next_at = NULL WHERE owner_id = (:serial::text || '7000000000000')::uuid AND rule_key = 'inventory.approve' AND stopped_at IS NULL;
INSERT INTO audit (at, actor_id, actor_role, org, action, object_type, object_id, request_id, reason)
VALUES (now(), 'bench-acceptor', 'inventory_manager', NULL, 'approve', 'dispatch_order', (:serial::text || '7000000000000')::uuid, '01a20cd8-62d1-726b-8a93-8a7db72f0da2', NULL);
INSERT INTO outbox (event_id, aggregate_id, event_no, subject, envelope, occurred_at, epoch)
VALUES ((:serial::text || '7000000000001')::uuid, (:serial::text || '7000000000000')::uuid, 1, 'gw.990101.inventory.dispatch_order.approved.v1', '{"specversion":"1.0","id":"01a20cd8-64fa-74d5-881e-0497ca183e35","source":"/gridwhistle/inventory","type":"gw.inventory.dispatch_order.approved.v1","subject":"01a20cd8-64fa-74d5-881e-04963d6e79e7","time":"2026-11-24T09:17:17.667789+00:00","datacontenttype":"application/json","county":"990101","areacode":"990101001001","aggregatetype":"dispatch_order","aggregateid":"01a20cd8-64fa-74d5-881e-04963d6e79e7","eventno":1,"correlationid":"01a20cd8-62d1-726b-8a93-8a7db72f0da2","causationid":"01a20cd8-62d1-726b-8a93-8a7db72f0da2","actorrole":"inventory_manager","timeline":1,"data":{"order_no":"D9901010000000000001","priority":"normal","to_kind":"shelter","to_id": null,"point_id":"01a20cd8-62d1-726b-8a93-8a7db72f0da2","response_id": null,"lines":[{"type_code":"1990100","qty":"1.000"}]}}', now(), 1);
INSERT INTO waiting (event_id) VALUES ((:serial::text || '7000000000001')::uuid);
INSERT INTO command_key (scope, key, fingerprint, status, answer, at)
VALUES ('request|bench-acceptor', 'bench-00-' || lpad(:number::text, 8, '0'), sha256(:number::text::bytea), 200, convert_to(repeat('x', 800), 'UTF8'), now());
SELECT stock_post(ARRAY['reserve'], ARRAY[order_id], ARRAY[id], ARRAY[('10000000-0000-7000-8000-' || lpad(:store::text, 12, '0'))::uuid], ARRAY[type_id], ARRAY[1::numeric], ARRAY[NULL::uuid], ARRAY['bench-acceptor'], ARRAY['bench-acceptor'], ARRAY[now()], ARRAY[current_date]) FROM dispatch_item WHERE order_id = (:serial::text || '7000000000000')::uuid;
COMMIT;
