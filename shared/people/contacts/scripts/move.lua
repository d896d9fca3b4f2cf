-- move: redirect a merged contact to the one that stays. The first redirect wins; a later call finds it.
-- KEYS  contact, consent
-- ARGV  target contact id, number of addresses that the contact had when it was judged, then all ids of the target
-- Reply contact id of the redirect that stands; '' if the contact has other addresses by now, or is none of those ids by a
--       person's word
-- {k}:contact, {k}:consent  hash  moved → contact id, the same in both. `rev` grows, so that judgements made under the old id
-- are made again. No expiry.
local before = redis.call('HGET', KEYS[1], 'moved')
if before then return before end
local count = 0
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if string.sub(field, 1, 2) == 'a:' then count = count + 1 end
end
if count ~= tonumber(ARGV[2]) then return '' end
for index = 3, #ARGV do
  if redis.call('HEXISTS', KEYS[1], 'x:' .. ARGV[index]) == 1 then return '' end
end
redis.call('HSET', KEYS[1], 'moved', ARGV[1])
redis.call('HSET', KEYS[2], 'moved', ARGV[1])
redis.call('HINCRBY', KEYS[2], 'rev', 1)
return ARGV[1]
