-- release: end the redirect of a contact that a person has separated from the one it was merged into.
-- KEYS  contact, consent
-- ARGV  the contact id that it was merged into, a revision of the consents that its own must outgrow
-- Reply 1 if this call ended the redirect
-- Safe to repeat: a contact that is itself, or was redirected elsewhere since, stays as it is.
if redis.call('HGET', KEYS[1], 'moved') ~= ARGV[1] then return 0 end
redis.call('HDEL', KEYS[1], 'moved')
redis.call('HDEL', KEYS[2], 'moved')
redis.call('HINCRBY', KEYS[2], 'rev', tonumber(ARGV[2]) + 1)
return 1
