-- What accepting an incident reads and writes, as one explicit transaction: row, version, history,
-- the clock of the state that is left and that of the one that is entered, audit, event, key.
-- Variables: start is the last incident used before; n counts a client's transactions.
\set n :n + 1
\set number :start + (:n - 1) * 32 + :client_id + 1
\set serial 1000000000000000000 + :number
BEGIN;
SELECT id, version, event_no, grid_code, area_code, incident_no, state, request_type, source, urgency, title, description, category, lon, lat, coord_sys, address_text, ref_system, ref_code, lead_org, reported_by, handled_by, checker_id, found_at, reported_at, accepted_at, filed_at, dispatched_at, signed_at, handled_at, checked_at, closed_at, county_code, town_code, community_code, clock_timestamp() FROM incident WHERE id = (:serial::text || '7000000000000')::uuid;
UPDATE incident SET state = 'accepted', accepted_at = now(), event_no = 2, version = 2 WHERE id = (:serial::text || '7000000000000')::uuid AND version = 1;
INSERT INTO history (thing_id, version, at, action, from_state, to_state, actor_id, actor_role, org, reason)
VALUES ((:serial::text || '7000000000000')::uuid, 2, now(), 'accept', 'reported', 'accepted', 'bench-acceptor', 'town_acceptor', NULL, NULL);
UPDATE clock SET stopped_at = now(), next_at = NULL WHERE owner_id = (:serial::text || '7000000000000')::uuid AND rule_key = 'incidents.accept' AND stopped_at IS NULL;
INSERT INTO clock (id, owner, owner_id, area_code, rule_key, rule_id, amount, unit, cutoff, windows, minutes, extended_times, is_provisional, started_at, warn_at, due_at, next_at)
VALUES ((:serial::text || '7000000000002')::uuid, 'incident', (:serial::text || '7000000000000')::uuid, '990101006001017', 'incidents.file', '6d7a4f5e-58b6-5a0c-9a55-3f9a8f2f6c1d', 15, 'urgent_minute', NULL, '08:00-12:00 14:00-18:00', NULL, 0, false, now(), now() + interval '12 minutes', now() + interval '15 minutes', now() + interval '12 minutes');
INSERT INTO audit (at, actor_id, actor_role, org, action, object_type, object_id, request_id, reason)
VALUES (now(), 'bench-acceptor', 'town_acceptor', NULL, 'accept', 'incident', (:serial::text || '7000000000000')::uuid, '01a20cd8-62d1-726b-8a93-8a7db72f0da2', NULL);
INSERT INTO outbox (event_id, aggregate_id, event_no, subject, envelope, occurred_at, epoch)
VALUES ((:serial::text || '7000000000001')::uuid, (:serial::text || '7000000000000')::uuid, 2, 'gw.990101.incidents.incident.accepted.v1', '{"specversion":"1.0","id":"01a20cd8-64fa-74d5-881e-0497ca183e35","source":"/gridwhistle/incidents","type":"gw.incidents.incident.accepted.v1","subject":"01a20cd8-64fa-74d5-881e-04963d6e79e7","time":"2026-11-24T09:17:17.667789+00:00","datacontenttype":"application/json","county":"990101","areacode":"990101006001017","aggregatetype":"incident","aggregateid":"01a20cd8-64fa-74d5-881e-04963d6e79e7","eventno":2,"correlationid":"01a20cd8-62d1-726b-8a93-8a7db72f0da2","causationid":"01a20cd8-62d1-726b-8a93-8a7db72f0da2","actorrole":"town_acceptor","timeline":1,"data":{"incident_no":"I9901012026112400001","urgency":"normal","source":"hotline_12345","grid_code":"990101006001017","is_overdue": false}}', now(), 1);
INSERT INTO waiting (event_id) VALUES ((:serial::text || '7000000000001')::uuid);
INSERT INTO command_key (scope, key, fingerprint, status, answer, at)
VALUES ('request|bench-acceptor', 'bench-00-' || lpad(:number::text, 8, '0'), sha256(:number::text::bytea), 200, convert_to(repeat('x', 988), 'UTF8'), now());
COMMIT;
