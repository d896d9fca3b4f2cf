-- close: the provider refused a message as outside the window. A contact's message after that one left keeps it open.
-- KEYS  session
-- ARGV  ms: when the refused message left
-- Reply 1 if this call closed the session
local last = redis.call('HGET', KEYS[1], 'last')
if not last or tonumber(last) > tonumber(ARGV[1]) then return 0 end
redis.call('DEL', KEYS[1])
return 1
