-- answer: what a contact of the campaign said, counted once however often and in whatever order it is told.
-- KEYS  ledger, states, answers
-- ARGV  ordinal, event id, the contact's time in ms, its text, the label that it counts under ('' for none),
--       '1' when it was a refusal
-- Reply 1 when it was this contact's first answer that anybody told
-- {c}:answers  hash  ordinal → JSON: first {at, event, text}, said {at, event, label}, out (ms). Kept until retention.
-- {c}:ledger   hash  replied, opted_out, a:<label>: how many contacts.
-- The first answer is the earliest, the label that counts is the latest's; so any order gives the same.
local ordinal, event, at = ARGV[1], ARGV[2], tonumber(ARGV[3])
local packed = redis.call('HGET', KEYS[3], ordinal)
local known = packed and cjson.decode(packed) or {}

local function is_before(one_at, one_event, other)
  return one_at < other.at or (one_at == other.at and one_event < other.event)
end

local is_new = not known.first
if is_new or is_before(at, event, known.first) then known.first = { at = at, event = event, text = ARGV[4] } end
if is_new then redis.call('HINCRBY', LEDGER, 'replied', 1) end
if ARGV[5] ~= '' and (not known.said or not is_before(at, event, known.said)) then
  if known.said then redis.call('HINCRBY', LEDGER, 'a:' .. known.said.label, -1) end
  known.said = { at = at, event = event, label = ARGV[5] }
  redis.call('HINCRBY', LEDGER, 'a:' .. ARGV[5], 1)
end
if ARGV[6] == '1' then
  if not known.out then redis.call('HINCRBY', LEDGER, 'opted_out', 1) end
  known.out = math.min(at, known.out or at)
end
redis.call('HSET', KEYS[3], ordinal, cjson.encode(known))
return is_new and 1 or 0
