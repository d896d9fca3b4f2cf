-- copied: the whole thread of an interaction that gave way is in the one that goes on.
-- KEYS  interaction
-- Reply 1, or 0 if it is kept no longer
-- Safe to repeat: it is a note.
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'copied', '1')
return 1
