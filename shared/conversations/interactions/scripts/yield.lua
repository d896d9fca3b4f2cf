-- yield: an interaction is closed, because another one with the same person goes on in its place.
-- KEYS  interaction
-- ARGV  state and agent that it must still have, id of the other, now in ms
-- Reply 1 if it is closed for that other now; 0 if it has changed meanwhile
-- Safe to repeat: closed for the same other, it stays so.
local present = redis.call('HMGET', KEYS[1], 'state', 'agent', 'into')
if present[1] == 'closed' then return present[3] == ARGV[3] and 1 or 0 end
if present[1] ~= ARGV[1] or (present[2] or '') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'state', 'closed', 'closed', ARGV[4], 'into', ARGV[3])
return 1
