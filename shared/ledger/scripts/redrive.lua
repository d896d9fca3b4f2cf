-- redrive: a person's order to try jobs again that have ended. `redrive_page` carries it out, page by page.
-- KEYS  ledger, states, refused
-- ARGV  the order as JSON, by, legal states…
-- Reply {'ok' | 'forbidden' | 'busy' another order is being carried out | 'absent', state}
-- {c}:ledger   hash  redrive: the order while it is carried out; redrive_page: the next page; redriven, left_out: numbers of
--                    jobs so far. A finished campaign runs again: state, reason, by, changed_ms, resumed_ms, finished_ms.
-- {c}:refused  list  failures that may concern every contact. Deleted: the counting begins anew.
-- Safe to repeat: an order is refused while one is being carried out.
local state = redis.call('HGET', LEDGER, 'state')
if not state then return { 'absent', '' } end
local legal = false
for index = 3, #ARGV do legal = legal or ARGV[index] == state end
if not legal then return { 'forbidden', state } end
if redis.call('HEXISTS', LEDGER, 'redrive') == 1 then return { 'busy', state } end

redis.call('HSET', LEDGER, 'redrive', ARGV[1], 'redrive_page', '0', 'redriven', '0', 'left_out', '0')
if state == 'finished' then
  local now = int(clock_ms())
  redis.call('HSET', LEDGER, 'state', 'running', 'reason', 'redriven', 'by', ARGV[2], 'changed_ms', now, 'resumed_ms', now)
  redis.call('HDEL', LEDGER, 'finished_ms')
  redis.call('DEL', KEYS[3])
end
return { 'ok', redis.call('HGET', LEDGER, 'state') }
