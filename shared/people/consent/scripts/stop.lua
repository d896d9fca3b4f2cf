-- stop: whether marks of these contacts fail in one campaign, as judged by one revision of their consents.
-- KEYS  stopped
-- ARGV  '1' stopped or '0' allowed; revision of the consents; then contact ids
-- Reply how many entries changed
-- {c}:stopped  hash  contact id → '<0 or 1>:<revision>'. Kept until retention.
-- Safe to repeat, and in any order: an older judgement never undoes a newer one.
local changed = 0
for index = 3, #ARGV do
  local revision = string.match(redis.call('HGET', KEYS[1], ARGV[index]) or '', ':(%d+)$')
  if not revision or tonumber(revision) <= tonumber(ARGV[2]) then
    redis.call('HSET', KEYS[1], ARGV[index], ARGV[1] .. ':' .. ARGV[2])
    changed = changed + 1
  end
end
return changed
