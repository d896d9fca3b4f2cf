-- absorb: an interaction takes over the thread of another one with the same person.
-- KEYS  scopes, interaction, thread, then `attached` of each event among the entries, in their order
-- ARGV  '1' if it must not be closed, ms that an interaction is kept, ms that events are remembered, interaction id,
--       opened and updated of the other in ms, the other's scopes joined by spaces, then JSON of each entry
-- Reply 1, or 0 if it is closed and must not be
-- {k}:interaction:<id>  hash  also:<scope> → 1 for each scope that it stands for beside its own.
-- Safe to repeat: an entry is taken once.
local state = redis.call('HGET', KEYS[2], 'state')
if not state or (ARGV[1] == '1' and state == 'closed') then return 0 end

local function name(entry)
  for place = 3, 4 do
    if type(entry[place]) == 'string' then return entry[place] end
  end
  return ''
end

local taken, attached = {}, 3
for _, line in ipairs(redis.call('LRANGE', KEYS[3], 0, -1)) do taken[name(cjson.decode(line))] = true end
for index = 8, #ARGV do
  local entry = cjson.decode(ARGV[index])
  if not taken[name(entry)] then redis.call('RPUSH', KEYS[3], ARGV[index]) end
  if type(entry[3]) == 'string' then
    attached = attached + 1
    redis.call('SET', KEYS[attached], 'appended:' .. ARGV[4], 'PX', ARGV[3], 'NX')
  end
end
if tonumber(ARGV[5]) < tonumber(redis.call('HGET', KEYS[2], 'opened')) then redis.call('HSET', KEYS[2], 'opened', ARGV[5]) end
if tonumber(ARGV[6]) > tonumber(redis.call('HGET', KEYS[2], 'updated')) then redis.call('HSET', KEYS[2], 'updated', ARGV[6]) end
for scope in string.gmatch(ARGV[7], '%S+') do redis.call('HSET', KEYS[2], 'also:' .. scope, '1') end
for index = 1, 3 do redis.call('PEXPIRE', KEYS[index], ARGV[2]) end
return 1
