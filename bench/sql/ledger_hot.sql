\set a random(1, 10000)
SELECT peer_move(lpad(:a::text, 32, '0')::uuid, lpad('0', 32, '0')::uuid, 15)
