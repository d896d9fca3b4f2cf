-- heard: note a delivery of an event. The earliest time of all deliveries is the event's time.
-- KEYS  heard
-- ARGV  time in ms, ms until the key expires, contact id of the author ('' for an event that nobody can change)
-- Reply {the event's time in ms, 'new' | 'earlier' than all deliveries before | 'again', campaign, attached ('' if undecided),
--       the hash as field, value …}
-- {e:<event>}:heard  hash  at (ms), author; campaign, attached, edit:<event>: written by HeardStore, once each. Expires after
--                          ARGV[2] ms.
-- Safe to repeat: a repeat is 'again'.
local present = redis.call('HMGET', KEYS[1], 'at', 'campaign', 'attached')
local at, how = present[1], 'again'
if not at or tonumber(ARGV[1]) < tonumber(at) then
  at, how = ARGV[1], at and 'earlier' or 'new'
  redis.call('HSET', KEYS[1], 'at', at)
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
if ARGV[3] ~= '' then redis.call('HSETNX', KEYS[1], 'author', ARGV[3]) end
return { at, how, present[2] or '', present[3] or '', redis.call('HGETALL', KEYS[1]) }
