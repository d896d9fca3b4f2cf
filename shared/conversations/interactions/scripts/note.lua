-- note: append an entry to a thread that changes nothing of its interaction: an echo, a message taken back, a payment.
-- KEYS  scopes, interaction, thread, attached
-- ARGV  id of the interaction, JSON of the entry, ms that an interaction is kept, ms that events are remembered
-- Reply 'noted' | 'same' a duplicate of the event | 'absent' | id of the interaction that goes on in its place
-- {k}:attached:<event>  string  `observed:<id>`. Expires after ARGV[4] ms: as long as duplicates may come.
-- Safe to repeat: an event is noted once.
if redis.call('EXISTS', KEYS[4]) == 1 then return 'same' end
if redis.call('EXISTS', KEYS[2]) == 0 then return 'absent' end
local into = redis.call('HGET', KEYS[2], 'into')
if into then return into end
redis.call('RPUSH', KEYS[3], ARGV[2])
for index = 1, 3 do redis.call('PEXPIRE', KEYS[index], ARGV[3]) end
redis.call('SET', KEYS[4], 'observed:' .. ARGV[1], 'PX', ARGV[4])
return 'noted'
