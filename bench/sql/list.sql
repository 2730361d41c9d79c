\set town random(1, 6)
SELECT * FROM incident
WHERE county_code = '990101' AND town_code = '99010100' || :town AND state = 'in_progress'
ORDER BY reported_at DESC, id DESC LIMIT 51;
