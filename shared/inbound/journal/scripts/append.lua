-- append: keep webhook bodies until they are applied.
-- KEYS  bodies, ages
-- ARGV  for each entry: id, time of receipt in ms, packed entry (head and raw body)
-- Reply number of entries
-- {j}:bodies  hash  entry id -> packed entry. No expiry: deleted when the entry is applied.
-- {j}:ages    zset  entry id by the time of its last hint in ms. No expiry: as above.
-- Safe to repeat: the same entry again replaces itself.
for i = 1, #ARGV, 3 do
  redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 2])
  redis.call('ZADD', KEYS[2], ARGV[i + 1], ARGV[i])
end
return #ARGV / 3
