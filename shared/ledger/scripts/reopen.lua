-- reopen: a finished campaign runs again, because somebody whom it has suppressed for want of consent has agreed since.
-- KEYS  ledger, states, agreed, refused
-- Reply 1 if the campaign runs now and did not before
-- {c}:agreed   set   ordinals whose contact has agreed since its job was suppressed. No TTL. Deleted once the deadline has passed.
-- {c}:refused  list  failures that may concern every contact. Deleted: the counting begins anew.
-- {c}:ledger   hash  state, reason, by, changed_ms, resumed_ms, finished_ms. No TTL.
-- Safe to repeat: compare-and-set on the state.
local now = clock_ms()
local fields = redis.call('HMGET', LEDGER, 'state', 'reopens_until_ms')
if fields[1] ~= 'finished' or now >= tonumber(fields[2] or '0') or redis.call('SCARD', KEYS[3]) == 0 then return 0 end
if is_too_late(now) then -- else the janitor would look at the campaign until it opens no more
  redis.call('DEL', KEYS[3])
  return 0
end
redis.call('HSET', LEDGER, 'state', 'running', 'reason', 'agreed', 'by', 'oriel', 'changed_ms', int(now))
redis.call('HSET', LEDGER, 'resumed_ms', int(now))
redis.call('HDEL', LEDGER, 'finished_ms')
redis.call('DEL', KEYS[4])
return 1
