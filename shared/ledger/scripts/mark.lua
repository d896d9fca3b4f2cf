-- mark: the write-ahead step, leased → sending, if the nonce holds the lease, the campaign runs, its deadline has not come
-- and the contact is not stopped. No byte may be sent to the provider for a job unless this script has replied with its attempt.
-- KEYS  ledger, states, leases, deadlines, stopped, then jobs buckets
-- ARGV  one per job: `ordinal|lease id|nonce|contact id|index of its bucket in KEYS`
-- Reply per job: the attempt (≥ 1) | 'not-running' | 'lease-gone' | 'not-leased' | 'stopped' | 'expired'
-- {c}:stopped      hash  contact id → `1:<revision>` stopped | `0:<revision>` not stopped any more. No TTL. Read only.
-- {c}:leases       hash  lease id → `nonce|runs`. No TTL. Read only.  {c}:deadlines  zset  by ms. No TTL. Read only.
-- {c}:jobs:<page>  hash  ordinal → packed record (see prelude.lua). No TTL.
-- Safe to repeat: a job that this lease has marked gets the same attempt as its reply again.
local now = clock_ms()
local running = redis.call('HGET', LEDGER, 'state') == 'running'
local leases, stopped = {}, {}

-- Which contacts of the group are stopped, in one question.
local function read_stopped(jobs)
  if redis.call('EXISTS', KEYS[5]) == 0 then return end
  local contacts = {}
  for index, job in ipairs(jobs) do contacts[index] = job.contact end
  for index, entry in ipairs(redis.call('HMGET', KEYS[5], unpack(contacts))) do
    stopped[contacts[index]] = string.sub(entry or '', 1, 1) == '1'
  end
end

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

-- Almost every job is marked once, and has no record before: to spell an empty one out is a third of a mark's cost.
local function mark_new(ordinal, lease, bucket)
  keep_packed(bucket, ordinal, '1||' .. lease)
  move(ordinal, 'l', 's')
  return 1
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
  local late = is_too_late(now)
  if running and not stopped[contact] and not late and packed_of[ordinal] == false then return mark_new(ordinal, lease, bucket) end
  local record = record_of(bucket, ordinal)
  if is_barred(record, lease) then return 'not-leased' end
  if not running then return 'not-running' end
  if stopped[contact] then
    record.reason = 'opted-out'
    keep_record(bucket, ordinal, record)
    move(ordinal, 'l', 'x')
    return 'stopped'
  end
  if late then
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

local jobs, reply = {}, {}
for index, job in ipairs(ARGV) do
  local ordinal, lease, nonce, contact, bucket = string.match(job, '^(%d+)|([^|]*)|([^|]*)|([^|]*)|(%d+)$')
  jobs[index] = { ordinal = ordinal, lease = lease, nonce = nonce, contact = contact, bucket = KEYS[tonumber(bucket)] }
end
read_records(jobs)
read_stopped(jobs)
for index, job in ipairs(jobs) do reply[index] = mark(job.ordinal, job.lease, job.nonce, job.contact, job.bucket) end
commit()
return reply
