import { serve } from './fastify-app.js'
import { options } from './measured.js'

const START =
  '{"statusCode":500,"error":"Internal Server Error","message":"Internal Server Error","requestId":'

// The least that the masked answer costs, and the least that it costs to tell two bugs apart that say the same.
let faults = 0
await serve((app) =>
  app.setErrorHandler((error, request, reply) => {
    faults += 1
    if (options.readsOneIn !== undefined && faults % options.readsOneIn === 0) options.last = error.stack
    reply
      .code(500)
      .type('application/json; charset=utf-8')
      .send(`${START}${JSON.stringify(request.id)}}`)
  }),
)
