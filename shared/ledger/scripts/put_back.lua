-- put_back: end a lease. Its worker ends it when the parcel is done (nonce given); the sweep ends it after its
-- deadline (nonce empty). Leased jobs go back to pending, or have expired with the campaign. A marked job without a settlement becomes unconfirmed if the
-- sweep ends the lease; if the worker ends it, the job stays under the lease until the sweep. A job that left this
-- lease for another one is not touched.
-- KEYS  ledger, states, leases, deadlines, due, unconfirmed, then jobs buckets
-- ARGV  lease id, nonce or '', number of postponed jobs, then `ordinal:due ms` each, then the page of each bucket
-- Reply {'stale'} the lease is gone, another worker's, or not due for the sweep | {'ok', jobs that went back, jobs that
--       are unconfirmed now}
-- {c}:due          zset  ordinal by due time in ms. No TTL.
-- {c}:unconfirmed  zset  ordinal by the time in ms at which its outcome became unknown. No TTL.
-- {c}:leases       hash  lease id → `nonce|runs`. No TTL.     {c}:deadlines  zset  lease id by deadline in ms. No TTL.
-- {c}:jobs:<page>  hash  ordinal → packed record (see prelude.lua). No TTL.
-- Safe to repeat: the first call removes the lease.
local lease, nonce, postponed_count = ARGV[1], ARGV[2], tonumber(ARGV[3])
local entry = redis.call('HGET', KEYS[3], lease)
if not entry then return { 'stale' } end
local holder, runs = string.match(entry, '^([^|]*)|(.*)$')
local now = clock_ms()
if nonce == '' then
  if tonumber(redis.call('ZSCORE', KEYS[4], lease) or '0') > now then return { 'stale' } end
elseif holder ~= nonce then
  return { 'stale' }
end

local postponed, buckets = {}, {}
for index = 4, 3 + postponed_count do
  local ordinal, due = string.match(ARGV[index], '^(%d+):(%d+)$')
  postponed[ordinal] = due
end
for index = 4 + postponed_count, #ARGV do
  buckets[ARGV[index]] = KEYS[6 + index - 3 - postponed_count]
end

local back, unknown, held = 0, 0, {}
each_ordinal(runs, function(number)
  local ordinal = int(number)
  local state = state_of(ordinal)
  if state ~= 'l' and state ~= 's' then return end
  local bucket = buckets[int(math.floor(number / PAGE_ROWS))]
  local record = record_of(bucket, ordinal)
  if state == 'l' and not is_barred(record, lease) then
    local due = postponed[ordinal]
    local to = home(math.max(tonumber(due or '0'), now))
    if to == 'p' then
      if due then to = 'd' end
      redis.call('ZADD', KEYS[5], due or int(now), ordinal)
    elseif to == 'e' then
      record.next, record.lease, record.reason = record.attempt, '', 'deadline'
      keep_record(bucket, ordinal, record)
    end
    move(ordinal, 'l', to)
    back = back + 1
  elseif state == 's' and record.lease == lease then
    if nonce == '' then
      record.lease, record.reason = '', 'lease-expired'
      keep_record(bucket, ordinal, record)
      redis.call('ZADD', KEYS[6], int(now), ordinal)
      move(ordinal, 's', 'u')
      unknown = unknown + 1
    else
      held[#held + 1] = number
    end
  end
end)
commit()
if #held == 0 then
  redis.call('HDEL', KEYS[3], lease)
  redis.call('ZREM', KEYS[4], lease)
else
  redis.call('HSET', KEYS[3], lease, nonce .. '|' .. runs_of(held))
end
return { 'ok', back, unknown }
