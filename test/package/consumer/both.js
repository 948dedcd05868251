import { createRequire } from 'node:module'
import Fastify from 'fastify'
import imported, * as names from 'fastify-isolate'

const required = createRequire(import.meta.url)('fastify-isolate')

/** What an app that is gone leaves of the process's listeners, and what two apps have of them. */
const listeners = () => process.listenerCount('uncaughtException')

const before = listeners()
const apps = [Fastify(), Fastify()]
apps[0].register(imported())
apps[1].register(required)
apps[1].get('/bug', async () => {
  throw new Error('hunter2')
})
await Promise.all(apps.map((app) => app.ready()))
const added = listeners() - before
const { statusCode } = await apps[1].inject('/bug')
await Promise.all(apps.map((app) => app.close()))
console.log(
  JSON.stringify({
    statusCode,
    added,
    left: listeners() - before,
    named: Object.keys(names).every((name) => required[name] === names[name]),
    samePlugin: required === imported,
    isInstance: [
      new required.FatalError('x') instanceof names.FatalError,
      new names.FatalError('x') instanceof required.FatalError,
    ],
  }),
)
