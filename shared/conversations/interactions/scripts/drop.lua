-- drop: messages of another contact leave a thread; without any message of its own contact, the interaction is closed.
-- KEYS  interaction, thread
-- ARGV  now in ms, then JSON of each entry
-- Reply how many left
-- Safe to repeat: an entry that has left stays away.
local gone = 0
for index = 2, #ARGV do gone = gone + redis.call('LREM', KEYS[2], 1, ARGV[index]) end
for _, line in ipairs(redis.call('LRANGE', KEYS[2], 0, -1)) do
  if type(cjson.decode(line)[3]) == 'string' then return gone end
end
if redis.call('HGET', KEYS[1], 'state') then redis.call('HSET', KEYS[1], 'state', 'closed', 'closed', ARGV[1]) end
return gone
