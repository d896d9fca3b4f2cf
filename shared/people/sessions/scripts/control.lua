-- control: a thread has another holder. The latest word counts, in whatever order they come.
-- KEYS  session
-- ARGV  the holder ('' for us), since when in ms, the window in ms
-- Reply the holder now
-- {k}:session:<sender>  hash  holder, held_at (ms): see inbound. A key that holds nothing else expires after ARGV[3] ms.
-- Safe to repeat: the same word changes nothing.
if tonumber(ARGV[2]) >= tonumber(redis.call('HGET', KEYS[1], 'held_at') or '0') then
  redis.call('HSET', KEYS[1], 'holder', ARGV[1], 'held_at', ARGV[2])
  if redis.call('HEXISTS', KEYS[1], 'expires') == 0 then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
end
return redis.call('HGET', KEYS[1], 'holder')
