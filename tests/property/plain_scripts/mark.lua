-- mark: the write-ahead step, leased → sending, if the nonce holds the lease, the campaign runs and the contact is not
-- stopped. No byte may be sent to the provider for a job unless this script has replied with its attempt.
-- KEYS  ledger, states, leases, deadlines, stopped, then jobs buckets
-- ARGV  five per job: ordinal, lease id, nonce, contact id, index of its bucket in KEYS
-- Reply per job: the attempt (≥ 1) | 'not-running' | 'lease-gone' | 'not-leased' | 'stopped' | 'expired'
-- {c}:stopped      hash  contact id → `1:<revision>` stopped | `0:<revision>` not stopped any more. No TTL. Read only.
-- {c}:leases       hash  lease id → `nonce|runs`. No TTL. Read only.  {c}:deadlines  zset  by ms. No TTL. Read only.
-- {c}:jobs:<page>  hash  ordinal → packed record (see prelude.lua). No TTL.
-- Safe to repeat: a job that this lease has marked gets the same attempt as its reply again.
local now = clock_ms()
local running = redis.call('HGET', LEDGER, 'state') == 'running'
local any_stopped = redis.call('EXISTS', KEYS[5]) == 1
local leases = {}

local function read_lease(id)
  local entry = redis.call('HGET', KEYS[3], id)
  local deadline = tonumber(redis.call('ZSCORE', KEYS[4], id) or '0')
  if not entry or deadline <= now then return false end
  local holder, runs = string.match(entry, '^([^|]*)|(.*)$')
  local lease = { holder = holder, runs = {} }
  each_run(runs, function(first, last) lease.runs[#lease.runs + 1] = { first, last } end)
  return lease
end

local function holds(id, nonce, ordinal)
  if leases[id] == nil then leases[id] = read_lease(id) end
  if not leases[id] or leases[id].holder ~= nonce then return false end
  for _, run in ipairs(leases[id].runs) do
    if run[1] <= ordinal and ordinal <= run[2] then return true end
  end
  return false
end

local function mark(ordinal, lease, nonce, contact, bucket)
  local state = state_of(ordinal)
  if state == 's' then
    local record = record_of(bucket, ordinal)
    if record.lease == lease and holds(lease, nonce, tonumber(ordinal)) then return tonumber(record.attempt) end
    return 'not-leased'
  end
  if state ~= 'l' then return 'not-leased' end
  if not holds(lease, nonce, tonumber(ordinal)) then return 'lease-gone' end
  local record = record_of(bucket, ordinal)
  if is_barred(record, lease) then return 'not-leased' end
  if not running then return 'not-running' end
  if any_stopped and string.sub(redis.call('HGET', KEYS[5], contact) or '', 1, 1) == '1' then
    record.reason = 'opted-out'
    keep_record(bucket, ordinal, record)
    move(ordinal, 'l', 'x')
    return 'stopped'
  end
  if is_too_late(now) then
    record.next, record.lease, record.reason = record.attempt, '', 'deadline'
    keep_record(bucket, ordinal, record)
    move(ordinal, 'l', 'e')
    return 'expired'
  end
  if record.next ~= record.attempt then
    for _, field in ipairs(FACTS_AND_WORDS) do record[field] = '' end
    record.attempt = record.next
  end
  record.lease = lease
  keep_record(bucket, ordinal, record)
  move(ordinal, 'l', 's')
  return tonumber(record.attempt)
end

local reply = {}
for index = 1, #ARGV, 5 do
  reply[#reply + 1] = mark(ARGV[index], ARGV[index + 1], ARGV[index + 2], ARGV[index + 3], KEYS[tonumber(ARGV[index + 4])])
end
commit()
return reply
