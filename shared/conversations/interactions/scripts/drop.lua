-- drop: messages of another contact leave a thread; if only messages of ours are left, the interaction is closed.
-- KEYS  interaction, thread
-- ARGV  now in ms, then JSON of each entry
-- Reply how many left
-- Safe to repeat: an entry that has left stays away, and a closed interaction keeps its time.
local gone = 0
for index = 2, #ARGV do gone = gone + redis.call('LREM', KEYS[2], 1, ARGV[index]) end
for _, line in ipairs(redis.call('LRANGE', KEYS[2], 0, -1)) do
  if type(cjson.decode(line)[3]) == 'string' then return gone end
end
local state = redis.call('HGET', KEYS[1], 'state')
if state and state ~= 'closed' then redis.call('HSET', KEYS[1], 'state', 'closed', 'closed', ARGV[1]) end
return gone
