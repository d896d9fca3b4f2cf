-- answer: record an answer of a contact of the campaign. Each contact counts once, in any order of its answers.
-- KEYS  ledger, states, answers
-- ARGV  ordinal, event id, the contact's time in ms, text, label ('' for none), '1' for a refusal
-- Reply 1 if this is the contact's first answer, else 0
-- {c}:answers  hash  ordinal → JSON: first {at, event, text} the earliest answer; words [{at, event, label}] the latest 8
--                    answers with a label; said the latest of words; out the time of the first refusal in ms. No TTL.
-- {c}:ledger   hash  replied, opted_out, a:<label>: numbers of contacts. No TTL.
-- Safe to repeat, in any order: `first` is the earliest, `said` the latest, and an event that is delivered with several
-- times has the earliest of them.
local ordinal, event, at = ARGV[1], ARGV[2], tonumber(ARGV[3])
local MAX_WORDS = 8
local packed = redis.call('HGET', KEYS[3], ordinal)
local known = packed and cjson.decode(packed) or {}
if known.said and not known.words then known.words = { known.said } end -- an earlier release wrote no words

local function is_before(one_at, one_event, other)
  return one_at < other.at or (one_at == other.at and one_event < other.event)
end

-- Adds a labelled answer, or moves a stored one to an earlier time. Returns the latest of all.
local function say(words, word)
  local place = #words + 1
  for index, other in ipairs(words) do
    if other.event == word.event then place = index end
  end
  if not words[place] or word.at < words[place].at then words[place] = word end
  table.sort(words, function(one, other) return is_before(one.at, one.event, other) end)
  if #words > MAX_WORDS then table.remove(words, 1) end
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
