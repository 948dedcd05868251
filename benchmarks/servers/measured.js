/** What every measured server is told, and tells: `node servers/NAME.js log|silent OPTIONS`. */
import { packageRequire } from './package-require.js'

// The pino of Fastify for all.
const { pino } = packageRequire('pino')

/** Where the log goes: every line is made and written, to nowhere. `undefined` without a log. */
export const destination = process.argv[2] === 'log' ? pino.destination('/dev/null') : undefined

/** What the plugin is given. */
export const options = JSON.parse(process.argv[3])

const heapUsed = () => process.memoryUsage().heapUsed

const ANSWERS = {
  cpu: () => {
    const { user, system } = process.cpuUsage()
    return { cpu: user + system }
  },
  collect: () => {
    const before = heapUsed()
    globalThis.gc({ type: 'minor' })
    return { before, after: heapUsed() }
  },
}

/** Waits until the server listens, then tells its port, and answers the questions that it is asked. */
export function measured(server) {
  // Node's 5 s are shorter than the warm-up of all other servers.
  server.keepAliveTimeout = 600_000
  server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
  process.on('message', (question) => process.send(ANSWERS[question]()))
  process.on('disconnect', () => process.exit(0))
}
