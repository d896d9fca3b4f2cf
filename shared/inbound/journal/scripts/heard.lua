-- heard: an event is told, perhaps again. Of all the times that it is told with, the earliest is its own.
-- KEYS  heard
-- ARGV  time in ms, ms that it is remembered
-- Reply {its time in ms, 'new' | 'earlier' than it was told before | 'again', the campaign that it answers, what it was
--       attached to} ('' for what nobody has found out)
-- {e:<event>}:heard  hash  at (ms); campaign, attached, as those write it who find it out first. Remembered for ARGV[2].
-- Safe to repeat: that is what it is for.
local known = redis.call('HMGET', KEYS[1], 'at', 'campaign', 'attached')
local at, how = known[1], 'again'
if not at or tonumber(ARGV[1]) < tonumber(at) then
  at, how = ARGV[1], at and 'earlier' or 'new'
  redis.call('HSET', KEYS[1], 'at', at)
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return { at, how, known[2] or '', known[3] or '' }
