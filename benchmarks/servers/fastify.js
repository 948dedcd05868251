import { serve } from './fastify-app.js'

await serve()
