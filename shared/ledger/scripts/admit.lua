-- admit: turn one staged page of an upload into jobs. A contact that the campaign holds already is a duplicate; in a draft,
-- a row may replace the contact's earlier one.
-- KEYS  ledger, states, pages, upload, uploads, then the contact map's bucket of each row
-- ARGV  upload id, page's sequence in the upload, packed page, `index:ordinal,…` of the rows (from 0) that replace the job
--       with that ordinal, or '?' to change nothing where a contact is held already, then each row's contact id
-- Reply {'closed', state} the campaign takes no contacts | {'held', `index:ordinal,…` of the rows whose contact the campaign
--       holds} to '?', also for a page that has joined | {'ok', first ordinal or '-' if no row becomes a job, indexes (from 0)
--       of duplicate rows, indexes of rows that replaced another one}; indexes as `0,2,5`
-- {c}:pages            hash  page number → packed rows. No TTL.
-- {c}:contacts:<bucket>  hash  contact id → ordinal. No TTL.
-- {c}:upload:<id>      hash  counts; page:<sequence> → first ordinal or '-'; repeats:<sequence> → `duplicates|replacing`
--                      indexes. TTL: set by uploads.py.
-- A replaced job leaves a hole: its page stays, its state byte becomes '.', and the contact map names the new job.
-- Safe to repeat: the upload's hash holds the first ordinal and the repeats of each page that has joined.
local upload_id, sequence, packed = ARGV[1], ARGV[2], ARGV[3]
local rows = #ARGV - 4
local done = redis.call('HGET', KEYS[4], 'page:' .. sequence)
local state = redis.call('HGET', LEDGER, 'state')
if not done and state ~= 'draft' and state ~= 'running' and state ~= 'paused' then
  return { 'closed', state or 'absent' }
end

local function contact_of(row)
  return KEYS[5 + row], ARGV[4 + row]
end

if ARGV[4] == '?' then
  local held = {}
  for row = 1, rows do
    local ordinal = redis.call('HGET', contact_of(row))
    if ordinal then held[#held + 1] = int(row - 1) .. ':' .. ordinal end
  end
  if done or #held > 0 then return { 'held', table.concat(held, ',') } end
end

if done then
  local repeats = redis.call('HGET', KEYS[4], 'repeats:' .. sequence)
  if repeats then
    local same, replacing = string.match(repeats, '^([^|]*)|(.*)$')
    return { 'ok', done, same, replacing }
  end
  local same = {} -- a page that a release without replacements has admitted
  for row = 1, rows do
    local key, contact = contact_of(row)
    local ordinal = done == '-' and '-' or int(tonumber(done) + row - 1)
    if redis.call('HGET', key, contact) ~= ordinal then same[#same + 1] = row - 1 end
  end
  return { 'ok', done, table.concat(same, ','), '' }
end

local replaceable = {}
if state == 'draft' then
  for index, ordinal in string.gmatch(ARGV[4], '(%d+):(%d+)') do replaceable[tonumber(index) + 1] = ordinal end
end

local function replace(row, ordinal)
  local key, contact = contact_of(row)
  local earlier = replaceable[row]
  if not earlier or redis.call('HGET', key, contact) ~= earlier or state_of(earlier) ~= 'p' then return false end
  redis.call('HSET', key, contact, ordinal)
  redis.call('SETRANGE', STATES, earlier, '.')
  return true
end

local first = redis.call('HGET', LEDGER, 'next') or '0'
local same, replacing, bytes, admitted = {}, {}, {}, 0
for row = 1, rows do
  local key, contact = contact_of(row)
  local ordinal = int(tonumber(first) + row - 1)
  bytes[row] = 'p'
  if redis.call('HSETNX', key, contact, ordinal) == 1 then
    admitted = admitted + 1
  elseif replace(row, ordinal) then
    replacing[#replacing + 1] = row - 1
  else
    bytes[row] = '.'
    same[#same + 1] = row - 1
  end
end

if admitted + #replacing > 0 then
  local page = math.floor(tonumber(first) / PAGE_ROWS)
  redis.call('HSET', KEYS[3], int(page), packed)
  redis.call('SETRANGE', STATES, first, table.concat(bytes) .. string.rep('.', PAGE_ROWS - rows))
  redis.call('HSET', LEDGER, 'next', int(tonumber(first) + PAGE_ROWS))
  redis.call('HINCRBY', LEDGER, 'n:p', admitted) -- a replaced job leaves as many pending ones as it found
  redis.call('HINCRBY', LEDGER, 'total', admitted)
else
  first = '-'
end
local duplicates, replaced = table.concat(same, ','), table.concat(replacing, ',')
redis.call('HSET', KEYS[4], 'page:' .. sequence, first, 'repeats:' .. sequence, duplicates .. '|' .. replaced)
redis.call('HINCRBY', KEYS[4], 'admitted', admitted)
redis.call('HINCRBY', KEYS[4], 'duplicates', rows - admitted)
redis.call('HINCRBY', KEYS[4], 'replaced', #replacing)
return { 'ok', first, duplicates, replaced }
