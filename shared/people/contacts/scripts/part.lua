-- part: note that some ids are another contact's, as a person has said, and drop their addresses here.
-- KEYS  contact
-- ARGV  `<time in ms>|<who said so>`, then the ids
-- Reply how many of the ids were new
-- {k}:contact  hash  x:<id> → ARGV[1]. No expiry.
-- Safe to repeat: the first note of an id stays.
local new = 0
for index = 2, #ARGV do
  new = new + redis.call('HSETNX', KEYS[1], 'x:' .. ARGV[index], ARGV[1])
  redis.call('HDEL', KEYS[1], 'a:' .. ARGV[index], 'w:' .. ARGV[index])
end
return new
