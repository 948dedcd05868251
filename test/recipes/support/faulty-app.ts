/**
 * Preloaded into a recipe: gives its app routes that fail in every way that the page names, right before it
 * listens. The recipe's own code stays as it is.
 */
import { subscribe } from 'node:diagnostics_channel'
import { setImmediate } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import createError from 'http-errors'
import { FatalError } from '../../../src/fault/fatal-error.ts'
import './ready-line.ts'

/** Nobody answers: the request waits for its 500. */
const forEver = new Promise<never>(() => {})

function addRoutes(app: FastifyInstance): void {
  app.get('/fine', async () => 'fine')
  app.get('/throw/:id', async () => {
    throw new Error('thrown')
  })
  app.get('/string', async () => {
    throw 'a thrown string'
  })
  app.get('/timer/:id', () => {
    setTimeout(() => {
      throw new Error('thrown in a timer')
    })
    return forEver
  })
  app.get('/other-timer', () => {
    setTimeout(() => {
      throw new RangeError('thrown in another timer')
    })
    return forEver
  })
  app.get('/rejection', async () => {
    void Promise.reject(new Error('floating rejection'))
    await setImmediate()
    return 'fine'
  })
  app.get('/late', (_request, reply) => {
    reply.raw.once('close', () => {
      setTimeout(() => {
        throw new Error('thrown after the answer')
      })
    })
    reply.send('fine')
  })
  app.get('/expected', async () => {
    throw createError(404, 'no such thing')
  })
  app.get('/own-status', async () => {
    throw Object.assign(new Error('bad input'), { statusCode: 400 })
  })
  app.get('/fatal', async () => {
    throw new FatalError('the ledger does not add up')
  })
  app.get('/slow', async () => {
    await new Promise((resolve) => setTimeout(resolve, 300))
    return 'slow'
  })
  /** Keeps the event loop at work for a while, in slices. */
  app.get('/busy', (_request, reply) => {
    reply.send('busy')
    const end = performance.now() + 5_000
    const work = (): void => {
      const slice = performance.now() + 50
      while (performance.now() < slice);
      if (performance.now() < end) globalThis.setImmediate(work)
    }
    work()
  })
}

subscribe('fastify.initialization', (message) => {
  const { fastify: app } = message as { fastify: FastifyInstance }
  const listen = app.listen as (...args: unknown[]) => Promise<string>
  app.listen = ((...args: unknown[]) => {
    addRoutes(app)
    return listen.apply(app, args)
  }) as FastifyInstance['listen']
})
