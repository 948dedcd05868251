import { destination, measured } from './measured.js'
import { packageRequire } from './package-require.js'
import { fail, json, text } from './work.js'

const Fastify = packageRequire('fastify')

/** Serves the routes with Fastify, and with what `setUp` does to the app before they are added. */
export async function serve(setUp = () => {}) {
  const app = Fastify({ logger: destination && { stream: destination } })
  setUp(app)
  app.get('/text', (_request, reply) => {
    reply.send(text())
  })
  app.post('/json', (request) => json(request.body))
  app.get('/throw', () => fail())
  await app.ready()
  measured(app.server)
}
