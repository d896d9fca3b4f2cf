-- merge: add the session of a merged contact to the one that stays.
-- KEYS  session
-- ARGV  last (ms), expires (ms), then field and value of each message
-- Reply ms of expiry
-- Safe to repeat: each message is kept once, with its earliest time; the latest message decides the window.
local function int(number)
  return string.format('%.0f', number)
end

local window = tonumber(ARGV[2]) - tonumber(ARGV[1])
for index = 3, #ARGV, 2 do
  local present = redis.call('HGET', KEYS[1], ARGV[index])
  if not present or ARGV[index + 1] < present then redis.call('HSET', KEYS[1], ARGV[index], ARGV[index + 1]) end
end
local last, fields = 0, redis.call('HGETALL', KEYS[1])
for index = 1, #fields, 2 do
  if string.sub(fields[index], 1, 2) == 'm:' then
    last = math.max(last, tonumber(string.match(fields[index + 1], '^(%d+)|')))
  end
end
if last == 0 then last = math.max(tonumber(ARGV[1]), tonumber(redis.call('HGET', KEYS[1], 'last') or '0')) end
redis.call('HSET', KEYS[1], 'last', int(last), 'expires', int(last + window))
redis.call('PEXPIREAT', KEYS[1], int(last + window))
return int(last + window)
