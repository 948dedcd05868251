import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { describe, it, type TestContext } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply, RouteHandlerMethod } from 'fastify'
import createError from 'http-errors'
import { testApp } from '../support/app.ts'
import type { AskOptions } from '../support/client.ts'

const boom = (): never => {
  throw new Error('shown')
}

interface Case {
  readonly handler?: RouteHandlerMethod
  readonly install?: (app: FastifyInstance) => void
  readonly ask?: AskOptions
}

const notFound =
  (...options: unknown[]) =>
  (app: FastifyInstance): void => {
    const [given, handler] = options as [object, RouteHandlerMethod]
    app.setNotFoundHandler(given, handler)
  }
const callNotFound = (_request: unknown, reply: FastifyReply): void => {
  reply.callNotFound()
}
const pass = async (): Promise<void> => {}

const CASES: Record<string, Case> = {
  'an error': { handler: async () => boom() },
  'an error, thrown at once': { handler: boom },
  'a string': {
    handler: async () => {
      throw 'shown'
    },
  },
  'an http-error': {
    handler: async () => Promise.reject(createError(503, 'shown', { headers: { 'retry-after': '3' } })),
  },
  'reply.send(error)': {
    handler: (_request, reply) => reply.code(418).header('x-a', '1').send(new Error('shown')),
  },
  'a reply sent twice': {
    handler: (_request, reply) => {
      reply.send('one')
      reply.send('two')
    },
  },
  'an error after the reply': {
    handler: async (_request, reply) => {
      reply.send('one')
      throw new Error('late')
    },
  },
  'a BigInt': { handler: async () => 1n },
  'a stream that fails at once': { handler: async () => new Readable({ read: () => boom() }) },
  'a stream that fails later': {
    handler: async () =>
      Readable.from(
        (async function* () {
          yield 'first'
          await turn()
          await turn()
          throw new Error('later')
        })(),
      ),
  },
  'an error handler': {
    handler: async () => boom(),
    install: (app) => {
      app.setErrorHandler((error, _request, reply) =>
        reply.code(400).send({ mine: (error as Error).message }),
      )
    },
  },
  'an error handler that throws': {
    handler: async () => boom(),
    install: (app) => app.setErrorHandler(boom),
  },
  'hooks that fail': {
    handler: async () => 'fine',
    install: (app) => app.addHook('onSend', async () => boom()).addHook('onResponse', async () => boom()),
  },
  'a parser of the app': {
    handler: async (request) => ({ body: request.body }),
    install: (app) =>
      app.addContentTypeParser(
        'text/csv',
        { parseAs: 'string' },
        async (_request: unknown, body: unknown) => body,
      ),
    ask: { method: 'POST', headers: { 'content-type': 'text/csv' }, body: 'a,b' },
  },
  'a parser that throws': {
    handler: async () => 'fine',
    install: (app) => app.addContentTypeParser('text/csv', { parseAs: 'string' }, async () => boom()),
    ask: { method: 'POST', headers: { 'content-type': 'text/csv' }, body: 'a,b' },
  },
  callNotFound: { handler: callNotFound },
  'callNotFound, with a handler': {
    handler: callNotFound,
    install: notFound({}, async () => ({ not: 'found' })),
  },
  'callNotFound, with a handler that throws': {
    handler: callNotFound,
    install: notFound({}, async () => boom()),
  },
  'callNotFound, with hooks': {
    handler: callNotFound,
    install: (app) => {
      app
        .addHook('onSend', async (_request, _reply, payload) => payload)
        .addHook('onError', pass)
        .addHook('onResponse', pass)
      notFound({ preHandler: pass, preValidation: pass }, async () => boom())(app)
    },
  },
  'callNotFound, with an error handler': {
    handler: callNotFound,
    install: (app) => {
      app.setErrorHandler((error, _request, reply) =>
        reply.code(400).send({ mine: (error as Error).message }),
      )
      notFound({}, async () => boom())(app)
    },
  },
}

async function behaviour(t: TestContext, { handler, install, ask }: Case, isBare: boolean) {
  const test = testApp(t, isBare ? { isolate: false } : {})
  install?.(test.app)
  const config = isBare ? {} : { isolate: false as const }
  test.app.route({ method: ['GET', 'POST'], url: '/x', config, handler: handler as RouteHandlerMethod })
  const { status, headers, body, error } = await test.ask('/x', ask)
  const { date, ...rest } = headers
  await test.app.close()
  const lines = test.lines().filter((line) => line.reqId !== undefined)
  return {
    answer: { status, headers: rest, body, error },
    faults: test.faults.length,
    lines: lines.map(({ level, msg, err, res }) => ({
      level,
      msg,
      message: err?.message,
      status: res?.statusCode,
    })),
  }
}

describe('a route with `isolate: false` behaves as in bare Fastify', () => {
  for (const [name, given] of Object.entries(CASES)) {
    it(name, async (t) => {
      const bare = await behaviour(t, given, true)
      assert.deepEqual(await behaviour(t, given, false), bare)
      assert.ok(bare.lines.length > 0)
    })
  }
})
