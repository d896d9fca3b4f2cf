-- resume: a probe was accepted, so the hold that it probed is over; the lane begins again at a part of its rate.
-- KEYS  throttle of the lane
-- ARGV  the factor (0 … 1) of the full rate to begin with
-- Reply 1 if a hold ended, 0 if none was there
-- {a}:throttle:<sender>  hash  see throttle.lua. TTL: unchanged.
-- Safe to repeat: the first call removes the hold.
if redis.call('HDEL', KEYS[1], 'cut') == 0 then return 0 end
local time = redis.call('TIME')
redis.call('HDEL', KEYS[1], 'until', 'wish', 'next')
redis.call('HSET', KEYS[1], 'factor', ARGV[1], 'changed', time[1] .. string.format('%06d', tonumber(time[2])))
return 1
