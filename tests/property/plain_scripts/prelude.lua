-- prelude: functions of every script of the ledger. The loader prepends it; it has no call, ARGV or reply of its own.
-- KEYS  1 ledger, 2 states
--
-- {c}:ledger  hash    state, reason, by, cursors; n:<letter>: number of jobs in that state. No TTL, kept until retention.
-- {c}:states  string  one byte per job. No TTL, kept until retention.
-- Integers only; the store's clock only. Counts change only together with states: `move`, then `commit`.

local LEDGER, STATES = KEYS[1], KEYS[2]
local PAGE_ROWS = 128

local function clock_ms()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

local function int(number)
  return string.format('%.0f', number)
end

local deltas = {}

local function state_of(ordinal)
  return redis.call('GETRANGE', STATES, ordinal, ordinal)
end

local function move(ordinal, from, to)
  if from == to then return end
  redis.call('SETRANGE', STATES, ordinal, to)
  deltas[from] = (deltas[from] or 0) - 1
  deltas[to] = (deltas[to] or 0) + 1
end

local function commit()
  for letter, delta in pairs(deltas) do
    if delta ~= 0 then redis.call('HINCRBY', LEDGER, 'n:' .. letter, delta) end
  end
  deltas = {}
end

-- Whether a job whose turn comes at this time, in ms, would be sent at or after the campaign's deadline. Its reason is then
-- 'deadline'.
local function is_too_late(at)
  local deadline = redis.call('HGET', LEDGER, 'deadline_ms')
  return deadline and at >= tonumber(deadline)
end

-- The state of a job that returns without an outcome, and whose turn comes again at this time, in ms: pending; cancelled if
-- the campaign was cancelled meanwhile; expired if that would be too late.
local function home(at)
  if redis.call('HGET', LEDGER, 'state') == 'cancelled' then return 'c' end
  if is_too_late(at) then return 'e' end
  return 'p'
end

-- Ascending ordinals as text, `0-199,205`: the form in leases and ready lists.
local function runs_of(ordinals)
  local runs, first, last = {}, nil, nil
  local function close()
    if first then
      runs[#runs + 1] = first == last and int(first) or (int(first) .. '-' .. int(last))
    end
  end
  for _, ordinal in ipairs(ordinals) do
    if last and ordinal == last + 1 then
      last = ordinal
    else
      close()
      first, last = ordinal, ordinal
    end
  end
  close()
  return table.concat(runs, ',')
end

local function each_run(runs, visit)
  for run in string.gmatch(runs, '[^,]+') do
    local first, last = string.match(run, '^(%d+)-(%d+)$')
    first = tonumber(first or run)
    visit(first, tonumber(last or first))
  end
end

local function each_ordinal(runs, visit)
  each_run(runs, function(first, last)
    for ordinal = first, last do visit(ordinal) end
  end)
end

-- A job's record: the fields below joined by `|`, trailing empty fields cut. attempt: the attempt of these facts;
-- next: the attempt that the next mark begins; tries: number of deferrals; accepted, delivered, read, failed: ms since
-- the campaign's creation; verdict on a failure: r retriable < f final < x the contact refused us; price: the category
-- in which the provider bills the attempt. lease: of a sending job, the lease that marked it. Of a waiting job, the
-- newest lease that lost it: a worker that holds this lease or an older one may not touch the job under the next lease
-- (`is_barred`).
local FIELDS = {
  'attempt', 'next', 'lease', 'tries', 'message', 'accepted', 'delivered', 'read', 'failed', 'verdict', 'code', 'reason',
  'price',
}
local FACTS_AND_WORDS = { 'message', 'accepted', 'delivered', 'read', 'failed', 'verdict', 'code', 'reason', 'price' }

local function record_of(key, ordinal)
  local packed = redis.call('HGET', key, ordinal)
  local record = {}
  if packed then
    local index = 1
    for value in string.gmatch(packed .. '|', '([^|]*)|') do
      if FIELDS[index] then record[FIELDS[index]] = value end
      index = index + 1
    end
  end
  for _, field in ipairs(FIELDS) do record[field] = record[field] or '' end
  if record.attempt == '' then record.attempt = '1' end
  if record.next == '' then record.next = record.attempt end
  return record
end

local function keep_record(key, ordinal, record)
  local values = {}
  for index, field in ipairs(FIELDS) do values[index] = record[field] end
  if values[2] == values[1] then values[2] = '' end
  local packed = string.gsub(table.concat(values, '|'), '|+$', '')
  redis.call('HSET', key, ordinal, packed)
end

-- Whether this lease has lost the job: lease ids ascend, and this one is not newer than the newest that lost the job.
local function is_barred(record, lease)
  return record.lease ~= '' and tonumber(lease) <= tonumber(record.lease)
end
