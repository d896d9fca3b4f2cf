-- note: remember to which addresses messages of one sender went.
-- KEYS  a bucket for each message; one may come several times
-- ARGV  seconds that a bucket is kept, from its first message on, then `digest|address` for each message
-- Reply nothing
-- {s}:sent:<day>:<bucket>  hash  digest of the message's id → address. TTL: ARGV[1].
-- Safe to repeat: the same fields with the same values.
for index, key in ipairs(KEYS) do
  local digest, address = string.match(ARGV[1 + index], '^([^|]*)|(.*)$')
  redis.call('HSET', key, digest, address)
  if redis.call('TTL', key) < 0 then redis.call('EXPIRE', key, ARGV[1]) end
end
