import Fastify from 'fastify'
import { isolate } from '../../../build/src/index.js'
import { addRoutes } from './fastify-routes.js'
import { listening } from './scenario.js'

const app = Fastify({ logger: true })
app.register(isolate({ leave: { signals: ['SIGTERM'] } }))
addRoutes(app)
await app.listen({ port: 0 })
listening(app.server.address().port)
