import { createRequire } from 'node:module'
import { redisStore } from 'fastify-isolate/redis'

const required = createRequire(import.meta.url)('fastify-isolate/redis')

const store = redisStore({ EVAL: async () => [[], []] })
let refusal
try {
  required.redisStore('redis://localhost')
} catch (error) {
  refusal = error.code
}
console.log(
  JSON.stringify({ loaded: await store.load('1'), sameExport: required.redisStore === redisStore, refusal }),
)
