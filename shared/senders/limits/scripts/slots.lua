-- slots: reserve slots for a group of waiting jobs of one sender. Oracle: shared/senders/limits/gcra.py.
-- KEYS  throttle of the lane, buckets…, then one pair key per job (none when there is no pair limit)
-- ARGV  number of buckets, horizon in µs, number of jobs, pair interval in ms (0: no pair limit), the emission interval of
--       each bucket in µs, the owner of each job.  The first bucket is the sender's.
-- Reply {now in µs, the first slot not granted in µs, then per job: slot in µs | '?<slot>' the one job that probes a hold |
--       '-' beyond the horizon | 'p<ms>' another job holds the pair for so long}
-- {a}:bucket:<name>             string  theoretical arrival time in µs. TTL 1 day; an expired bucket costs 1 s.
-- {a}:throttle:<sender>         hash    factor, changed (µs), until (µs), cut, next (µs); TTL: throttle.lua. A slow-down and a
--                                       hold stay in this hash and out of the bucket, which both lanes share.
-- {a}:pair:<sender>:<contact>   string  owner of the job that holds the pair. TTL: until one interval after its slot.
-- Safe to repeat: a lost reply wastes its slots and nothing else; a wasted probe is followed by the next one.
local buckets, horizon = tonumber(ARGV[1]), tonumber(ARGV[2])
local jobs, pair_ms = tonumber(ARGV[3]), tonumber(ARGV[4])
local COLD_START_US, RECOVERY_PER_S, DAY_MS = 1000000, 0.05, 86400000
local PROBE_US = 5000000 -- between two probes of a hold: most answers are there by then, and a lost one costs 5 s

local function int(number)
  return string.format('%.0f', number)
end

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])

local throttle = redis.call('HMGET', KEYS[1], 'factor', 'changed', 'until', 'cut', 'next')
local factor = 1
if throttle[1] then
  factor = math.min(1, tonumber(throttle[1]) + RECOVERY_PER_S * (now - tonumber(throttle[2])) / 1000000)
end
local held, probes, slowed = tonumber(throttle[3] or '0'), throttle[4] == '1', tonumber(throttle[5] or '0')

local tats, intervals = {}, {}
for index = 1, buckets do
  tats[index] = tonumber(redis.call('GET', KEYS[1 + index]) or int(now + COLD_START_US))
  intervals[index] = tonumber(ARGV[4 + index])
end

local function next_slot()
  local slot = math.max(now, held, slowed)
  for index = 1, buckets do slot = math.max(slot, tats[index]) end
  return slot
end

local function pair_taken(job, slot)
  if pair_ms == 0 then return nil end
  local key, owner = KEYS[1 + buckets + job], ARGV[4 + buckets + job]
  local holder = redis.call('GET', key)
  if holder and holder ~= owner then return 'p' .. redis.call('PTTL', key) end
  redis.call('SET', key, owner, 'PX', int(pair_ms + math.ceil((slot - now) / 1000)))
  return nil
end

local reply, granted = { int(now), '0' }, false
for job = 1, jobs do
  local slot = next_slot()
  if slot > now + horizon then
    reply[2 + job] = '-'
  else
    local taken = pair_taken(job, slot)
    if taken then
      reply[2 + job] = taken
    else
      granted = true
      reply[2 + job] = (probes and '?' or '') .. int(slot)
      for index = 1, buckets do tats[index] = slot + intervals[index] end
      if factor < 1 then slowed = slot + math.ceil(intervals[1] / factor) end
      if probes then held = slot + PROBE_US end
    end
  end
end
for index = 1, buckets do redis.call('SET', KEYS[1 + index], int(tats[index]), 'PX', DAY_MS) end
if granted and (factor < 1 or probes) then
  redis.call('HSET', KEYS[1], 'next', int(slowed))
  if probes then redis.call('HSET', KEYS[1], 'until', int(held)) end
end
reply[2] = int(next_slot())
return reply
