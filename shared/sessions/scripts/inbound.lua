-- inbound: a contact's message opens or extends its session with one sender, once.
-- KEYS  session, seen
-- ARGV  event id, the contact's time in ms, the window in ms, JSON of the message, messages kept, ms to remember events
-- Reply {1 if this event was new, ms of expiry or '0' when this message opens nothing any more, now in ms}
-- {k}:session:<sender>  hash    last, expires (ms), m:<at>:<event> → JSON. Expires with the window.
-- {k}:seen:<event>      string  '1'. Remembered as long as a provider may tell again.
-- The mark and its effect are one step. A message of the future counts from now; a late one neither shortens nor extends
-- what a later one has opened.
-- Safe to repeat: an event that was seen changes nothing.
local function int(number)
  return string.format('%.0f', number)
end

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local at = math.min(tonumber(ARGV[2]), now)
local expires = tonumber(redis.call('HGET', KEYS[1], 'expires') or '0')
if not redis.call('SET', KEYS[2], '1', 'NX', 'PX', ARGV[6]) then return { 0, int(expires), int(now) } end

local until_ms = at + tonumber(ARGV[3])
if until_ms <= now then return { 1, int(expires), int(now) } end
local last = math.max(at, tonumber(redis.call('HGET', KEYS[1], 'last') or '0'))
expires = math.max(expires, until_ms)
redis.call('HSET', KEYS[1], 'last', int(last), 'expires', int(expires), 'm:' .. string.format('%015.0f', at) .. ':' .. ARGV[1], ARGV[4])

local most = tonumber(ARGV[5])
if redis.call('HLEN', KEYS[1]) > most + 2 then
  local names = {}
  for _, name in ipairs(redis.call('HKEYS', KEYS[1])) do
    if string.sub(name, 1, 2) == 'm:' then names[#names + 1] = name end
  end
  table.sort(names)
  for index = 1, #names - most do redis.call('HDEL', KEYS[1], names[index]) end
end
redis.call('PEXPIREAT', KEYS[1], int(expires))
return { 1, int(expires), int(now) }
