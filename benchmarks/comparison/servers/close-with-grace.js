import closeWithGrace from 'close-with-grace'
import Fastify from 'fastify'
import { addRoutes } from './fastify-routes.js'
import { listening } from './scenario.js'

const app = Fastify({ logger: true })
addRoutes(app)
// As in its README. SIGUSR2 is the probe's own way to start the error in the background.
closeWithGrace({ delay: 10_000, skip: ['SIGUSR2'] }, async ({ err }) => {
  if (err) app.log.error({ err }, 'server closing with error')
  await app.close()
})
await app.listen({ port: 0 })
listening(app.server.address().port)
