-- throttle: slow a lane of a sender down because its provider asked for it. The factor falls multiplicatively, at most once a
-- second: a burst of refusals is one piece of news. A hold stops the lane until then. slots.lua computes the recovery.
-- KEYS  throttle of the lane
-- ARGV  decrease (0 … 1), minimum of the factor (0 … 1), hold in µs (0: none), the provider's wish in µs (longer than the
--       hold where that was cut), µs since the refusal, the provider's code, '1' if the provider asked to slow down
-- Reply the factor in thousandths, rounded down
-- {a}:throttle:<sender>  hash  factor (of the full rate), changed (µs), until (µs), cut ('1': a probe follows the hold),
--                              wish (µs: the end that the provider named), next (see slots.lua), code, asked ('1' or '').
--                              TTL: 1 hour after `until`.
-- Safe to repeat: within one second nothing changes again.
local RECOVERY_PER_S, HOUR_MS = 0.05, 3600000

local function int(number)
  return string.format('%.0f', number)
end

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local present = redis.call('HMGET', KEYS[1], 'factor', 'changed', 'until')
local factor = 1
local changed = tonumber(present[2] or '0')
if present[1] then factor = math.min(1, tonumber(present[1]) + RECOVERY_PER_S * (now - changed) / 1000000) end
if now - tonumber(ARGV[5]) - changed >= 1000000 then
  factor = math.max(tonumber(ARGV[2]), factor * tonumber(ARGV[1]))
  redis.call('HSET', KEYS[1], 'factor', string.format('%.6f', factor), 'changed', int(now), 'code', ARGV[6], 'asked', ARGV[7])
end
local hold, wish = tonumber(ARGV[3]), tonumber(ARGV[4])
if hold > 0 and now + hold > tonumber(present[3] or '0') then redis.call('HSET', KEYS[1], 'until', int(now + hold)) end
if wish > hold then redis.call('HSET', KEYS[1], 'cut', '1', 'wish', int(now + wish)) end
local held_ms = math.max(0, math.ceil((tonumber(redis.call('HGET', KEYS[1], 'until') or '0') - now) / 1000))
redis.call('PEXPIRE', KEYS[1], int(HOUR_MS + held_ms))
return math.floor(factor * 1000)
