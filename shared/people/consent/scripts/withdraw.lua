-- withdraw: records that were another contact's leave this one, which was taken for the same person.
-- KEYS  consent, history
-- ARGV  two per record: field, JSON of the record
-- Reply how many left
-- Safe to repeat: a record that is not there, or is another one by now, stays as it is.
local gone = 0
for index = 1, #ARGV, 2 do
  if redis.call('HGET', KEYS[1], ARGV[index]) == ARGV[index + 1] then
    redis.call('HDEL', KEYS[1], ARGV[index])
    redis.call('RPUSH', KEYS[2], '["' .. ARGV[index] .. '",' .. ARGV[index + 1] .. ']')
    gone = gone + 1
  end
end
if gone > 0 then redis.call('HINCRBY', KEYS[1], 'rev', 1) end
return gone
