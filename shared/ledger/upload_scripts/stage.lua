-- stage: append one page of rows to an upload that is coming in, once.
-- KEYS  upload, staged
-- ARGV  name of this step, number of rows, seconds that the staged pages are kept, then the three parts of the page
-- Reply 1, or 0 if the step was made before
-- {c}:upload:<id>  hash  received; <step> → 1. TTL: set by uploads.py.
-- {c}:staged:<id>  list  three elements a page: lines, rows, opt-ins. TTL: ARGV[3], from the last page on.
-- Safe to repeat: the upload's hash holds each step that was made.
if redis.call('HSETNX', KEYS[1], ARGV[1], '1') == 0 then return 0 end
redis.call('RPUSH', KEYS[2], ARGV[4], ARGV[5], ARGV[6])
redis.call('HINCRBY', KEYS[1], 'received', ARGV[2])
redis.call('EXPIRE', KEYS[2], ARGV[3])
return 1
