/** Preloaded into a recipe: makes its app listen on a free port, and say on stderr where. */
import { subscribe } from 'node:diagnostics_channel'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import '../../support/any-port.ts'

subscribe('fastify.initialization', (message) => {
  const { fastify: app } = message as { fastify: FastifyInstance }
  app.addHook('onListen', async () => {
    const { port } = app.server.address() as AddressInfo
    process.stderr.write(`${JSON.stringify({ ready: true, port })}\n`)
  })
})
