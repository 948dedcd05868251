import { isolate } from '../../dist/index.js'
import { serve } from './fastify-app.js'
import { options } from './measured.js'

await serve((app) => app.register(isolate(options)))
