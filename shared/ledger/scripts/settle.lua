-- settle: what became of attempts. Facts (accepted, delivered, read, failed) are merged whatever the lease says: they
-- come from answers and from statuses alike, so both use this script. The rest (defer, return, unknown) is a worker's
-- word about its own attempt and counts only while that attempt is the marked one under its own lease.
-- KEYS  ledger, states, due, unconfirmed, then jobs buckets
-- ARGV  ten per settlement: ordinal, attempt, lease id, kind, message id, time in ms, code, reason, due in ms (0: never),
--       index of its bucket in KEYS.  kind: accepted | delivered | read | failed | suppressed | defer | return |
--       unknown | resend.  due: of a deferral, or of the retry that a failure allows.
-- Reply per settlement: the state's letter after it, or 'stale' when it speaks of another attempt or lease
-- Safe to repeat: merging is a join (earliest time wins), and the other kinds are compare-and-set.
local now = clock_ms()
local created = tonumber(redis.call('HGET', LEDGER, 'created_ms') or '0')
local campaign_state = redis.call('HGET', LEDGER, 'state')
local may_retry = campaign_state == 'running' or campaign_state == 'paused' or campaign_state == 'scheduled'
local FACTS = { accepted = true, delivered = true, read = true, failed = true, suppressed = true }
local ENDED = { c = true, e = true, x = true }
local RANK = { [''] = 0, r = 1, f = 2, x = 3 }

local function earliest(present, at)
  local offset = at - created
  if present == '' or offset < tonumber(present) then return int(offset) end
  return present
end

local function learn_failure(record, s)
  local verdict = s.kind == 'suppressed' and 'x' or (s.due > 0 and may_retry and 'r') or 'f'
  local failed = earliest(record.failed, s.at)
  local outranks = RANK[verdict] > RANK[record.verdict]
  local precedes = verdict == record.verdict and (failed ~= record.failed or s.code < record.code)
  if outranks then record.verdict = verdict end
  if outranks or precedes then record.code, record.reason = s.code, s.reason end
  record.failed = failed
end

local function learn(record, s)
  if s.message ~= '' and record.message == '' then record.message = s.message end
  if s.kind == 'failed' or s.kind == 'suppressed' then return learn_failure(record, s) end
  record[s.kind] = earliest(record[s.kind], s.at)
  if record.accepted == '' then record.accepted = record[s.kind] end
end

-- Moves a job and takes it out of the list that its old state stood in.
local function place(ordinal, from, to)
  if from == 'u' and to ~= 'u' then redis.call('ZREM', KEYS[4], ordinal) end
  if (from == 'd' or from == 'p') and to ~= 'd' and to ~= 'p' then redis.call('ZREM', KEYS[3], ordinal) end
  move(ordinal, from, to)
  return to
end

-- The state that the attempt's facts amount to (shared.ledger.states.derive), given where the job is now.
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
  else
    to = (state == 'p' or state == 'l') and state or 'd'
    if record.next == record.attempt then
      record.next = int(tonumber(record.attempt) + 1)
      redis.call('ZADD', KEYS[3], int(s.due), s.ordinal)
      to = 'd'
    end
  end
  if to ~= 'd' and to ~= 'p' and to ~= 'l' then record.next = record.attempt end
  if to == 'r' or to == 'v' then record.code, record.reason = '', '' end
  record.lease = ''
  keep_record(s.bucket, s.ordinal, record)
  return place(s.ordinal, state, to)
end

local function resend(s, state, record)
  if state ~= 'u' then return 'stale' end
  record.next = int(tonumber(record.attempt) + 1)
  keep_record(s.bucket, s.ordinal, record)
  redis.call('ZADD', KEYS[3], int(now), s.ordinal)
  return place(s.ordinal, 'u', home())
end

local function settle_word(s, state, record)
  if state ~= 's' or record.lease ~= s.lease then return 'stale' end
  local to = home()
  if s.kind == 'unknown' then
    to = 'u'
    redis.call('ZADD', KEYS[4], int(now), s.ordinal)
  elseif to == 'p' then
    if s.kind == 'defer' then
      to = 'd'
      record.tries = int(tonumber(record.tries == '' and '0' or record.tries) + 1)
    end
    redis.call('ZADD', KEYS[3], int(math.max(s.due, now)), s.ordinal)
  end
  record.lease, record.code, record.reason = '', s.code, s.reason
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
  return settle_word(s, state, record)
end

local reply = {}
for index = 1, #ARGV, 10 do
  reply[#reply + 1] = settle({
    ordinal = ARGV[index], attempt = ARGV[index + 1], lease = ARGV[index + 2], kind = ARGV[index + 3],
    message = ARGV[index + 4], at = tonumber(ARGV[index + 5]), code = ARGV[index + 6], reason = ARGV[index + 7],
    due = tonumber(ARGV[index + 8]), bucket = KEYS[tonumber(ARGV[index + 9])],
  })
end
commit()
return reply
