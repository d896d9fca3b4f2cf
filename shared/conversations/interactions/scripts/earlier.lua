-- earlier: move a contact's message in a thread to an earlier time.
-- KEYS  interaction, thread
-- ARGV  event id, the earlier time in ms, JSON of the entry with it
-- Reply id of the interaction that goes on in its place, which may have a copy of the entry; '' if none does
-- Safe to repeat: the earliest time stays.
local lines = redis.call('LRANGE', KEYS[2], 0, -1)
for index, line in ipairs(lines) do
  local entry = cjson.decode(line)
  if entry[3] == ARGV[1] and entry[2] > tonumber(ARGV[2]) then
    redis.call('LSET', KEYS[2], index - 1, ARGV[3])
    local opened = redis.call('HGET', KEYS[1], 'opened')
    if opened and tonumber(opened) > tonumber(ARGV[2]) then redis.call('HSET', KEYS[1], 'opened', ARGV[2]) end
    break
  end
end
return redis.call('HGET', KEYS[1], 'into') or ''
