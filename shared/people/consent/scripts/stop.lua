-- stop: whether a contact may still be written to in one campaign, as of one revision of its consents.
-- KEYS  stopped
-- ARGV  '1' stopped, '0' not any more; the revision that was judged; then contact ids
-- Reply how many changed
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
