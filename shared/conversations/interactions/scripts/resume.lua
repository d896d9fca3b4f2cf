-- resume: an interaction that gave way to another one goes on by itself, since the two are not with one person.
-- KEYS  interaction
-- ARGV  id of the one that it gave way to, the state and the agent that this one has, when it was closed in ms or ''
-- Reply 1 if it had given way to that one
-- Safe to repeat: it goes on once, and stays as it is afterwards.
if redis.call('HGET', KEYS[1], 'into') ~= ARGV[1] then return 0 end
redis.call('HDEL', KEYS[1], 'into', 'copied', 'closed', 'agent')
redis.call('HSET', KEYS[1], 'state', ARGV[2])
if ARGV[3] ~= '' then redis.call('HSET', KEYS[1], 'agent', ARGV[3]) end
if ARGV[4] ~= '' then redis.call('HSET', KEYS[1], 'closed', ARGV[4]) end
return 1
