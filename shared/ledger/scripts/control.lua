-- control: start, pause, resume, cancel or finish a campaign. shared.ledger.states owns the legal sources of each move.
-- KEYS  ledger, states, unconfirmed, uploads, due, refused, agreed
-- ARGV  target state, reason, by, ms for which an unconfirmed job keeps a campaign from finishing, ms after a finish in
--       which a failure that may be tried again opens the campaign anew (settle.lua), legal sources…
-- Reply {'ok' | 'same' already in the target | 'forbidden' | 'unfinished' | 'absent', state}
-- {c}:ledger   hash  state, reason, by, changed_ms, started_ms, finished_ms, reopens_until_ms; resumed_ms, resumed_lease: when
--                    it was started or resumed, and the newest lease by then: what left under it left before. No TTL.
-- {c}:uploads  hash  upload id → `complete` | `joined`. No TTL. Read only.
-- {c}:unconfirmed  zset  ordinal by ms. No TTL. Read only.  {c}:due  zset  ordinal by due time in ms. No TTL.
-- {c}:refused  list  failures that may concern every contact. Deleted when the campaign goes on: the counting begins anew.
-- {c}:agreed   set   ordinals whose contact has agreed since its job was suppressed. Deleted when the campaign is cancelled.
-- Safe to repeat: compare-and-set on the state.
local target, reason, by = ARGV[1], ARGV[2], ARGV[3]
local state = redis.call('HGET', LEDGER, 'state')
if not state then return { 'absent', '' } end
if state == target then return { 'same', state } end
local legal = false
for index = 6, #ARGV do legal = legal or ARGV[index] == state end
if not legal then return { 'forbidden', state } end

local now = clock_ms()

local function unfinished()
  local fields = redis.call('HMGET', LEDGER, 'n:p', 'n:d', 'n:l', 'n:s', 'next', 'planned')
  for index = 1, 4 do
    if tonumber(fields[index] or '0') > 0 then return true end
  end
  if math.floor(tonumber(fields[5] or '0') / PAGE_ROWS) > tonumber(fields[6] or '0') then return true end
  if redis.call('SCARD', KEYS[7]) > 0 then return true end
  if redis.call('HEXISTS', LEDGER, 'redrive') == 1 then return true end
  if redis.call('ZCOUNT', KEYS[3], int(now - tonumber(ARGV[4])), '+inf') > 0 then return true end
  for _, upload in ipairs(redis.call('HVALS', KEYS[4])) do
    if upload == 'complete' then return true end
  end
  return false
end

local function cancel_waiting()
  local states = redis.call('GET', STATES)
  if not states then return end
  local cancelled, pending, deferred
  cancelled, pending = string.gsub(states, 'p', 'c')
  cancelled, deferred = string.gsub(cancelled, 'd', 'c')
  redis.call('SET', STATES, cancelled)
  deltas.p, deltas.d, deltas.c = -pending, -deferred, pending + deferred
  redis.call('DEL', KEYS[5])
  commit()
end

if target == 'finished' and unfinished() then return { 'unfinished', state } end
if target == 'cancelled' then
  cancel_waiting()
  redis.call('DEL', KEYS[7])
  redis.call('HDEL', LEDGER, 'redrive', 'redrive_page', 'redriven', 'left_out')
end
redis.call('HSET', LEDGER, 'state', target, 'reason', reason, 'by', by, 'changed_ms', int(now))
if target == 'running' then
  redis.call('HSETNX', LEDGER, 'started_ms', int(now))
  redis.call('HSET', LEDGER, 'resumed_ms', int(now), 'resumed_lease', redis.call('HGET', LEDGER, 'leases') or '0')
  redis.call('DEL', KEYS[6])
end
if target == 'finished' then redis.call('HSET', LEDGER, 'reopens_until_ms', int(now + tonumber(ARGV[5]))) end
if target == 'finished' or target == 'cancelled' then redis.call('HSET', LEDGER, 'finished_ms', int(now)) end
return { 'ok', target }
