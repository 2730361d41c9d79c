-- 5,000 grids of a hundredth of a degree, a hundred in a row; grid number g is what `bench/sql/report.sql` calls grid g.
INSERT INTO known_grid (id, event_no, grid_code, name, boundary)
SELECT uuidv7(), 1,
  '990101' || lpad((g / 900 + 1)::text, 3, '0') || lpad((g / 30 % 30 + 1)::text, 3, '0') || lpad((g % 30 + 1)::text, 3, '0'),
  'grid ' || g,
  format('{"type":"Polygon","coordinates":[[[%1$s,%3$s],[%2$s,%3$s],[%2$s,%4$s],[%1$s,%4$s],[%1$s,%3$s]]]}',
    120 + g % 100 * 0.01, 120 + g % 100 * 0.01 + 0.01, 30 + g / 100 * 0.01, 30 + g / 100 * 0.01 + 0.01)::json
FROM generate_series(0, 4999) AS g;
