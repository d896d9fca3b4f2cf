-- swap: a value is replaced by whoever knows what it is now.
-- KEYS  the value (string)
-- ARGV  what it must be now, what it becomes ('' removes it), ms until it expires
-- Reply 1 when it is as asked for, 0 when it was another's
-- Safe to repeat: a value that already is what it should become counts as replaced.
local present = redis.call('GET', KEYS[1])
if ARGV[2] == '' then
  if present == ARGV[1] then redis.call('DEL', KEYS[1]) end
  return 1
end
if present ~= ARGV[1] and present ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
