-- learn: what a provider says of one template; an older word never undoes a newer one.
-- KEYS  templates
-- ARGV  field, JSON of the template, when the provider said so (ms)
-- Reply 1 when it was learned
-- {s:<sender>}:templates  hash  `name|language` → JSON. Kept.
-- Safe to repeat. Webhooks tell whole seconds: of two words of one second the one that comes last stays.
local present = redis.call('HGET', KEYS[1], ARGV[1])
local function second(ms) return math.floor(tonumber(ms) / 1000) end
if present and second(cjson.decode(present)['seen']) > second(ARGV[3]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1
