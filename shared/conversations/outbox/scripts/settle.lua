-- settle: what became of a message. Facts (accepted, delivered, read, failed) are merged, whoever brings them and in any
-- order; the rest is the word of whoever holds the mark.
-- KEYS  message, outbox
-- ARGV  message id, kind, nonce, provider's id, time in ms, code, reason, due in ms, ms after which a mark is lost
--       kind: accepted | delivered | read | failed | defer | aside | return | unknown | refuse | lost
--       defer: it waits at the head of its outbox until it is due.  aside: it leaves the outbox until `rejoin`, so that those
--       behind it go first.  Both also count for a message that nobody has marked: its preparation met the limit, or a rule
--       asks for a later time.
-- Reply the state after it, or 'stale'
-- Safe to repeat: merging is a join (the earliest time stays), and the others are compare-and-set.
local id, kind, nonce, provider_id = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local at, code, reason, due = ARGV[5], ARGV[6], ARGV[7], ARGV[8]
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local known = redis.call('HMGET', KEYS[1], 'state', 'nonce', 'marked', 'accepted', 'delivered', 'read', 'failed')
local state = known[1]
if not state then return 'stale' end

local function leave(to)
  redis.call('HSET', KEYS[1], 'state', to)
  if state == 'queued' or state == 'sending' then redis.call('LREM', KEYS[2], 1, id) end
  return to
end

local function earliest(field, present)
  if not present or tonumber(at) < tonumber(present) then redis.call('HSET', KEYS[1], field, at) end
end

if kind == 'accepted' or kind == 'delivered' or kind == 'read' or kind == 'failed' then
  local has = { accepted = known[4], delivered = known[5], read = known[6], failed = known[7] }
  earliest(kind, has[kind])
  has[kind] = at
  if kind ~= 'failed' then
    earliest('accepted', known[4])
    has.accepted = at
  elseif not known[7] or code < (redis.call('HGET', KEYS[1], 'code') or '') then -- of two, the same one in any order
    redis.call('HSET', KEYS[1], 'code', code, 'reason', reason)
  end
  if provider_id ~= '' then redis.call('HSETNX', KEYS[1], 'provider_id', provider_id) end
  if has.read then return leave('read') end
  if has.delivered then return leave('delivered') end
  if has.failed then return leave('failed') end
  return leave('accepted')
end

if kind == 'lost' then
  if state ~= 'sending' or tonumber(known[3]) + tonumber(ARGV[9]) > now then return 'stale' end
  redis.call('HSET', KEYS[1], 'reason', 'lost')
  return leave('unconfirmed')
end
local waits = kind == 'defer' or kind == 'aside'
if not (state == 'queued' and waits) and (state ~= 'sending' or known[2] ~= nonce) then return 'stale' end
redis.call('HSET', KEYS[1], 'code', code, 'reason', reason)
if kind == 'unknown' then return leave('unconfirmed') end
if kind == 'refuse' then return leave('refused') end
redis.call('HSET', KEYS[1], 'state', 'queued', 'nonce', '', 'due', waits and due or '0')
if kind == 'aside' then
  redis.call('HSET', KEYS[1], 'aside', '1')
  redis.call('LREM', KEYS[2], 1, id)
end
return 'queued'
