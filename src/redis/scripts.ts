/** Scripts of Lua: Redis runs each as one step. */

/** Keys: deaths, routes. Values: seconds. Returns the deaths, and the names and the states of the routes. */
export const LOAD = `
for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, ARGV[1]) end
local deaths = {}
for i, entry in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) do deaths[i] = entry[2][4] end
return { deaths, redis.call('HGETALL', KEYS[2]) }
`

/** Keys: deaths. Values: seconds, how many deaths are kept, the id, the death. */
export const RECORD = `
for _, entry in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) do
  if entry[2][2] == ARGV[3] then return 0 end
end
redis.call('XADD', KEYS[1], 'MAXLEN', ARGV[2], '*', 'id', ARGV[3], 'death', ARGV[4])
redis.call('EXPIRE', KEYS[1], ARGV[1])
return 1
`

/** Keys: routes. Values: seconds, the route, the revision that it must have, its new state. Returns 1 for a change. */
export const UPDATE = `
local before = redis.call('HGET', KEYS[1], ARGV[2])
local revision = before and cjson.decode(before).revision or 0
if revision ~= tonumber(ARGV[3]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[2], ARGV[4])
redis.call('EXPIRE', KEYS[1], ARGV[1])
return 1
`
