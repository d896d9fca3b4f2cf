-- prelude: functions of every script of the ledger. The loader prepends it; it has no call, ARGV or reply of its own.
-- KEYS  1 ledger, 2 states
--
-- {c}:ledger  hash    state, reason, by, cursors, deadline_ms; n:<letter>: number of jobs in that state. No TTL, kept until retention.
-- {c}:states  string  one byte per job. No TTL, kept until retention.
-- Integers only; the store's clock only. Counts change only together with states: `move`, then `commit`.
-- States and records are read once, changed in memory and written by `commit`: one read and one write a page, however many
-- of its jobs the script touches. With a command for each job and step, a mark of a group of 64 cost the store 16 µs and
-- an acceptance 22; now 6 and 8.

local LEDGER, STATES = KEYS[1], KEYS[2]
local PAGE_ROWS = 128

local function clock_ms()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

local function int(number)
  return string.format('%.0f', number)
end

-- {page number → first ordinal, its letters as they were read, letters that changed, lowest and highest of those}
local pages, deltas = {}, {}
-- ordinal → packed record, or false for none; and what `commit` must write: key → {ordinal, packed, ordinal, packed, …}
local packed_of, unwritten = {}, {}

local function page_of(ordinal)
  local number = math.floor(ordinal / PAGE_ROWS)
  local page = pages[number]
  if not page then
    local first = number * PAGE_ROWS
    page = { first = first, changed = {} }
    page.letters = redis.call('GETRANGE', STATES, int(first), int(first + PAGE_ROWS - 1))
    pages[number] = page
  end
  return page
end

local function letter_of(page, number)
  local index = number - page.first + 1
  return page.changed[number] or string.sub(page.letters, index, index)
end

local function state_of(ordinal)
  local number = tonumber(ordinal)
  return letter_of(page_of(number), number)
end

local function move(ordinal, from, to)
  if from == to then return end
  local number = tonumber(ordinal)
  local page = page_of(number)
  page.changed[number] = to
  if not page.low or number < page.low then page.low = number end
  if not page.high or number > page.high then page.high = number end
  deltas[from] = (deltas[from] or 0) - 1
  deltas[to] = (deltas[to] or 0) + 1
end

-- From the lowest to the highest change; the letters between are written as they are.
local function write_states(page)
  local letters = {}
  for number = page.low, page.high do letters[#letters + 1] = letter_of(page, number) end
  redis.call('SETRANGE', STATES, int(page.low), table.concat(letters))
end

local function commit()
  for _, page in pairs(pages) do
    if page.low then write_states(page) end
  end
  for key, fields in pairs(unwritten) do redis.call('HSET', key, unpack(fields)) end
  for letter, delta in pairs(deltas) do
    if delta ~= 0 then redis.call('HINCRBY', LEDGER, 'n:' .. letter, delta) end
  end
  pages, deltas, packed_of, unwritten = {}, {}, {}, {}
end

-- Whether a job whose turn comes at this time, in ms, would be sent at or after the campaign's deadline. Its reason is then
-- 'deadline', as in shared.rules.verdict.
local deadline_ms
local function is_too_late(at)
  if deadline_ms == nil then deadline_ms = tonumber(redis.call('HGET', LEDGER, 'deadline_ms') or '0') end
  return deadline_ms > 0 and at >= deadline_ms
end

-- The state of a job that returns without an outcome, and whose turn comes again at this time, in ms: pending; cancelled if
-- the campaign was cancelled meanwhile; expired if that would be too late.
local function home(at)
  if redis.call('HGET', LEDGER, 'state') == 'cancelled' then return 'c' end
  return is_too_late(at) and 'e' or 'p'
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

-- A job's record: `attempt|next|lease|tries|message|accepted|delivered|read|failed|verdict|code|reason|price|redriven`,
-- trailing empty fields cut. attempt: the attempt of these facts; next: the attempt that the next mark begins; tries:
-- number of deferrals; accepted, delivered, read, failed: ms since the campaign's creation; verdict on a failure: r retriable < f
-- final < x the contact refused us; price: the category in which the provider bills the attempt. lease: of a sending job,
-- the lease that marked it. Of a waiting job, the newest lease that lost it: a worker that holds this lease or an older one
-- may not touch the job under the next lease (`is_barred`). redriven: the attempt that a person has ordered: no failure of
-- an earlier one takes it back.
local FACTS_AND_WORDS = { 'message', 'accepted', 'delivered', 'read', 'failed', 'verdict', 'code', 'reason', 'price' }

-- Every field as one capture; a field that the text does not hold is ''.
local RECORD = '^([^|]*)' .. string.rep('|?([^|]*)', 13)

-- Reads the records of a group with one question a bucket. jobs: at most 1,000, each with its ordinal and bucket.
local function read_records(jobs)
  local ordinals_of = {}
  for _, job in ipairs(jobs) do
    local ordinals = ordinals_of[job.bucket] or {}
    ordinals[#ordinals + 1], ordinals_of[job.bucket] = job.ordinal, ordinals
  end
  for bucket, ordinals in pairs(ordinals_of) do
    local found = redis.call('HMGET', bucket, unpack(ordinals))
    for index, ordinal in ipairs(ordinals) do packed_of[ordinal] = found[index] end
  end
end

-- This and `keep_record` name every field, since a loop over their names costs half as much again.
local function record_of(key, ordinal)
  local packed = packed_of[ordinal]
  if packed == nil then packed = redis.call('HGET', key, ordinal) end
  local attempt, next_attempt, lease, tries, message, accepted, delivered, read, failed, verdict, code, reason, price,
    redriven = string.match(packed or '', RECORD)
  if attempt == '' then attempt = '1' end
  if next_attempt == '' then next_attempt = attempt end
  return {
    attempt = attempt, next = next_attempt, lease = lease, tries = tries, message = message, accepted = accepted,
    delivered = delivered, read = read, failed = failed, verdict = verdict, code = code, reason = reason, price = price,
    redriven = redriven,
  }
end

local function keep_packed(key, ordinal, packed)
  local fields = unwritten[key] or {}
  fields[#fields + 1], fields[#fields + 2] = ordinal, packed
  unwritten[key], packed_of[ordinal] = fields, packed
end

local function keep_record(key, ordinal, record)
  local values = {
    record.attempt, record.next == record.attempt and '' or record.next, record.lease, record.tries, record.message,
    record.accepted, record.delivered, record.read, record.failed, record.verdict, record.code, record.reason,
    record.price, record.redriven,
  }
  local last = #values
  while values[last] == '' do last = last - 1 end
  keep_packed(key, ordinal, table.concat(values, '|', 1, last))
end

-- Whether this lease has lost the job: lease ids ascend, and this one is not newer than the newest that lost the job.
local function is_barred(record, lease)
  return record.lease ~= '' and tonumber(lease) <= tonumber(record.lease)
end
