import Fastify from 'fastify'
import { addRoutes } from './fastify-routes.js'
import { listening } from './scenario.js'

const app = Fastify({ logger: true })
addRoutes(app)
await app.listen({ port: 0 })
listening(app.server.address().port)
