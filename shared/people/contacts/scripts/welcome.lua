-- welcome: a contact takes the addresses of another one that is about to be merged into it, if it is still as it was judged.
-- KEYS  contact
-- ARGV  number of addresses that it had when it was judged, then for each new one: contact id, address, claim
-- Reply 1 if it has taken them; 0 if it has changed meanwhile, has been merged itself, or is none of them by a person's word
-- {k}:contact  hash  a:<id> → address, w:<id> → claim; the first claim of an id stays. No expiry.
-- Safe to repeat: the same addresses again change nothing; the caller then judges anew.
if redis.call('HEXISTS', KEYS[1], 'moved') == 1 then return 0 end
local count = 0
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if string.sub(field, 1, 2) == 'a:' then count = count + 1 end
end
if count ~= tonumber(ARGV[1]) then return 0 end
for index = 2, #ARGV, 3 do
  if redis.call('HEXISTS', KEYS[1], 'x:' .. ARGV[index]) == 1 then return 0 end
end
for index = 2, #ARGV, 3 do
  redis.call('HSET', KEYS[1], 'a:' .. ARGV[index], ARGV[index + 1])
  redis.call('HSETNX', KEYS[1], 'w:' .. ARGV[index], ARGV[index + 2])
end
return 1
