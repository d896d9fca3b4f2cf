-- say: append a message of ours to a thread.
-- KEYS  scopes, interaction, thread
-- ARGV  JSON of the entry, ms that an interaction is kept
-- Reply 'said' | 'absent' | id of the interaction that goes on in its place
-- Safe to repeat: the same entry is appended once.
if redis.call('EXISTS', KEYS[2]) == 0 then return 'absent' end
local into = redis.call('HGET', KEYS[2], 'into')
if into then return into end
for _, line in ipairs(redis.call('LRANGE', KEYS[3], 0, -1)) do
  if line == ARGV[1] then return 'said' end
end
redis.call('RPUSH', KEYS[3], ARGV[1])
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[2]) end
return 'said'
