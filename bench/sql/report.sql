-- Every row that one report writes, as one explicit transaction: incident, history, clock, audit, event,
-- that the event waits, key.
-- The same columns at the same lengths as through HTTP (the bench compares them); ids ascend, as ours do.
-- Variables: run numbers the run; n counts a client's transactions.
\set n :n + 1
\set number :run * 1000000 + :n * 32 + :client_id
\set serial 1000000000000000000 + :number
\set grid random(0, 4999)
\set lon 120.005 + :grid % 100 * 0.01
\set lat 30.005 + :grid / 100 * 0.01
BEGIN;
INSERT INTO incident (id, version, event_no, grid_code, area_code, grid_id, grid_edition, incident_no, state, request_type, source, urgency, title, description, category, lon, lat, coord_sys, address_text, ref_system, ref_code, lead_org, reported_by, handled_by, checker_id, found_at, reported_at, accepted_at, filed_at, dispatched_at, signed_at, handled_at, checked_at, closed_at)
VALUES ((:serial::text || '7000000000000')::uuid, 1, 1, '990101' || lpad((:grid / 900 + 1)::text, 3, '0') || lpad((:grid / 30 % 30 + 1)::text, 3, '0') || lpad((:grid % 30 + 1)::text, 3, '0'), '990101' || lpad((:grid / 900 + 1)::text, 3, '0') || lpad((:grid / 30 % 30 + 1)::text, 3, '0'), (:serial::text || '7000000000003')::uuid, 1, 'I9901019999' || lpad(:number::text, 9, '0'), 'reported', NULL, 'hotline_12345', 'normal', '井盖缺失 ' || lpad(:grid::text, 4, '0'), '路口东侧', NULL, :lon, :lat, 'wgs84', '示例路 12 号', NULL, NULL, NULL, 'bench-acceptor', NULL, NULL, now(), now(), NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO history (thing_id, version, at, action, from_state, to_state, actor_id, actor_role, org, reason)
VALUES ((:serial::text || '7000000000000')::uuid, 1, now(), 'report', NULL, 'reported', 'bench-acceptor', 'town_acceptor', NULL, NULL);
INSERT INTO clock (id, owner, owner_id, area_code, rule_key, rule_id, amount, unit, cutoff, windows, minutes, extended_times, is_provisional, started_at, warn_at, due_at, next_at)
VALUES ((:serial::text || '7000000000002')::uuid, 'incident', (:serial::text || '7000000000000')::uuid, '990101' || lpad((:grid / 900 + 1)::text, 3, '0') || lpad((:grid / 30 % 30 + 1)::text, 3, '0') || lpad((:grid % 30 + 1)::text, 3, '0'), 'incidents.accept', '6d7a4f5e-58b6-5a0c-9a55-3f9a8f2f6c1d', 15, 'urgent_minute', NULL, '08:00-12:00 14:00-18:00', NULL, 0, false, now(), now() + interval '12 minutes', now() + interval '15 minutes', now() + interval '12 minutes');
INSERT INTO audit (at, actor_id, actor_role, org, action, object_type, object_id, request_id, reason)
VALUES (now(), 'bench-acceptor', 'town_acceptor', NULL, 'report', 'incident', (:serial::text || '7000000000000')::uuid, '01a20cd8-62d1-726b-8a93-8a7db72f0da2', NULL);
INSERT INTO outbox (event_id, aggregate_id, event_no, subject, envelope, occurred_at, epoch)
VALUES ((:serial::text || '7000000000001')::uuid, (:serial::text || '7000000000000')::uuid, 1, 'gw.990101.incidents.incident.reported.v1', '{"specversion":"1.0","id":"01a20cd8-64fa-74d5-881e-0497ca183e35","source":"/gridwhistle/incidents","type":"gw.incidents.incident.reported.v1","subject":"01a20cd8-64fa-74d5-881e-04963d6e79e7","time":"2026-11-24T09:17:17.667789+00:00","datacontenttype":"application/json","county":"990101","areacode":"990101006001017","aggregatetype":"incident","aggregateid":"01a20cd8-64fa-74d5-881e-04963d6e79e7","eventno":1,"correlationid":"01a20cd8-62d1-726b-8a93-8a7db72f0da2","causationid":"01a20cd8-62d1-726b-8a93-8a7db72f0da2","actorrole":"town_acceptor","timeline":1,"data":{"incident_no":"I9901012026112400001","urgency":"normal","source":"hotline_12345","grid_code":"990101006001017","is_overdue": false}}', now(), 1);
INSERT INTO waiting (event_id) VALUES ((:serial::text || '7000000000001')::uuid);
INSERT INTO command_key (scope, key, fingerprint, status, answer, at)
VALUES ('request|bench-acceptor', 'bench-00-' || lpad(:number::text, 8, '0'), sha256(:number::text::bytea), 201, convert_to(repeat('x', 1074), 'UTF8'), now());
COMMIT;
