-- put: a message joins its contact's outbox, once.
-- KEYS  message, outbox
-- ARGV  message id, ms that it is kept, then field and value of each of its own fields
-- Reply 1 when it is new, 0 when it was there already
-- {k}:message:<id>    hash  what it is; state, due, aside, nonce, marked; code, reason, provider's id; times in ms.
--                           Kept for ARGV[2].
-- {k}:outbox:<sender> list  ids that wait, the next one first. Kept as long as its newest message.
-- Safe to repeat: the same id is the same message.
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
local fields = { 'state', 'queued' }
for index = 3, #ARGV do fields[#fields + 1] = ARGV[index] end
redis.call('HSET', KEYS[1], unpack(fields))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('RPUSH', KEYS[2], ARGV[1])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return 1
