-- attach: append an event of a contact's thread to its open interaction of one scope, or open the next one.
-- KEYS  scopes, attached, the scope's present interaction, its thread, the next interaction, its thread
-- ARGV  scope, number of the present interaction (0: none), id of the present, id of the next, the event's time in ms,
--       JSON of the entry, ms that an interaction is kept, ms that events are remembered, '1' if it must be the present one,
--       '1' if nobody has to act on it, then field and value of a new one
-- Reply {'changed'} another call has opened a newer one, or has closed the one that it must be: ask again
--       | {'same', id, how} a duplicate of the event | {'appended', id} | {'opened', id} a new one, or one that stood in
--       standby | {'observed', id} it asks nobody to act
-- {k}:interactions       hash    scope → number of its newest. Kept as long as its newest interaction.
-- {k}:interaction:<id>   hash    state, agent, opened, updated, closed (ms), tenant, sender, contact, campaign, external,
--                                external_contact; into, copied, also:<scope>: see yield, copied, absorb.
--                                Expires ARGV[7] ms after the last entry of its thread.
-- {k}:thread:<id>        list    JSON of each entry. Expires with the interaction.
-- {k}:attached:<event>   string  `opened:<id>`, `appended:<id>` or `observed:<id>`. Expires after ARGV[8] ms: as
--                                long as duplicates may come.
-- Safe to repeat: an event is attached once.
local scopes, attached = KEYS[1], KEYS[2]
local scope, number = ARGV[1], ARGV[2]
local how, id = string.match(redis.call('GET', attached) or '', '^(%a+):(.+)$')
if how then return { 'same', id, how } end
if (redis.call('HGET', scopes, scope) or '0') ~= number then return { 'changed' } end

local function say(record, thread, id, what)
  local updated = redis.call('HGET', record, 'updated')
  if not updated or tonumber(updated) < tonumber(ARGV[5]) then redis.call('HSET', record, 'updated', ARGV[5]) end
  local opened = redis.call('HGET', record, 'opened')
  if not opened or tonumber(opened) > tonumber(ARGV[5]) then redis.call('HSET', record, 'opened', ARGV[5]) end
  redis.call('RPUSH', thread, ARGV[6])
  for _, key in ipairs({ record, thread, scopes }) do redis.call('PEXPIRE', key, ARGV[7]) end
  redis.call('SET', attached, what .. ':' .. id, 'PX', ARGV[8])
  return { what, id }
end

local state = number ~= '0' and redis.call('HGET', KEYS[3], 'state')
local is_observed = ARGV[10] == '1'
if state and state ~= 'closed' then
  local opens = state == 'standby' and not is_observed
  if opens then redis.call('HSET', KEYS[3], 'state', 'open') end
  return say(KEYS[3], KEYS[4], ARGV[3], is_observed and 'observed' or opens and 'opened' or 'appended')
end
if ARGV[9] == '1' then return { 'changed' } end
local fields = { 'state', is_observed and 'standby' or 'open' }
for index = 11, #ARGV do fields[#fields + 1] = ARGV[index] end
redis.call('DEL', KEYS[5], KEYS[6]) -- of one that had this id and outlived the list of scopes
redis.call('HSET', KEYS[5], unpack(fields))
redis.call('HSET', scopes, scope, string.format('%.0f', tonumber(number) + 1))
return say(KEYS[5], KEYS[6], ARGV[4], is_observed and 'observed' or 'opened')
