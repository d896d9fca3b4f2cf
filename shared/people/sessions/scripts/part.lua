-- part: messages of another contact leave a session; the newest of those that stay decides the window.
-- KEYS  session
-- ARGV  fields of the messages
-- Reply how many left
-- Who holds the thread stays as it is, and is forgotten with the session's time.
-- Safe to repeat: a message that has left stays away.
local last, expires = redis.call('HGET', KEYS[1], 'last'), redis.call('HGET', KEYS[1], 'expires')
if not last then return 0 end
local gone = redis.call('HDEL', KEYS[1], unpack(ARGV))
local newest, fields = 0, redis.call('HGETALL', KEYS[1])
for index = 1, #fields, 2 do
  if string.sub(fields[index], 1, 2) == 'm:' then
    newest = math.max(newest, tonumber(string.match(fields[index + 1], '^(%d+)|')))
  end
end
if newest == 0 and redis.call('HEXISTS', KEYS[1], 'held_at') == 1 then
  redis.call('HDEL', KEYS[1], 'last', 'expires')
elseif newest == 0 then
  redis.call('DEL', KEYS[1])
else
  local ends = string.format('%.0f', newest + tonumber(expires) - tonumber(last))
  redis.call('HSET', KEYS[1], 'last', string.format('%.0f', newest), 'expires', ends)
  redis.call('PEXPIREAT', KEYS[1], ends)
end
return gone
