/**
 * The server of `memory.ts`: requests that succeed, fail and let errors escape. It tells its heap after a forced
 * collection whenever it is asked. Runs with `--expose-gc`.
 */
import type { AddressInfo } from 'node:net'
import { cpus, type } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import Fastify, { type FastifyRequest } from 'fastify'
import { isolate } from '../src/index.ts'
import { isolatedAppOf } from '../src/isolated-app.ts'

/** A promise that rejects while others wait, and what finalizers free, take more than one collection. */
const COLLECTIONS = 8

const collect = globalThis.gc as () => void
const app = Fastify({ logger: { level: 'warn', stream: { write() {} } } })
app.register(isolate({ grace: 50, leave: { recycleAfter: Number.POSITIVE_INFINITY } }))

const bug = (request: FastifyRequest): Error => new Error(`a bug of ${request.url}`)
app.get('/fine/:n', async (request) => ({ url: request.url }))
// ids in messages and codes: whatever grows with the number of different errors would show
app.get('/fault/:n', async (request) => {
  throw bug(request)
})
app.get('/code/:n', (request) => {
  throw Object.assign(new TypeError('a bug'), { code: `E${request.url}` })
})
app.get('/rejection/:n', async (request) => {
  void Promise.reject(bug(request))
  return { url: request.url }
})
app.get('/exception/:n', (request) => {
  // without an answer of its own, so that the plugin answers after the grace
  setImmediate(() => {
    throw bug(request)
  })
})

async function heap(): Promise<number> {
  for (let i = 0; i < COLLECTIONS; i += 1) {
    collect()
    await sleep(25)
  }
  return process.memoryUsage().heapUsed
}

process.on('message', async () => {
  const { origin } = app.isolation.counts
  process.send?.({ heap: await heap(), faults: origin, inFlight: isolatedAppOf(app)!.requests.size })
})
process.on('disconnect', () => process.exit(0))
await app.listen({ port: 0, host: '127.0.0.1' })
process.send?.({
  port: (app.server.address() as AddressInfo).port,
  node: process.version,
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  system: `${type()} ${process.arch}`,
})
