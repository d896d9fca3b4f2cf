-- record: consents of one contact. Of two of the same kind and scope the later one stays, whichever comes first; the
-- other one goes into the history. A duplicate of the contact's own word is the same record, and its earlier time stays.
-- KEYS  consent, history
-- ARGV  two per record: field, JSON of [version, source, time in ms, evidence]
-- Reply how many records changed
-- {k}:consent          hash  field → JSON; `rev` grows with every change. No expiry.
-- {k}:consent:history  list  JSON of [field, record] of each superseded record. No expiry.
-- Safe to repeat: the same record again changes nothing.
local function remember(field, record)
  local line = '["' .. field .. '",' .. record .. ']'
  for _, present in ipairs(redis.call('LRANGE', KEYS[2], 0, -1)) do
    if present == line then return end
  end
  redis.call('RPUSH', KEYS[2], line)
end

local OWN = { keyword = true, button = true } -- sources whose evidence is the id of the contact's message

local function is_same_word(one, other)
  return OWN[one[2]] and one[4] ~= '' and one[2] == other[2] and one[4] == other[4]
end

-- The latest record of this field in the history, if it is later than `record`; it is taken out of the history.
local function later_in_history(field, record)
  local best, line_of_best
  for _, line in ipairs(redis.call('LRANGE', KEYS[2], 0, -1)) do
    local old = cjson.decode(line)
    if old[1] == field and old[2][3] > (best or record)[3] then best, line_of_best = old[2], line end
  end
  if not best then return nil end
  redis.call('LREM', KEYS[2], 1, line_of_best)
  return string.sub(line_of_best, #field + 5, -2)
end

local function keep(field, record)
  redis.call('HSET', KEYS[1], field, record)
  return 1
end

local function take(field, record, present)
  local old, new = cjson.decode(present), cjson.decode(record)
  if is_same_word(old, new) then
    if old[3] <= new[3] then return 0 end
    local later = later_in_history(field, new) -- superseded only while this word seemed to be later
    if later then remember(field, record) end
    return keep(field, later or record)
  end
  if old[3] > new[3] then
    remember(field, record)
    return 0
  end
  remember(field, present)
  return keep(field, record)
end

local kept = 0
for index = 1, #ARGV, 2 do
  local field, record = ARGV[index], ARGV[index + 1]
  local present = redis.call('HGET', KEYS[1], field)
  if not present then
    kept = kept + keep(field, record)
  elseif present ~= record then
    kept = kept + take(field, record, present)
  end
end
if kept > 0 then redis.call('HINCRBY', KEYS[1], 'rev', 1) end
return kept
