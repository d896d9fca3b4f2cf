-- take_up: jobs of one page that were suppressed for a reason that may have passed wait again, as they are judged now.
-- KEYS  ledger, states, due, jobs (the page's bucket), agreed, ready:0 … ready:9
-- ARGV  the reason, then jobs: `r<priority>:<runs>` ready | `d<due ms>:<runs>` | `x<reason>:<runs>`, `e<reason>:<runs>` stay suppressed
-- Reply how many jobs wait again
-- {c}:due           zset  ordinal by due time in ms. No TTL.   {c}:agreed  set  ordinals. No TTL.
-- {c}:jobs:<page>   hash  ordinal → packed record (see prelude.lua). No TTL.
-- {c}:ready:<0..9>  list  runs of ordinals; hints. No TTL.
-- Safe to repeat: only jobs that are suppressed for this reason move, and only in a campaign that has not ended.
local state = redis.call('HGET', LEDGER, 'state')
local is_open = state == 'running' or state == 'paused'
local taken = 0

for index = 2, #ARGV do
  local kind, detail, runs = string.match(ARGV[index], '^(.)([^:]*):(.+)$')
  each_ordinal(runs, function(ordinal)
    redis.call('SREM', KEYS[5], int(ordinal))
    if kind == 'x' or kind == 'e' or not is_open or state_of(ordinal) ~= 'x' then return end
    local record = record_of(KEYS[4], int(ordinal))
    if record.reason ~= ARGV[1] then return end
    record.reason = ''
    keep_record(KEYS[4], int(ordinal), record)
    taken = taken + 1
    if kind == 'd' then
      move(ordinal, 'x', 'd')
      redis.call('ZADD', KEYS[3], detail, int(ordinal))
    else
      move(ordinal, 'x', 'p')
      redis.call('RPUSH', KEYS[6 + tonumber(detail)], int(ordinal))
    end
  end)
end
commit()
return taken
