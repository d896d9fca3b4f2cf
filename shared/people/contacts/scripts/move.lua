-- move: redirect a merged contact to the one that stays. The first redirect wins; a later call gets its target.
-- KEYS  contact, consent
-- ARGV  target contact id, then all ids of the target
-- Reply contact id of the redirect that stands; '' if a person has said that this contact is none of those ids
-- {k}:contact, {k}:consent  hash  moved → contact id, the same in both. `rev` grows, so that judgements made under the old id
-- are made again. No expiry.
local before = redis.call('HGET', KEYS[1], 'moved')
if before then return before end
for index = 1, #ARGV do
  if redis.call('HEXISTS', KEYS[1], 'x:' .. ARGV[index]) == 1 then return '' end
end
redis.call('HSET', KEYS[1], 'moved', ARGV[1])
redis.call('HSET', KEYS[2], 'moved', ARGV[1])
redis.call('HINCRBY', KEYS[2], 'rev', 1)
return ARGV[1]
