-- mark: the gate and the write-ahead step of one message. Nothing may be written to the provider without its 'ok'.
-- KEYS  message, outbox, session, consent
-- ARGV  message id, nonce, ms before the window's end that are too late ('' when no window is needed),
--       revision of the consents that were judged ('' when consent does not matter), the reason why they forbid it or '',
--       ms at which the window ends of the contact that this one is by now ('' while it is itself),
--       who else holds that contact's thread ('' for us)
-- Reply {'ok'} | {'refused', reason} | {'wait', ms until it is due} | {'behind'} another one goes first
--       | {'changed'} the consents are not those that were judged | {'gone'} it is not waiting any more
-- Safe to repeat: the same nonce is answered 'ok' again, whatever has happened to the window since.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local known = redis.call('HMGET', KEYS[1], 'state', 'nonce', 'due')
if known[1] == 'sending' and known[2] == ARGV[2] then return { 'ok' } end
if known[1] ~= 'queued' then return { 'gone' } end
if redis.call('LINDEX', KEYS[2], 0) ~= ARGV[1] then return { 'behind' } end
local due = tonumber(known[3] or '0')
if due > now then return { 'wait', due - now } end

local function refuse(reason)
  redis.call('HSET', KEYS[1], 'state', 'refused', 'reason', reason)
  redis.call('LREM', KEYS[2], 1, ARGV[1])
  return { 'refused', reason }
end

if ARGV[4] ~= '' and (redis.call('HGET', KEYS[4], 'rev') or '0') ~= ARGV[4] then return { 'changed' } end
if ARGV[5] ~= '' then return refuse(ARGV[5]) end
if ARGV[3] ~= '' then
  local expires = tonumber(ARGV[6] ~= '' and ARGV[6] or redis.call('HGET', KEYS[3], 'expires') or '0')
  if now >= expires - tonumber(ARGV[3]) then return refuse('window-closed') end
  local holder = ARGV[6] ~= '' and ARGV[7] or redis.call('HGET', KEYS[3], 'holder') or ''
  if holder ~= '' then return refuse('not-in-control') end
end
-- Why it was deferred is history now: an accepted message must not tell of a limit.
redis.call('HSET', KEYS[1], 'state', 'sending', 'nonce', ARGV[2], 'marked', string.format('%.0f', now),
  'code', '', 'reason', '', 'due', '0')
return { 'ok' }
