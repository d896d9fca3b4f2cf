-- settle: record outcomes of attempts. Facts (accepted, delivered, read, failed, suppressed) are merged without regard
-- to the lease: answers and statuses report the same facts, so both use this script. The other kinds (defer, return,
-- unknown) are a worker's decision about its attempt, and count only while that attempt is marked under the worker's
-- lease.
-- KEYS  ledger, states, due, unconfirmed, refused, then jobs buckets
-- ARGV  twelve per settlement: ordinal, attempt, lease id, kind, message id, time in ms, code, reason, due in ms (0: never),
--       price category ('' if the provider reports none), '1' if the failure may concern every contact, index of its
--       bucket in KEYS.
--       kind: accepted | delivered | read | failed | suppressed | defer | return | unknown | resend | note.
--       due: the end of a deferral, or the earliest start of the retry that a failure allows.
-- Reply per settlement: the letter of the job's new state, or 'stale' if it is about another attempt or lease
-- {c}:ledger       hash  b:<price>: number of attempts in that price category; late_facts; taken, arrived: numbers of
--                        attempts that were ever accepted, and delivered. They only grow. No TTL. A failure that may be
--                        tried again opens a finished campaign anew: state, reason, by, changed_ms, finished_ms.
-- {c}:refused      list  `answer:<taken>`, `silence:<taken>` or `status:<arrived>:<taken>` as it was at each first failure
--                        that may concern everybody, the latest MAX_REFUSED. No TTL; `control` deletes it when the campaign
--                        is resumed.
-- {c}:due          zset  ordinal by due time in ms. No TTL.   {c}:unconfirmed  zset  ordinal by ms. No TTL.
-- {c}:jobs:<page>  hash  ordinal → packed record (see prelude.lua). No TTL.
-- Safe to repeat: merging is a join (the earliest time wins), and the other kinds are compare-and-set.
local now = clock_ms()
local created = tonumber(redis.call('HGET', LEDGER, 'created_ms') or '0')
local campaign = redis.call('HMGET', LEDGER, 'state', 'reopens_until_ms')
local goes_on = campaign[1] == 'running' or campaign[1] == 'paused' or campaign[1] == 'scheduled'
local may_reopen = campaign[1] == 'finished' and now < tonumber(campaign[2] or '0')
local may_retry = goes_on or may_reopen
local FACTS = { accepted = true, delivered = true, read = true, failed = true, suppressed = true }
local ENDED = { c = true, x = true }
local RANK = { [''] = 0, r = 1, f = 2, x = 3 }

-- Must hold the largest `refused_of` of the settings twice: answers and statuses share the list.
local MAX_REFUSED = 1500
local grown = { taken = 0, arrived = 0 }

local function counted(field)
  return tonumber(redis.call('HGET', LEDGER, field) or '0') + grown[field]
end

-- Keeps a failure that may concern every contact, with the number of successes before it: failures in a row share that
-- number. Of a message that left before the campaign was resumed nothing is kept: it left with the old cause. Neither of a
-- later attempt: retries come together, after the successes of all others, and who failed once is likely to fail again.
local function weigh(s, record)
  if s.weighs == '' or s.attempt ~= '1' then return end
  if s.lease ~= '' then
    local resumed = tonumber(redis.call('HGET', LEDGER, 'resumed_lease') or '0')
    if (tonumber(s.lease) or 0) <= resumed then return end
    redis.call('RPUSH', KEYS[5], (s.weighs == '2' and 'silence:' or 'answer:') .. int(counted('taken')))
  else
    local resumed = tonumber(redis.call('HGET', LEDGER, 'resumed_ms') or '0')
    if record.accepted ~= '' and created + tonumber(record.accepted) < resumed then return end
    redis.call('RPUSH', KEYS[5], 'status:' .. int(counted('arrived')) .. ':' .. int(counted('taken')))
  end
  redis.call('LTRIM', KEYS[5], -MAX_REFUSED, -1)
end

local function earliest(present, at)
  local offset = at - created
  if present == '' or offset < tonumber(present) then return int(offset) end
  return present
end

-- Of several failures of one attempt the gravest is kept; of equally grave ones the smallest code and reason, in any
-- order.
local function learn_failure(record, s)
  if record.failed == '' then weigh(s, record) end
  local verdict = s.kind == 'suppressed' and 'x' or (s.due > 0 and may_retry and 'r') or 'f'
  local outranks = RANK[verdict] > RANK[record.verdict]
  local precedes = s.code < record.code or (s.code == record.code and s.reason < record.reason)
  if outranks or (verdict == record.verdict and precedes) then
    record.verdict, record.code, record.reason = verdict, s.code, s.reason
  end
  record.failed = earliest(record.failed, s.at)
end

-- Of several price categories of one attempt the smallest is kept, in any order.
local function learn_price(record, price)
  if price == '' or (record.price ~= '' and record.price <= price) then return end
  if record.price ~= '' then redis.call('HINCRBY', LEDGER, 'b:' .. record.price, -1) end
  redis.call('HINCRBY', LEDGER, 'b:' .. price, 1)
  record.price = price
end

