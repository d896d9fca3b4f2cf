-- control: a thread has another holder. The latest word counts, in whatever order they come.
-- KEYS  session
-- ARGV  the holder ('' for us), since when in ms, the window in ms, '1' for a word that counts only where somebody else has
--       held the thread: a message to us
-- Reply the holder now
-- {k}:session:<sender>  hash  holder, held_at (ms): see inbound. A key that holds nothing else expires after ARGV[3] ms.
-- Safe to repeat: the same word changes nothing.
local held_at = redis.call('HGET', KEYS[1], 'held_at')
if ARGV[4] == '1' and not held_at then return '' end
-- As long as nobody else ever held the thread, the last message was to us.
if tonumber(ARGV[2]) >= tonumber(held_at or redis.call('HGET', KEYS[1], 'last') or '0') then
  redis.call('HSET', KEYS[1], 'holder', ARGV[1], 'held_at', ARGV[2])
  if redis.call('HEXISTS', KEYS[1], 'expires') == 0 then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
end
return redis.call('HGET', KEYS[1], 'holder') or ''
