-- admit: turn one staged page of an upload into jobs. A contact that the campaign holds already is a duplicate.
-- KEYS  ledger, states, pages, upload, uploads, then the contact map's bucket of each row
-- ARGV  upload id, page's sequence in the upload, packed page, then each row's contact id
-- Reply {'closed', state} the campaign takes no contacts | {'ok', first ordinal or '-' if no row is new, indexes (from 0)
--       of duplicate rows…}
-- {c}:pages            hash  page number → packed rows. No TTL.
-- {c}:contacts:<bucket>  hash  contact id → ordinal. No TTL.
-- {c}:upload:<id>      hash  counts; page:<sequence> → first ordinal or '-'. TTL: set by uploads.py.
-- Safe to repeat: the upload's hash holds the first ordinal of each page that has joined.
local upload_id, sequence, packed = ARGV[1], ARGV[2], ARGV[3]
local rows = #ARGV - 3
local done = redis.call('HGET', KEYS[4], 'page:' .. sequence)
local state = redis.call('HGET', LEDGER, 'state')
if not done and state ~= 'draft' and state ~= 'running' and state ~= 'paused' then
  return { 'closed', state or 'absent' }
end

local first = done
if not done then first = redis.call('HGET', LEDGER, 'next') or '0' end
local reply, bytes, admitted = { 'ok', first }, {}, 0
for row = 1, rows do
  local key, contact = KEYS[5 + row], ARGV[3 + row]
  local ordinal = first == '-' and '-' or int(tonumber(first) + row - 1)
  local is_new
  if done then
    is_new = redis.call('HGET', key, contact) == ordinal
  else
    is_new = redis.call('HSETNX', key, contact, ordinal) == 1
  end
  if is_new then
    admitted = admitted + 1
    bytes[row] = 'p'
  else
    bytes[row] = '.'
    reply[#reply + 1] = row - 1
  end
end
if done then return reply end

if admitted > 0 then
  local page = math.floor(tonumber(first) / PAGE_ROWS)
  redis.call('HSET', KEYS[3], int(page), packed)
  redis.call('SETRANGE', STATES, first, table.concat(bytes) .. string.rep('.', PAGE_ROWS - rows))
  redis.call('HSET', LEDGER, 'next', int(tonumber(first) + PAGE_ROWS))
  redis.call('HINCRBY', LEDGER, 'n:p', admitted)
  redis.call('HINCRBY', LEDGER, 'total', admitted)
else
  reply[2] = '-'
end
redis.call('HSET', KEYS[4], 'page:' .. sequence, reply[2])
redis.call('HINCRBY', KEYS[4], 'admitted', admitted)
redis.call('HINCRBY', KEYS[4], 'duplicates', rows - admitted)
return reply
