-- expire: the jobs of one page that wait have expired, once the campaign's deadline has come.
-- KEYS  ledger, states, due, jobs (the page's bucket)
-- ARGV  page number
-- Reply how many jobs have expired by this call
-- {c}:due          zset  ordinal by due time in ms. No TTL.
-- {c}:jobs:<page>  hash  ordinal → packed record (see prelude.lua). No TTL.
-- Safe to repeat: only pending and deferred jobs move.
if not is_too_late(clock_ms()) then return 0 end
local page, expired = tonumber(ARGV[1]), {}
for number = page * PAGE_ROWS, (page + 1) * PAGE_ROWS - 1 do
  local ordinal = int(number)
  local state = state_of(ordinal)
  if state == 'p' or state == 'd' then
    expired[#expired + 1] = ordinal
    local record = record_of(KEYS[4], ordinal)
    record.next, record.lease, record.reason = record.attempt, '', 'deadline'
    keep_record(KEYS[4], ordinal, record)
    move(ordinal, state, 'e')
  end
end
if #expired > 0 then redis.call('ZREM', KEYS[3], unpack(expired)) end
commit()
return #expired
