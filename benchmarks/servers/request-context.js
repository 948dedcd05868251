import { fastifyRequestContext } from '@fastify/request-context'
import { serve } from './fastify-app.js'

await serve((app) => app.register(fastifyRequestContext))
