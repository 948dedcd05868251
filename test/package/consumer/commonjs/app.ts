import Fastify = require('fastify')

import { type FatalError, type Fault, isolate } from 'fastify-isolate'

import required = require('fastify-isolate')

const options: required.IsolateOptions = { answer: (fault: Fault) => ({ origin: fault.origin }) }

async function main(): Promise<void> {
  const app = Fastify()
  app.register(required, options)
  app.get<{ Params: { id: string } }>('/bug/:id', async (request) => {
    const id: string = request.params.id
    const error: FatalError = new required.FatalError(id)
    throw error
  })
  // @ts-expect-error: an unknown option
  required.isolate({ clasify: () => 'fatal' })
  await app.ready()
  console.log(JSON.stringify({ state: app.isolation.state, sameExport: required.default === isolate }))
  await app.close()
}

main()
