import { isolate } from '../../build/src/index.js'
import { serve } from './fastify-app.js'

await serve((app) => app.register(isolate({ escapes: false })))
