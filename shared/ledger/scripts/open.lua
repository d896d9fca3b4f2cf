-- open: give a lease to the first worker's nonce; a worker with a duplicate message finds it open and drops the message.
-- KEYS  ledger, states, leases, deadlines
-- ARGV  lease id, nonce, ms until the opened lease expires
-- Reply {'gone'} the lease has expired or ended | {'taken'} another nonce has it | {'ok', runs, campaign's state}
-- {c}:leases     hash  lease id → `nonce|runs`; the nonce is empty until a worker opens the lease. No TTL.
-- {c}:deadlines  zset  lease id by deadline in ms. No TTL.
-- Safe to repeat: the same nonce gets the same reply.
local entry = redis.call('HGET', KEYS[3], ARGV[1])
if not entry then return { 'gone' } end
local holder, runs = string.match(entry, '^([^|]*)|(.*)$')
if holder ~= '' and holder ~= ARGV[2] then return { 'taken' } end
local deadline = tonumber(redis.call('ZSCORE', KEYS[4], ARGV[1]) or '0')
local now = clock_ms()
if deadline <= now then return { 'gone' } end
redis.call('HSET', KEYS[3], ARGV[1], ARGV[2] .. '|' .. runs)
redis.call('ZADD', KEYS[4], int(now + tonumber(ARGV[3])), ARGV[1])
return { 'ok', runs, redis.call('HGET', LEDGER, 'state') }
