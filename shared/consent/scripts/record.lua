-- record: consents of one contact. Of two of the same kind and scope the later one stays, whichever comes first.
-- KEYS  consent
-- ARGV  two per record: field, JSON of [version, source, time in ms, evidence]
-- Reply how many were kept
-- {k}:consent  hash  field → JSON; kept
-- Safe to repeat: the same record again is the same record.
local kept = 0
for index = 1, #ARGV, 2 do
  local present = redis.call('HGET', KEYS[1], ARGV[index])
  if not present or cjson.decode(present)[3] <= cjson.decode(ARGV[index + 1])[3] then
    redis.call('HSET', KEYS[1], ARGV[index], ARGV[index + 1])
    kept = kept + 1
  end
end
return kept
