import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { describe, test } from 'node:test'
import type { FastifyInstance, RouteShorthandOptions } from 'fastify'
import createError from 'http-errors'
import { type Note, type Scenario, staysTheSame } from '../support/differential.ts'

const THREE = ['onRequest', 'preValidation', 'preHandler', 'onResponse'] as const
const FOUR = ['preParsing', 'preSerialization', 'onSend'] as const

/** Adds every hook of a request, with and without `done`; each notes its place, and whose `this` it got. */
function addAll(app: FastifyInstance, note: Note, place: string): void {
  for (const name of THREE) {
    app.addHook(name as 'onRequest', function (request, _reply, done) {
      note(place, name, 'done', request.url, this === app)
      done()
    })
    app.addHook(name as 'onRequest', async (request, reply) =>
      note(place, name, request.url, reply.statusCode),
    )
  }
  for (const name of FOUR) {
    app.addHook(name as 'onSend', (request, _reply, payload, done) => {
      note(place, name, 'done', request.url)
      setImmediate(done, null, payload)
    })
    app.addHook(name as 'onSend', async (_request, _reply, payload) => {
      note(place, name)
      return payload
    })
  }
  app.addHook('onError', (_request, _reply, error, done) => {
    note(place, 'onError', 'done', error.message)
    done()
  })
  app.addHook('onError', async (_request, _reply, error) => note(place, 'onError', error.message))
}

/** The hooks of a route. */
function ofRoute(note: Note): RouteShorthandOptions {
  const three = THREE.map((name) => [
    name,
    [async () => note('route', name), async () => note('route', name, 2)],
  ])
  const four = FOUR.map((name) => [
    name,
    async (_request: unknown, _reply: unknown, payload: unknown) => {
      note('route', name)
      return payload
    },
  ])
  return { ...Object.fromEntries([...three, ...four]), onError: async () => note('route', 'onError') }
}

const inOrder: Scenario = {
  install(app, note) {
    addAll(app, note, 'root')
    app.get('/plain', async () => 'plain')
    app.post('/body', ofRoute(note), async (request) => {
      note('handler', request.body)
      return { ok: true }
    })
    app.get('/expected', ofRoute(note), async () => {
      throw createError(404, 'not here')
    })
    const schema = { querystring: { type: 'object', required: ['n'], properties: { n: { type: 'number' } } } }
    app.get('/invalid', { ...ofRoute(note), schema }, async () => 'never')
    app.register(
      async (child) => {
        addAll(child, note, 'child')
        child.get('/inner', ofRoute(note), async () => ({ inner: true }))
        child.setNotFoundHandler(
          { preHandler: async () => note('preHandler of 404') },
          async () => 'nothing here',
        )
      },
      { prefix: '/child' },
    )
    // a hook that comes after routes
    app.addHook('onRequest', async () => note('late'))
  },
  requests: [
    '/plain',
    { method: 'HEAD', url: '/plain' },
    { method: 'POST', url: '/body', payload: { a: 1 } },
    '/expected',
    '/invalid',
    '/child/inner',
    '/child/nowhere',
    '/nowhere',
  ],
}

const sendsEarly: Scenario = {
  install(app, note) {
    app.addHook('onSend', async (_request, reply, payload) => {
      note('onSend', typeof payload)
      reply.header('x-sent', 'yes')
      return payload
    })
    const never = async () => note('handler') as never
    app.get('/request', { onRequest: (_request, reply) => void reply.code(401).send({ no: 1 }) }, never)
    app.get('/request-async', { onRequest: async (_request, reply) => reply.code(403).send('no') }, never)
    app.get('/handler', { preHandler: (_request, reply) => void reply.send('early') }, never)
    const later: Scenario['install'] = (_request, reply) => {
      setImmediate(() => (reply as unknown as { send(text: string): void }).send('later'))
    }
    app.get('/handler-later', { preHandler: later as never }, never)
    app.get('/handler-async', { preHandler: async (_request, reply) => reply.send('early') }, never)
    app.get(
      '/redirect',
      { preValidation: async (_request, reply) => reply.redirect('/elsewhere', 307) },
      never,
    )
    app.get('/payload', { preSerialization: async () => ({ other: true }) }, async () => ({ mine: true }))
    app.get('/text', { onSend: async () => 'replaced' }, async () => 'mine')
    app.get(
      '/by-done',
      {
        preSerialization: (_request, _reply, _payload, done) => done(null, { other: true }),
        onSend: (_request, _reply, payload, done) => done(null, `${payload}, and more`),
      },
      async () => ({ mine: true }),
    )
    app.get('/emptied', { onSend: async () => null }, async (_request, reply) => reply.code(304).send())
    app.post(
      '/parsed',
      { preParsing: (async () => Readable.from([Buffer.from('{"other":1}')])) as never },
      async (request) => request.body,
    )
    app.get(
      '/expected',
      { preHandler: (_request, _reply, done) => done(createError(410, 'gone')) },
      async () => 'never',
    )
  },
  requests: [
    '/request',
    '/request-async',
    '/handler',
    '/handler-later',
    '/handler-async',
    '/redirect',
    '/payload',
    '/text',
    '/by-done',
    '/emptied',
    {
      method: 'POST',
      url: '/parsed',
      payload: '{"mine":1}',
      headers: { 'content-type': 'application/json' },
    },
    '/expected',
  ],
}

describe('unchanged with the plugin', () => {
  test('the order of hooks, of the app, its children and routes', async (t) => {
    const { answers, notes } = await staysTheSame(t, inOrder)
    const statuses = answers.map((answer) => (answer as { statusCode: number }).statusCode)
    assert.deepEqual(statuses, [200, 200, 200, 404, 400, 200, 200, 404])
    assert.ok(notes.length > 100)
  })

  test('hooks that answer, and hooks that change what is sent', async (t) => {
    const { answers, notes } = await staysTheSame(t, sendsEarly)
    const statuses = answers.map((answer) => (answer as { statusCode: number }).statusCode)
    assert.deepEqual(statuses, [401, 403, 200, 200, 200, 307, 200, 200, 200, 304, 400, 410])
    assert.ok(!notes.includes('handler'))
  })

  test('the `this` of handlers, hooks and error handlers', async (t) => {
    await staysTheSame(t, {
      install(app, note) {
        app.register(async (child) => {
          child.setErrorHandler(function (error, _request, reply) {
            note('error handler', this === child)
            reply.send(error)
          })
          child.setNotFoundHandler(function (_request, reply) {
            note('404', this === child, this === app)
            reply.code(404).send('none')
          })
          const handler = async function (this: unknown) {
            note('handler', this === child)
            throw createError(400, 'bad')
          }
          const onRequest = async function (this: unknown) {
            note('hook of the route', this === child)
          }
          child.get('/x', { onRequest }, handler as never)
        })
      },
      requests: ['/x', '/nowhere'],
    })
  })
})
