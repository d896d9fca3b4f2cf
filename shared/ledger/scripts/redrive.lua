-- redrive: a person's order to try jobs again that have ended. `redrive_page` carries it out, page by page.
-- KEYS  ledger, states, refused
-- ARGV  the order as JSON, its id, by, legal states…
-- Reply {'ok' | 'forbidden' | 'busy' another order is being carried out | 'absent', state}
-- {c}:ledger   hash  redrive: the order while it is carried out; redrive_id: of the latest order; redrive_ms: when it
--                    came; redrive_page: the next page; redriven, left_out: numbers of
--                    jobs so far. A finished campaign runs again: state, reason, by, changed_ms, resumed_ms, finished_ms.
-- {c}:refused  list  failures that may concern every contact. Deleted: the counting begins anew.
-- Safe to repeat: the latest order is known by its id; another one is refused while it is being carried out. What an older
-- release has left of an order when it finished the campaign is replaced.
local state = redis.call('HGET', LEDGER, 'state')
if not state then return { 'absent', '' } end
local legal = false
for index = 4, #ARGV do legal = legal or ARGV[index] == state end
if not legal then return { 'forbidden', state } end
if redis.call('HGET', LEDGER, 'redrive_id') == ARGV[2] then return { 'ok', state } end
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
