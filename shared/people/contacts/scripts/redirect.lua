-- redirect: an id is itself again, or belongs to another contact, since a person has separated two contacts.
-- KEYS  contact, consent
-- ARGV  contact id that it is now, '' for itself; a revision of consents that its own must outgrow
-- Reply 1
-- Safe to repeat: the revision grows once more, and judgements are made once more.
if ARGV[1] == '' then
  redis.call('HDEL', KEYS[1], 'moved')
  redis.call('HDEL', KEYS[2], 'moved')
else
  redis.call('HSET', KEYS[1], 'moved', ARGV[1])
  redis.call('HSET', KEYS[2], 'moved', ARGV[1])
end
redis.call('HINCRBY', KEYS[2], 'rev', tonumber(ARGV[2]) + 1)
return 1
