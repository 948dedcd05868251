import Fastify from 'fastify'
import { isolate } from '../../../dist/index.js'
import { addRoutes } from './fastify-routes.js'
import { listening } from './scenario.js'

const app = Fastify({ logger: true })
const expected = process.argv[2] ?? 'convention'
app.register(isolate({ expected, leave: { signals: ['SIGTERM'] } }))
addRoutes(app)
await app.listen({ port: 0 })
listening(app.server.address().port)
