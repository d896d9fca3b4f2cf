-- close: the provider says that the window is closed: what it refused left at some time, and whoever wrote since then
-- has opened it again.
-- KEYS  session
-- ARGV  ms: when the refused message left
-- Reply 1 when it was closed by this call
local last = redis.call('HGET', KEYS[1], 'last')
if not last or tonumber(last) > tonumber(ARGV[1]) then return 0 end
redis.call('DEL', KEYS[1])
return 1
