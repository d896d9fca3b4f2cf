-- agree: these contacts have agreed to be written to. Their jobs that are suppressed, or that may be about to be for want
-- of that agreement, are noted; the planner judges them again. The agreement itself is written before.
-- KEYS  ledger, states, agreed, then the contact map's bucket of each contact
-- ARGV  contact ids
-- Reply how many jobs are noted
-- {c}:agreed             set   ordinals. No TTL; `take_up` and a cancel empty it.
-- {c}:contacts:<bucket>  hash  contact id → ordinal. No TTL. Read only.
-- A finished campaign is opened for them by `reopen`, as long as it may be.
-- Safe to repeat: a set. Before the start nothing is noted: every plan is made after it, and reads the agreement.
local fields = redis.call('HMGET', LEDGER, 'state', 'started_ms', 'planned', 'next', 'n:x', 'reopens_until_ms')
local now = clock_ms()
local may_reopen = fields[1] == 'finished' and now < tonumber(fields[6] or '0') and not is_too_late(now)
if (fields[1] ~= 'running' and fields[1] ~= 'paused' and not may_reopen) or not fields[2] then return 0 end
local planned = tonumber(fields[3] or '0') * PAGE_ROWS
if planned >= tonumber(fields[4] or '0') and tonumber(fields[5] or '0') == 0 then return 0 end

local noted = 0
for index, contact in ipairs(ARGV) do
  local ordinal = redis.call('HGET', KEYS[3 + index], contact)
  if ordinal then
    local state = state_of(ordinal)
    -- A pending job of an unplanned page may be judged in this instant, by records that were read before.
    if state == 'x' or (state == 'p' and tonumber(ordinal) >= planned) then
      noted = noted + redis.call('SADD', KEYS[3], ordinal)
    end
  end
end
return noted
