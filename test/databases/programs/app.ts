// A server that uses a driver wrongly: DRIVER is its file, DATABASE the port of its database.
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import { isolate } from '../../../src/index.ts'
import type { Driver } from './driver.ts'

type Params = { Params: { opened: string; use: string } }

const port = Number(process.env.DATABASE)
const { driver } = (await import(`./drivers/${process.env.DRIVER}.ts`)) as { driver: Driver }
const app = Fastify({ logger: true })
app.register(
  isolate({
    grace: 300,
    onFault: ({ request, attributedTo }) => app.log.info({ seen: { url: request?.url, attributedTo } }),
  }),
)

/** By who opened it and for which use. */
const clients = new Map<string, unknown>()
const released = new Map<string, () => void>()

async function open(key: string): Promise<void> {
  const client = driver.connect(port)
  clients.set(key, client)
  await driver.ping(client)
}

const keyOf = ({ opened, use }: Params['Params']): string => `${opened}/${use}`

app.get<Params>('/open/:opened/:use', async ({ params }) => {
  await open(keyOf(params))
  return {}
})
app.get<Params>('/hold/:opened/:use', async (request) => {
  const { params } = request
  await open(keyOf(params))
  request.log.info({ holds: keyOf(params) })
  await new Promise<void>((resolve) => released.set(keyOf(params), resolve))
  return {}
})
app.get<Params>('/release/:opened/:use', async ({ params }) => {
  released.get(keyOf(params))?.()
  return {}
})
app.get<Params>('/use/:opened/:use', (request, reply) => {
  const { params } = request
  const used = driver.uses[params.use]?.(
    clients.get(keyOf(params)),
    () => {
      throw new Error('a bug in a callback')
    },
    port,
  )
  // a callback that throws answers nobody
  if (!params.use.startsWith('throw'))
    Promise.resolve(used).then(
      () => reply.send({}),
      (error) => reply.send(error),
    )
})

for (const use of Object.keys(driver.uses)) await open(`boot/${use}`)
await app.listen({ port: 0, host: '127.0.0.1' })
const address = app.server.address() as AddressInfo
console.log(JSON.stringify({ ready: true, port: address.port, uses: Object.keys(driver.uses) }))
