import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import createError from 'http-errors'
import { staysTheSame } from '../support/differential.ts'

const statusesOf = (answers: readonly unknown[]) =>
  answers.map((answer) => (answer as { statusCode: number }).statusCode)

describe('unchanged with the plugin', () => {
  test('what is not found, by default', async (t) => {
    const { answers } = await staysTheSame(t, {
      install(app, note) {
        app.addHook('onRequest', async (request) => note(request.is404, request.routeOptions.url))
        app.get('/a', async () => 'a')
        app.get('/call', (_request, reply) => reply.callNotFound())
      },
      requests: [
        '/a',
        '/b',
        '/b?q=secret',
        '/call',
        { method: 'POST', url: '/a', payload: { a: 1 } },
        { method: 'HEAD', url: '/b' },
        { method: 'OPTIONS', url: '/a' },
        '/%E0%A4%A',
        '//a',
      ],
    })
    assert.deepEqual(statusesOf(answers), [200, 404, 404, 404, 404, 404, 404, 400, 404])
  })

  test('what is not found, by handlers of the root and of prefixes', async (t) => {
    const { answers } = await staysTheSame(t, {
      install(app, note) {
        app.setNotFoundHandler(
          {
            preValidation: async () => note('preValidation of the root'),
            preHandler: (_request, _reply, done) => {
              note('preHandler of the root')
              done()
            },
          },
          async (request, reply) => reply.code(404).send({ root: request.url, is404: request.is404 }),
        )
        app.get('/call', (_request, reply) => {
          reply.header('x-before', '1').callNotFound()
        })
        app.register(
          async (child) => {
            child.setNotFoundHandler((request, reply) => void reply.code(410).send(`child ${request.method}`))
            child.get('/call', async (_request, reply) => {
              reply.callNotFound()
              return reply
            })
            child.register(
              async (inner) => {
                inner.addHook('onRequest', async () => note('inner'))
                inner.get('/x', async () => 'x')
              },
              { prefix: '/inner' },
            )
          },
          { prefix: '/child' },
        )
        app.register(
          async (child) => {
            child.setNotFoundHandler(async () => {
              throw createError(404, 'thrown by the handler of what is not found')
            })
          },
          { prefix: '/thrown' },
        )
      },
      requests: [
        '/no',
        '/call',
        '/child/no',
        '/child/call',
        '/child/inner/no',
        '/child/inner/x',
        '/thrown/no',
      ],
    })
    assert.deepEqual(statusesOf(answers), [404, 404, 410, 410, 410, 200, 404])
  })

  test('constraints, parameters, wildcards and options of the router', async (t) => {
    await staysTheSame(t, {
      fastify: {
        routerOptions: {
          caseSensitive: false,
          ignoreTrailingSlash: true,
          ignoreDuplicateSlashes: true,
          defaultRoute: undefined as never,
          maxParamLength: 10,
        },
      },
      install(app) {
        const echo = async (request: { params: unknown; routeOptions: { url?: string | undefined } }) => ({
          params: request.params,
          route: request.routeOptions.url,
        })
        for (const url of ['/p/:id', '/p/:id/:rest*', '/f/:name.:ext', '/r/:n(^\\d+)', '/w/*', '/o/:a?']) {
          app.get(url, echo)
        }
        app.get('/v', { constraints: { version: '1.2.0' } }, async () => 'one')
        app.get('/v', { constraints: { version: '2.0.0' } }, async () => 'two')
        app.get('/h', { constraints: { host: 'a.example' } }, async () => 'a')
        app.get('/h', { constraints: { host: /^b\\./ } }, async () => 'b')
        app.all('/every', async (request) => request.method)
        app.route({ method: ['PUT', 'PATCH'], url: '/some', handler: async (request) => request.method })
        app.addHttpMethod('MKCOL', { hasBody: true })
        app.route({ method: 'MKCOL', url: '/mkcol', handler: async (request) => ({ body: request.body }) })
      },
      requests: [
        ...['/p/1', '/P/1/', '//p//1', '/p/a%20b', '/p/much-too-long-for-it', '/f/a.txt', '/r/1', '/r/x'],
        ...['/w/a/b', '/w/', '/o', '/o/1', '/v', '/h', '/every'],
        { url: '/v', headers: { 'accept-version': '1.x' } },
        { url: '/v', headers: { 'accept-version': '2.0.0' } },
        { url: '/v', headers: { 'accept-version': '3.x' } },
        { url: '/h', headers: { host: 'a.example' } },
        { url: '/h', headers: { host: 'b.example' } },
        { url: '/every', method: 'DELETE' },
        { url: '/some', method: 'PATCH' },
        { url: '/some', method: 'POST' },
        {
          url: '/mkcol',
          method: 'MKCOL' as 'GET',
          payload: '{"a":1}',
          headers: { 'content-type': 'application/json' },
        },
      ],
    })
  })

  test('what a request and an app tell of a route', async (t) => {
    const { notes } = await staysTheSame(t, {
      install(app, note) {
        const handler = async () => 'x'
        const config = { own: 1 }
        app.addHook('onRoute', ({ method, url, path, prefix, routePath, ...rest }) => {
          note(
            'onRoute',
            method,
            url,
            path,
            prefix,
            routePath,
            Object.keys(rest).sort(),
            rest.handler === handler,
          )
        })
        app.addHook('onRequest', async ({ routeOptions: { handler: its, config: given, ...rest } }) => {
          note(its === handler, given, rest)
        })
        app.get('/x/:id', { config, bodyLimit: 9, logLevel: 'warn', schema: { params: {} } }, handler)
        app.register(
          async (child) => void child.route({ method: 'PUT', url: '/', handler, errorHandler: () => {} }),
          {
            prefix: '/child',
          },
        )
      },
      requests: ['/x/1', { method: 'PUT', url: '/child' }, { method: 'HEAD', url: '/x/1' }, '/no'],
      look(app, note) {
        note(app.printRoutes(), app.printRoutes({ commonPrefix: false, includeHooks: false }))
        note(app.hasRoute({ method: 'GET', url: '/x/:id' }), app.hasRoute({ method: 'GET', url: '/none' }))
        note(app.findRoute({ method: 'GET', url: '/x/:id' })?.params)
        note(app.version, app.supportedMethods, app.initialConfig, app.prefix)
      },
    })
    assert.ok(
      notes.some((note) => Array.isArray(note) && note[0] === true),
      'the route has its own handler',
    )
  })
})
