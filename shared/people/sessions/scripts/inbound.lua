-- inbound: a contact's message opens or extends its session with one sender, once.
-- KEYS  session, seen
-- ARGV  event id, the contact's time in ms, the window in ms, JSON of the message, messages kept, ms to remember events,
--       who else held the thread when it came ('' for us)
-- Reply {1 if this event was new, expiry in ms or '0' if the message is too old to open a window, now in ms}
-- {k}:session:<sender>  hash    last, expires (ms), m:<event> → `<at, 15 digits>|<JSON>`; holder, held_at (ms): who else
--                               holds the thread, since when, as long as somebody ever did. Expires with the window.
-- {k}:seen:<event>      string  the event's time in ms. Expires after ARGV[6] ms: as long as a provider may send duplicates.
-- Duplicate mark and window change in one step. A time in the future counts as now. An older message neither shortens nor
-- extends the window that a newer one opened.
-- Safe to repeat: a duplicate changes nothing, unless it carries an earlier time; then the event moves to that time, and a
-- window that it opened ends earlier.
local function int(number)
  return string.format('%.0f', number)
end

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local at, window = math.min(tonumber(ARGV[2]), now), tonumber(ARGV[3])
local name, message = 'm:' .. ARGV[1], string.format('%015.0f', at) .. '|' .. ARGV[4]
local expires = tonumber(redis.call('HGET', KEYS[1], 'expires') or '0')

-- Names and times of the messages kept, the oldest first.
local function messages()
  local found, fields = {}, redis.call('HGETALL', KEYS[1])
  for index = 1, #fields, 2 do
    if string.sub(fields[index], 1, 2) == 'm:' then
      found[#found + 1] = { name = fields[index], at = tonumber(string.match(fields[index + 1], '^(%d+)|')) }
    end
  end
  table.sort(found, function(one, other)
    return one.at < other.at or (one.at == other.at and one.name < other.name)
  end)
  return found
end

local function open_until(last, ends)
  redis.call('HSET', KEYS[1], 'last', int(last), 'expires', int(ends))
  redis.call('PEXPIREAT', KEYS[1], int(ends))
end

local present = redis.call('HGET', KEYS[1], name)
local seen_at = redis.call('GET', KEYS[2]) or (present and string.match(present, '^(%d+)|'))
if seen_at and tonumber(seen_at) <= at then return { 0, int(expires), int(now) } end
redis.call('SET', KEYS[2], int(at), 'PX', ARGV[6])
if seen_at then
  if not present then return { 0, int(expires), int(now) } end
  redis.call('HSET', KEYS[1], name, message)
  local kept = messages()
  expires = kept[#kept].at + window
  open_until(kept[#kept].at, expires)
  return { 0, int(expires > now and expires or 0), int(now) }
end

if at + window <= now then return { 1, int(expires), int(now) } end
-- As long as nobody else ever held the thread, each message kept was to us.
local held_at = redis.call('HGET', KEYS[1], 'held_at')
local since = tonumber(held_at or redis.call('HGET', KEYS[1], 'last') or '0')
if (held_at or ARGV[7] ~= '') and at >= since then
  redis.call('HSET', KEYS[1], 'holder', ARGV[7], 'held_at', int(at))
end
expires = math.max(expires, at + window)
redis.call('HSET', KEYS[1], name, message)
open_until(math.max(at, tonumber(redis.call('HGET', KEYS[1], 'last') or '0')), expires)
if redis.call('HLEN', KEYS[1]) > tonumber(ARGV[5]) + 2 then
  local kept = messages()
  for index = 1, #kept - tonumber(ARGV[5]) do redis.call('HDEL', KEYS[1], kept[index].name) end
end
return { 1, int(expires), int(now) }
