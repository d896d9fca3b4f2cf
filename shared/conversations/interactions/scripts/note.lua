-- note: append an entry to a thread that changes nothing of its interaction: an echo, a message taken back, a payment.
-- KEYS  interaction, thread, attached
-- ARGV  id of the interaction, JSON of the entry, ms that an interaction is kept, ms that events are remembered
-- Reply 'noted' | 'same' a duplicate of the event | 'absent' | id of the interaction that goes on in its place
-- {k}:attached:<event>  string  `observed:<id>`. Expires after ARGV[4] ms: as long as duplicates may come.
-- Safe to repeat: an event is noted once.
if redis.call('EXISTS', KEYS[3]) == 1 then return 'same' end
if redis.call('EXISTS', KEYS[1]) == 0 then return 'absent' end
local into = redis.call('HGET', KEYS[1], 'into')
if into then return into end
redis.call('RPUSH', KEYS[2], ARGV[2])
for _, key in ipairs({ KEYS[1], KEYS[2] }) do
  if redis.call('PTTL', key) < tonumber(ARGV[3]) then redis.call('PEXPIRE', key, ARGV[3]) end
end
redis.call('SET', KEYS[3], 'observed:' .. ARGV[1], 'PX', ARGV[4])
return 'noted'
