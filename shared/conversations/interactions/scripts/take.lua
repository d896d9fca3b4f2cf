-- take: an interaction changes hands or ends, if it is in the state that the caller believes.
-- KEYS  interaction
-- ARGV  'assign' or 'close', agent, now in ms
-- Reply {'ok', state} | {'held', agent} | {'closed'} | {'absent'}
-- Safe to repeat: the same agent takes it again, and what is closed stays closed.
local known = redis.call('HMGET', KEYS[1], 'state', 'agent')
local state, agent = known[1], known[2] or ''
if not state then return { 'absent' } end
if ARGV[1] == 'close' then
  if state ~= 'closed' then redis.call('HSET', KEYS[1], 'state', 'closed', 'closed', ARGV[3]) end
  return { 'ok', 'closed' }
end
if state == 'closed' then return { 'closed' } end
if agent ~= '' and agent ~= ARGV[2] then return { 'held', agent } end
redis.call('HSET', KEYS[1], 'state', 'assigned', 'agent', ARGV[2])
return { 'ok', 'assigned' }
