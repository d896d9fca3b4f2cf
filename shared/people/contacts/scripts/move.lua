-- move: a contact turned out to be another one. Only the first to say so is believed: whoever comes second follows.
-- KEYS  contact, consent
-- ARGV  the contact that it is
-- Reply the contact that it has moved to
-- {k}:contact, {k}:consent  hash  moved → contact id, the same in both; `rev` grows: what was judged under this name is to be
-- judged anew. Kept.
local before = redis.call('HGET', KEYS[1], 'moved')
if before then return before end
redis.call('HSET', KEYS[1], 'moved', ARGV[1])
redis.call('HSET', KEYS[2], 'moved', ARGV[1])
redis.call('HINCRBY', KEYS[2], 'rev', 1)
return ARGV[1]
