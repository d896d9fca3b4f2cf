-- merge: another session of the same person, under a name that it had, becomes part of this one.
-- KEYS  session
-- ARGV  last (ms), expires (ms), then field and value of each message
-- Reply ms of expiry
-- Safe to repeat: the later expiry stays, and a message is kept once.
local function int(number)
  return string.format('%.0f', number)
end

local last = math.max(tonumber(ARGV[1]), tonumber(redis.call('HGET', KEYS[1], 'last') or '0'))
local expires = math.max(tonumber(ARGV[2]), tonumber(redis.call('HGET', KEYS[1], 'expires') or '0'))
redis.call('HSET', KEYS[1], 'last', int(last), 'expires', int(expires))
for index = 3, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[index], ARGV[index + 1]) end
redis.call('PEXPIREAT', KEYS[1], int(expires))
return int(expires)
