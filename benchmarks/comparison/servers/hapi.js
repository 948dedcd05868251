import Hapi from '@hapi/hapi'
import {
  brokenStream,
  floatRejection,
  listening,
  slow,
  throwError,
  throwInBackground,
  throwInTimer,
  throwText,
  throwUpstream,
} from './scenario.js'

const server = Hapi.server({ port: 0 })
const work = {
  '/slow': slow,
  '/throw': throwError,
  '/text': throwText,
  '/upstream': throwUpstream,
  '/timer': throwInTimer,
  '/floating': floatRejection,
  '/stream': () => brokenStream(),
}
for (const [path, handler] of Object.entries(work)) {
  server.route({ method: 'GET', path, handler: () => handler() })
}
throwInBackground()
await server.start()
listening(server.info.port)
