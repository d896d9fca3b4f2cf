-- throttle: slow a sender down because its provider asked for it. The factor falls multiplicatively, at most once a second:
-- a burst of refusals is one piece of news. A Retry-After stops the sender until then. slots.lua computes the recovery.
-- KEYS  throttle
-- ARGV  decrease (0 … 1), minimum of the factor (0 … 1), Retry-After in µs (0: none)
-- Reply the factor in thousandths, rounded down
-- {a}:throttle:<sender>  hash  factor (of the full rate), changed (µs), until (µs). TTL: 1 hour after `until`.
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
if now - changed >= 1000000 then
  factor = math.max(tonumber(ARGV[2]), factor * tonumber(ARGV[1]))
  redis.call('HSET', KEYS[1], 'factor', string.format('%.6f', factor), 'changed', int(now))
end
local hold = now + tonumber(ARGV[3])
if tonumber(ARGV[3]) > 0 and hold > tonumber(present[3] or '0') then redis.call('HSET', KEYS[1], 'until', int(hold)) end
local held_ms = math.max(0, math.ceil((tonumber(redis.call('HGET', KEYS[1], 'until') or '0') - now) / 1000))
redis.call('PEXPIRE', KEYS[1], int(HOUR_MS + held_ms))
return math.floor(factor * 1000)
