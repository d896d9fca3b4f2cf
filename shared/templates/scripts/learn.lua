-- learn: store the report of a provider about one template, unless a newer report is stored.
-- KEYS  templates
-- ARGV  field, JSON of the template, time of the report in ms, field under which the release before stored it
-- Reply 1 if it was stored, else 0
-- {s:<sender>}:templates  hash  `name|language|provider's id` → JSON. No TTL.
-- Safe to repeat. Times are compared in whole seconds, as webhooks give them: of two reports of one second the last stays.
local present = redis.call('HGET', KEYS[1], ARGV[1])
local function second(ms) return math.floor(tonumber(ms) / 1000) end
if present and second(cjson.decode(present)['seen']) > second(ARGV[3]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
local former = ARGV[1] ~= ARGV[4] and redis.call('HGET', KEYS[1], ARGV[4])
if former and cjson.decode(former)['provider_id'] == cjson.decode(ARGV[2])['provider_id'] then
  redis.call('HDEL', KEYS[1], ARGV[4])
end
return 1
