import { isolate } from '../../dist/index.js'
import { serve } from './fastify-app.js'

await serve((app) => app.register(isolate({ escapes: false })))
