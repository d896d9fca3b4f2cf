-- heard: note a delivery of an event. The earliest time of all deliveries is the event's time.
-- KEYS  heard
-- ARGV  time in ms, ms until the key expires
-- Reply {the event's time in ms, 'new' | 'earlier' than all deliveries before | 'again', campaign, attached} ('' if undecided)
-- {e:<event>}:heard  hash  at (ms); campaign, attached: written by HeardStore, once each. Expires after ARGV[2] ms.
-- Safe to repeat: a repeat is 'again'.
local present = redis.call('HMGET', KEYS[1], 'at', 'campaign', 'attached')
local at, how = present[1], 'again'
if not at or tonumber(ARGV[1]) < tonumber(at) then
  at, how = ARGV[1], at and 'earlier' or 'new'
  redis.call('HSET', KEYS[1], 'at', at)
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return { at, how, present[2] or '', present[3] or '' }
