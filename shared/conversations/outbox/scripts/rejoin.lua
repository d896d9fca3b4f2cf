-- rejoin: a message that stood aside is the last of its contact's outbox again, once it is due.
-- KEYS  message, outbox
-- ARGV  message id, ms that an outbox is kept
-- Reply 1 when it is back now, 0 when it did not stand aside, is not due, or is not waiting any more
-- Safe to repeat: `aside` is taken away in the same step.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local known = redis.call('HMGET', KEYS[1], 'state', 'aside', 'due')
if known[1] ~= 'queued' or not known[2] or tonumber(known[3]) > now then return 0 end
redis.call('HDEL', KEYS[1], 'aside')
redis.call('RPUSH', KEYS[2], ARGV[1])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return 1
