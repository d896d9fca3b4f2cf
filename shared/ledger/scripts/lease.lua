-- lease: take the next due jobs for one parcel. Jobs whose time has come, or that went back, are first; then the ready
-- lists. Entries of ready lists are hints: only a pending state byte makes a job leasable.
-- KEYS  ledger, states, due, leases, deadlines, then ready lists, the most urgent first
-- ARGV  jobs wanted, maximum of this campaign's jobs in flight, ms until an unopened lease expires, maximum of leases
-- Reply {'none', campaign's state} | {lease id, runs, number of jobs}
-- {c}:due           zset  ordinal by due time in ms. No TTL.  {c}:ready:<0..9>  list  runs of ordinals. No TTL.
-- {c}:leases        hash  lease id → `nonce|runs`. No TTL.    {c}:deadlines     zset  lease id by deadline in ms. No TTL.
-- Safe to repeat: if the reply is lost, the lease expires unopened and is swept.
local state = redis.call('HGET', LEDGER, 'state')
if state ~= 'running' then return { 'none', state or 'absent' } end
local counts = redis.call('HMGET', LEDGER, 'n:l', 'n:s')
local in_flight = tonumber(counts[1] or '0') + tonumber(counts[2] or '0')
local wanted = math.min(tonumber(ARGV[1]), tonumber(ARGV[2]) - in_flight)
if wanted <= 0 or redis.call('HLEN', KEYS[4]) >= tonumber(ARGV[4]) then return { 'none', state } end

local now = clock_ms()
if is_too_late(now) then return { 'none', state } end -- what waits is the sweep's (expire.lua)
local taken = {}
local function take(ordinal, from)
  move(ordinal, from, 'l')
  taken[#taken + 1] = ordinal
end

local due = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', int(now), 'LIMIT', 0, int(wanted))
for _, member in ipairs(due) do
  local from = state_of(member)
  if from == 'd' or from == 'p' then take(tonumber(member), from) end
  redis.call('ZREM', KEYS[3], member)
end

for index = 6, #KEYS do
  while #taken < wanted do
    local entry = redis.call('LPOP', KEYS[index])
    if not entry then break end
    local rest = {}
    each_ordinal(entry, function(ordinal)
      if #taken >= wanted then
        rest[#rest + 1] = ordinal
      elseif state_of(ordinal) == 'p' then
        take(ordinal, 'p')
      end
    end)
    if #rest > 0 then redis.call('LPUSH', KEYS[index], runs_of(rest)) end
  end
end
if #taken == 0 then return { 'none', state } end

table.sort(taken)
local lease = int(redis.call('HINCRBY', LEDGER, 'leases', 1))
local runs = runs_of(taken)
redis.call('HSET', KEYS[4], lease, '|' .. runs)
redis.call('ZADD', KEYS[5], int(now + tonumber(ARGV[3])), lease)
commit()
return { lease, runs, #taken }
