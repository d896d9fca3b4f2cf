-- redrive_page: jobs of one page get the attempt that a person has ordered.
-- KEYS  ledger, states, due, unconfirmed, redrives, jobs (the page's bucket)
-- ARGV  the order as JSON, page, the page that comes next ('' after the last), number of jobs left out, then two per job:
--       `ordinal:attempt` as it was judged, ms when it is due (0: now)
-- Reply how many wait again, or -1 when another call was faster
-- {c}:ledger       hash  see `redrive`; all four fields are deleted after the last page.  {c}:due  zset  ordinal by ms. No TTL.
-- {c}:unconfirmed  zset  ordinal by ms. No TTL.  {c}:jobs:<page>  hash  ordinal → packed record (see prelude.lua). No TTL.
-- {c}:redrives     list  `redriven|left_out|order` of each order that was carried out. No TTL.
-- Safe to repeat: compare-and-set on order and page, so an order tries no job twice; a job with another attempt does not
-- move, nor one whose outcome became unknown after the order: nobody has said that it may arrive twice.
if redis.call('HGET', LEDGER, 'redrive') ~= ARGV[1] or redis.call('HGET', LEDGER, 'redrive_page') ~= ARGV[2] then return -1 end
local now = clock_ms()
local ordered_at = tonumber(redis.call('HGET', LEDGER, 'redrive_ms') or '0')
local newest = redis.call('HGET', LEDGER, 'leases') or ''
local moved, left_out = 0, tonumber(ARGV[4])

local function redrive(ordinal, attempt, due)
  local state, record = state_of(ordinal), record_of(KEYS[6], ordinal)
  local became_unknown = state == 'u' and tonumber(redis.call('ZSCORE', KEYS[4], ordinal) or '0') > ordered_at
  if (state ~= 'f' and state ~= 'u') or record.attempt ~= attempt or became_unknown or is_too_late(math.max(due, now)) then
    left_out = left_out + 1
    return
  end
  record.next = int(tonumber(record.attempt) + 1)
  record.redriven, record.lease = record.next, newest
  keep_record(KEYS[6], ordinal, record)
  redis.call('ZREM', KEYS[4], ordinal)
  redis.call('ZADD', KEYS[3], int(math.max(due, now)), ordinal)
  move(ordinal, state, 'd')
  moved = moved + 1
end

for index = 5, #ARGV, 2 do
  local ordinal, attempt = string.match(ARGV[index], '^(%d+):(%d+)$')
  redrive(ordinal, attempt, tonumber(ARGV[index + 1]))
end
commit()
local redriven = redis.call('HINCRBY', LEDGER, 'redriven', moved)
local passed_over = redis.call('HINCRBY', LEDGER, 'left_out', left_out)
if ARGV[3] ~= '' then
  redis.call('HSET', LEDGER, 'redrive_page', ARGV[3])
else
  redis.call('RPUSH', KEYS[5], int(redriven) .. '|' .. int(passed_over) .. '|' .. ARGV[1])
  redis.call('HDEL', LEDGER, 'redrive', 'redrive_page', 'redriven', 'left_out')
end
return moved
