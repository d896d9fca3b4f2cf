-- singleton: one holder at a time. KEYS the lease (hash: holder, fence, until). ARGV hold | leave, holder, ms it lasts.
-- Reply the fence while this holder has it, -1 otherwise. Safe to repeat: the same holder renews.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local lease = redis.call('HMGET', KEYS[1], 'holder', 'fence', 'until')
local is_mine = lease[1] == ARGV[2]
local is_free = tonumber(lease[3] or '0') <= now
if ARGV[1] == 'leave' then
  if is_mine then redis.call('HSET', KEYS[1], 'until', '0') end
  return -1
end
if not is_mine and not is_free then return -1 end
local fence = tonumber(lease[2] or '0')
if not is_mine or is_free then fence = fence + 1 end
redis.call('HSET', KEYS[1], 'holder', ARGV[2], 'fence', string.format('%.0f', fence),
  'until', string.format('%.0f', now + tonumber(ARGV[3])))
return fence
