\set a random(1, 5000)
\set b random(5001, 10000)
SELECT peer_move(lpad(:a::text, 32, '0')::uuid, lpad(:b::text, 32, '0')::uuid, 15)
