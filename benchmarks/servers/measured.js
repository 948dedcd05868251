/** What every measured server is told, and tells: `node servers/NAME.js log|silent OPTIONS`. */
import { packageRequire } from './package-require.js'

// The pino of Fastify for all.
const { pino } = packageRequire('pino')

/** Where the log goes: every line is made and written, to nowhere. `undefined` without a log. */
export const destination = process.argv[2] === 'log' ? pino.destination('/dev/null') : undefined

/** What the plugin is given. */
export const options = JSON.parse(process.argv[3])

/** Waits until the server listens, then tells its port, and its CPU time whenever it is asked, with its garbage collected. */
export function measured(server) {
  server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
  process.on('message', () => {
    globalThis.gc?.({ type: 'minor' })
    const { user, system } = process.cpuUsage()
    process.send({ cpu: user + system })
  })
  process.on('disconnect', () => process.exit(0))
}
