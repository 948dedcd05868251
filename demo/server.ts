/** The server of the demo: an ordinary Fastify app, the plugin, and one route for every bug. */
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import { isolate } from '../src/index.ts'
import { ESCAPES } from './escapes.ts'
import { CALL_BUGS, FATAL_BUG } from './faults.ts'
import { RUNAWAYS } from './runaways.ts'

const [, , reportDir = '', dir = ''] = process.argv
const app = Fastify({ logger: true })
app.register(
  isolate({
    grace: 100,
    runaway: { after: 500 },
    leave: { reportDir },
    recorder: { dir },
    quarantine: {},
  }),
)

for (const { path, handler, options } of [...CALL_BUGS, ...ESCAPES, ...RUNAWAYS, FATAL_BUG])
  app.get(path, options ?? {}, handler)

/** The other requests, answered once the client of the bug has its answer. */
let waiting: ((answer: string) => void)[] = []
app.get('/other', () => {
  const answer = new Promise<string>((resolve) => waiting.push(resolve))
  process.send?.({ waiting: waiting.length })
  return answer
})
process.on('message', () => {
  for (const resolve of waiting) resolve('fine')
  waiting = []
})

await app.listen({ port: 0, host: '127.0.0.1' })
process.send?.({ port: (app.server.address() as AddressInfo).port })