-- A delivered or read message was accepted, at that time at the latest.
local function learn(record, s)
  if s.message ~= '' and record.message == '' then record.message = s.message end
  learn_price(record, s.price)
  if s.kind == 'failed' or s.kind == 'suppressed' then return learn_failure(record, s) end
  if record.accepted == '' then grown.taken = grown.taken + 1 end
  if s.kind ~= 'accepted' and record.delivered == '' and record.read == '' then grown.arrived = grown.arrived + 1 end
  record[s.kind] = earliest(record[s.kind], s.at)
  record.accepted = earliest(record.accepted, s.at)
end

-- A job of a finished campaign waits again, so the campaign runs again.
local function reopen()
  if not may_reopen then return end
  redis.call('HSET', LEDGER, 'state', 'running', 'reason', 'reopened', 'by', 'oriel', 'changed_ms', int(now))
  redis.call('HDEL', LEDGER, 'finished_ms')
  goes_on, may_reopen = true, false
end

-- The job waits again: no lease that exists now may touch it.
local function bar_leases(record)
  record.lease = redis.call('HGET', LEDGER, 'leases') or ''
end

-- Moves a job and removes it from the zset of its old state.
local function place(ordinal, from, to)
  if from == 'u' and to ~= 'u' then redis.call('ZREM', KEYS[4], ordinal) end
  if (from == 'd' or from == 'p') and to ~= 'd' and to ~= 'p' then redis.call('ZREM', KEYS[3], ordinal) end
  move(ordinal, from, to)
  return to
end

-- Merges a fact and moves the job to the state that its facts end in (oracle: after_facts in shared/ledger/facts.py).
local function settle_fact(s, state, record)
  learn(record, s)
  local to
  if record.read ~= '' then
    to = 'r'
  elseif record.delivered ~= '' then
    to = 'v'
  elseif record.failed == '' then
    to = 'a'
  elseif ENDED[state] then
    to = state
  elseif record.verdict ~= 'r' then
    to = record.verdict
  elseif state == 'e' or (record.next == record.attempt and is_too_late(math.max(s.due, now))) then
    to = 'e'
    record.reason = 'deadline'
  else
    to = (state == 'p' or state == 'l') and state or 'd'
    if record.next == record.attempt then
      record.next = int(tonumber(record.attempt) + 1)
      redis.call('ZADD', KEYS[3], int(s.due), s.ordinal)
      to = 'd'
      bar_leases(record)
      reopen()
    end
  end
  if to ~= 'd' and to ~= 'p' and to ~= 'l' then record.next, record.lease = record.attempt, '' end
  if to == 'a' or to == 'v' or to == 'r' then record.code, record.reason = '', '' end
  keep_record(s.bucket, s.ordinal, record)
  return place(s.ordinal, state, to)
end

local function resend(s, state, record)
  if state ~= 'u' or not goes_on or is_too_late(now) then return 'stale' end
  record.next = int(tonumber(record.attempt) + 1)
  bar_leases(record)
  keep_record(s.bucket, s.ordinal, record)
  redis.call('ZADD', KEYS[3], int(now), s.ordinal)
  return place(s.ordinal, 'u', 'p')
end

local function note(s, state, record)
  if state ~= 'u' then return 'stale' end
  record.reason = s.reason
  keep_record(s.bucket, s.ordinal, record)
  return 'u'
end

local function settle_word(s, state, record)
  if state ~= 's' or record.lease ~= s.lease then return 'stale' end
  local to = home(math.max(s.due, now))
  if s.kind == 'unknown' then
    to = 'u'
    weigh(s, record)
    redis.call('ZADD', KEYS[4], int(now), s.ordinal)
  elseif to == 'p' then
    if s.kind == 'defer' then
      to = 'd'
      record.tries = int(tonumber(record.tries == '' and '0' or record.tries) + 1)
    end
    redis.call('ZADD', KEYS[3], int(math.max(s.due, now)), s.ordinal)
  end
  if to ~= 'd' and to ~= 'p' then record.lease = '' end -- a waiting job keeps the lease that lost it
  record.code, record.reason = s.code, to == 'e' and 'deadline' or s.reason
  keep_record(s.bucket, s.ordinal, record)
  return place(s.ordinal, 's', to)
end

local function settle(s)
  local state = state_of(s.ordinal)
  if state == '' or state == '.' then return 'stale' end
  local record = record_of(s.bucket, s.ordinal)
  if record.attempt ~= s.attempt then
    if FACTS[s.kind] and s.kind ~= 'failed' and s.kind ~= 'suppressed' then
      redis.call('HINCRBY', LEDGER, 'late_facts', 1)
    end
    return 'stale'
  end
  if FACTS[s.kind] then return settle_fact(s, state, record) end
  if s.kind == 'resend' then return resend(s, state, record) end
  if s.kind == 'note' then return note(s, state, record) end
  return settle_word(s, state, record)
end

local reply = {}
for index = 1, #ARGV, 12 do
  reply[#reply + 1] = settle({
    ordinal = ARGV[index], attempt = ARGV[index + 1], lease = ARGV[index + 2], kind = ARGV[index + 3],
    message = ARGV[index + 4], at = tonumber(ARGV[index + 5]), code = ARGV[index + 6], reason = ARGV[index + 7],
    due = tonumber(ARGV[index + 8]), price = ARGV[index + 9], weighs = ARGV[index + 10],
    bucket = KEYS[tonumber(ARGV[index + 11])],
  })
end
for field, count in pairs(grown) do
  if count > 0 then redis.call('HINCRBY', LEDGER, field, count) end
end
commit()
return reply
