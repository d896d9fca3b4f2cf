-- record: consents of one contact. Of two of the same kind and scope the later one stays, whichever comes first; the
-- other one is history.
-- KEYS  consent, history
-- ARGV  two per record: field, JSON of [version, source, time in ms, evidence]
-- Reply how many were kept
-- {k}:consent  hash  field → JSON; `rev` grows with every record that was kept. Kept.
-- {k}:consent:history  list  JSON of [field, what it says], of everything that something later stands for. Kept.
-- Safe to repeat: the same record again is the same record, and no history.
local function remember(field, record)
  local line = '["' .. field .. '",' .. record .. ']'
  for _, known in ipairs(redis.call('LRANGE', KEYS[2], 0, -1)) do
    if known == line then return end
  end
  redis.call('RPUSH', KEYS[2], line)
end

local kept = 0
for index = 1, #ARGV, 2 do
  local field, record = ARGV[index], ARGV[index + 1]
  local present = redis.call('HGET', KEYS[1], field)
  if present ~= record then
    if present and cjson.decode(present)[3] > cjson.decode(record)[3] then
      remember(field, record)
    else
      if present then remember(field, present) end
      redis.call('HSET', KEYS[1], field, record)
      kept = kept + 1
    end
  end
end
if kept > 0 then redis.call('HINCRBY', KEYS[1], 'rev', 1) end
return kept
