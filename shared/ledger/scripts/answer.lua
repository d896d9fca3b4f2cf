-- answer: what a contact of the campaign said, counted once however often and in whatever order it is told.
-- KEYS  ledger, states, answers
-- ARGV  ordinal, event id, the contact's time in ms, its text, the label that it counts under ('' for none),
--       '1' when it was a refusal
-- Reply 1 when it was this contact's first answer that anybody told
-- {c}:answers  hash  ordinal → JSON: first {at, event, text}, words [{at, event, label}] of which said is the latest, out (ms).
--                    Kept until retention.
-- {c}:ledger   hash  replied, opted_out, a:<label>: how many contacts.
-- The first answer is the earliest, the label that counts is the latest's, and an event's time is the earliest that it is
-- told with; so any order gives the same.
local ordinal, event, at = ARGV[1], ARGV[2], tonumber(ARGV[3])
local MOST_WORDS = 8
local packed = redis.call('HGET', KEYS[3], ordinal)
local known = packed and cjson.decode(packed) or {}
if known.said and not known.words then known.words = { known.said } end -- as an earlier release wrote it

local function is_before(one_at, one_event, other)
  return one_at < other.at or (one_at == other.at and one_event < other.event)
end

-- One more word, or an earlier time of one that is there. The latest of all.
local function say(words, word)
  local place = #words + 1
  for index, other in ipairs(words) do
    if other.event == word.event then place = index end
  end
  if not words[place] or word.at < words[place].at then words[place] = word end
  table.sort(words, function(one, other) return is_before(one.at, one.event, other) end)
  if #words > MOST_WORDS then table.remove(words, 1) end
  return words[#words]
end

local is_new = not known.first
if is_new or is_before(at, event, known.first) then known.first = { at = at, event = event, text = ARGV[4] } end
if is_new then redis.call('HINCRBY', LEDGER, 'replied', 1) end
if ARGV[5] ~= '' then
  local before = known.said and known.said.label
  known.words = known.words or {}
  known.said = say(known.words, { at = at, event = event, label = ARGV[5] })
  if known.said.label ~= before then
    if before then redis.call('HINCRBY', LEDGER, 'a:' .. before, -1) end
    redis.call('HINCRBY', LEDGER, 'a:' .. known.said.label, 1)
  end
end
if ARGV[6] == '1' then
  if not known.out then redis.call('HINCRBY', LEDGER, 'opted_out', 1) end
  known.out = math.min(at, known.out or at)
end
redis.call('HSET', KEYS[3], ordinal, cjson.encode(known))
return is_new and 1 or 0
