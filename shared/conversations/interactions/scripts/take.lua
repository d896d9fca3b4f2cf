-- take: assign an interaction to an agent, or close it.
-- KEYS  interaction
-- ARGV  'assign' or 'close', agent, now in ms
-- Reply {'ok', state} | {'held', agent} | {'closed'} | {'standby'} nobody of ours has to act | {'absent'}
-- Safe to repeat: the same agent gets 'ok' again, and a closed interaction stays closed.
local present = redis.call('HMGET', KEYS[1], 'state', 'agent')
local state, agent = present[1], present[2] or ''
if not state then return { 'absent' } end
if ARGV[1] == 'close' then
  if state ~= 'closed' then redis.call('HSET', KEYS[1], 'state', 'closed', 'closed', ARGV[3]) end
  return { 'ok', 'closed' }
end
if state == 'closed' or state == 'standby' then return { state } end
if agent ~= '' and agent ~= ARGV[2] then return { 'held', agent } end
redis.call('HSET', KEYS[1], 'state', 'assigned', 'agent', ARGV[2])
return { 'ok', 'assigned' }
