-- redrive: a person's order to try jobs again that have ended. `redrive_page` carries it out, page by page.
-- KEYS  ledger, states, refused, redrives
-- ARGV  the order as JSON, its id, by, legal states…
-- Reply {'ok' | 'forbidden' | 'busy' another order is being carried out | 'absent', state}
-- {c}:ledger   hash  redrive: the order while it is carried out; redrive_id: of the latest order; redrive_ms: when it
--                    came; redrive_page: the next page; redriven, left_out: numbers of
--                    jobs so far. A finished campaign runs again: state, reason, by, changed_ms, resumed_ms, finished_ms.
-- {c}:refused  list  failures that may concern every contact. Deleted: the counting begins anew.
-- {c}:redrives list  `redriven|left_out|order` of each order that was carried out. Read only.
-- Safe to repeat: the latest order and those that were carried out are known by their ids, in whatever state the campaign is
-- by then; another one is refused while one is being carried out. What an older release has left of an order when it
-- finished the campaign is replaced.
local state = redis.call('HGET', LEDGER, 'state')
if not state then return { 'absent', '' } end

local function was_given()
  if redis.call('HGET', LEDGER, 'redrive_id') == ARGV[2] then return true end
  for _, line in ipairs(redis.call('LRANGE', KEYS[4], 0, -1)) do
    if cjson.decode(string.match(line, '^%d+|%d+|(.+)$'))[5] == ARGV[2] then return true end
  end
  return false
end

if was_given() then return { 'ok', state } end
local legal = false
for index = 4, #ARGV do legal = legal or ARGV[index] == state end
if not legal then return { 'forbidden', state } end
if state ~= 'finished' and redis.call('HEXISTS', LEDGER, 'redrive') == 1 then return { 'busy', state } end

local now = int(clock_ms())
redis.call('HSET', LEDGER, 'redrive', ARGV[1], 'redrive_id', ARGV[2], 'redrive_ms', now)
redis.call('HSET', LEDGER, 'redrive_page', '0', 'redriven', '0', 'left_out', '0')
if state == 'finished' then
  redis.call('HSET', LEDGER, 'state', 'running', 'reason', 'redriven', 'by', ARGV[3], 'changed_ms', now, 'resumed_ms', now)
  redis.call('HDEL', LEDGER, 'finished_ms')
  redis.call('DEL', KEYS[3])
end
return { 'ok', redis.call('HGET', LEDGER, 'state') }
