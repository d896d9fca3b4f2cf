-- plan: turn the contacts of one admitted page into jobs that a lease may take, jobs that wait for their time, or
-- suppressed or expired jobs.
-- KEYS  ledger, states, due, jobs (the page's bucket), ready:0 … ready:9
-- ARGV  page number, then jobs: `r<priority>:<runs>` ready | `d<due ms>:<ordinal>` | `x<reason>:<runs>` suppressed
--       | `e<reason>:<runs>` expired
-- Reply the number of the next page to plan, or -1 if another planner was first or the page is not admitted yet
-- {c}:due           zset  ordinal by due time in ms. No TTL.
-- {c}:jobs:<page>   hash  ordinal → packed record (see prelude.lua). No TTL.
-- {c}:ready:<0..9>  list  runs of ordinals; hints. No TTL.
-- Safe to repeat: the cursor `planned` is compared and set, and only pending jobs move.
local page = tonumber(ARGV[1])
local cursors = redis.call('HMGET', LEDGER, 'planned', 'next')
if tonumber(cursors[1] or '0') ~= page or page * PAGE_ROWS >= tonumber(cursors[2] or '0') then return -1 end

for index = 2, #ARGV do
  local kind, detail, runs = string.match(ARGV[index], '^(.)([^:]*):(.+)$')
  if kind == 'r' then
    redis.call('RPUSH', KEYS[5 + tonumber(detail)], runs)
  else
    each_ordinal(runs, function(ordinal)
      if state_of(ordinal) ~= 'p' then return end
      if kind == 'd' then
        move(ordinal, 'p', 'd')
        redis.call('ZADD', KEYS[3], detail, ordinal)
      else
        move(ordinal, 'p', kind)
        local record = record_of(KEYS[4], ordinal)
        record.reason = detail
        keep_record(KEYS[4], ordinal, record)
      end
    end)
  end
end
commit()
redis.call('HSET', LEDGER, 'planned', int(page + 1))
return page + 1
