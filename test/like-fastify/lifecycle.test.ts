import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { describe, test } from 'node:test'
import cookie from '@fastify/cookie'
import Fastify, { LogController } from 'fastify'
import { isolate } from '../../src/isolate.ts'
import { testApp, until } from '../support/app.ts'
import { staysTheSame } from '../support/differential.ts'

describe('unchanged with the plugin', () => {
  test('the order of booting, listening and closing', async (t) => {
    const { notes } = await staysTheSame(t, {
      install(app, note) {
        app.addHook('onRegister', (instance, options) => note('onRegister', instance.prefix, options))
        app.addHook('onRoute', ({ method, url }) => note('onRoute', method, url))
        for (const place of ['first', 'second']) {
          app.addHook('onReady', async () => note(place, 'onReady'))
          app.addHook('onReady', (done) => {
            note(place, 'onReady, done')
            done()
          })
          app.addHook('onListen', async () => note(place, 'onListen'))
          app.addHook('preClose', async () => note(place, 'preClose'))
          app.addHook('onClose', async (instance) => note(place, 'onClose', instance === app))
          app.addHook('onClose', (_instance, done) => {
            note(place, 'onClose, done')
            setImmediate(done)
          })
        }
        app.get('/x', async () => 'x')
        app.register(
          async (child) => {
            note('child')
            child.addHook('onReady', async () => note('child', 'onReady'))
            child.addHook('onListen', async () => note('child', 'onListen'))
            child.addHook('preClose', async () => note('child', 'preClose'))
            child.addHook('onClose', async () => note('child', 'onClose'))
            child.get('/y', async () => 'y')
          },
          { prefix: '/child' },
        )
        app.after(() => note('after'))
        app.ready(() => note('ready'))
      },
      requests: ['/x', '/child/y'],
      paths: ['/x'],
      look: (app, note) => note(app.server.listening, app.addresses()),
    })
    assert.ok(notes.length > 20)
  })

  test('a boot that fails, fails with the same error', async () => {
    const failures = await Promise.all(
      [false, true].map(async (isIsolated) => {
        const app = Fastify()
        if (isIsolated) app.register(isolate())
        app.register(async () => {
          throw new Error('no database')
        })
        return app.ready().then(
          () => 'booted',
          (error: Error) => error.message,
        )
      }),
    )
    assert.deepEqual(failures, ['no database', 'no database'])
  })

  test('inject() of payloads, queries, cookies, streams, with callbacks and chains', async (t) => {
    await staysTheSame(t, {
      install(app) {
        app.register(cookie)
        app.post('/echo', async (request, reply) => {
          const { body, query, headers, ip, host, hostname, port, protocol, method } = request
          reply.header('set-cookie', ['a=1; Path=/', 'b=2; HttpOnly'])
          return {
            body,
            query,
            headers,
            ip,
            host,
            hostname,
            port,
            protocol,
            method,
            cookies: request.cookies,
          }
        })
        app.get('/stream', async () => Readable.from(['one ', 'two ', 'three']))
      },
      requests: [
        { method: 'POST', url: '/echo', payload: { a: [1] }, query: { q: ['1', '2'] }, cookies: { c: 'd' } },
        { method: 'POST', url: '/echo?x=1', payload: 'text', headers: { 'content-type': 'text/plain' } },
        {
          method: 'POST',
          url: 'https://other.example:8443/echo',
          remoteAddress: '10.0.0.1',
          authority: 'me:1',
        },
        {
          method: 'POST',
          url: { pathname: '/echo', query: { z: '1' } } as never,
          payload: Buffer.from('{}'),
        },
      ],
      async look(app, note) {
        const headers = { 'content-type': 'application/json' }
        const payload = Readable.from(['{"s":1}'])
        note((await app.inject({ method: 'POST', url: '/echo', payload: payload as never, headers })).json())
        const chained = await app.inject().post('/echo').body({ chained: 1 }).query({ q: '1' }).end()
        note(chained.json().body, chained.json().query)
        const streamed = await app.inject({ url: '/stream', payloadAsStream: true })
        let text = ''
        for await (const chunk of streamed.stream()) text += chunk
        note(streamed.statusCode, text)
        await new Promise<void>((resolve) => {
          app.inject('/stream', (error, response) => {
            note(error, response?.body)
            resolve()
          })
        })
      },
    })
  })

  test('inject() that is given up rejects as ever: its client went away, which is no fault', async (t) => {
    const { app, faults, lines } = testApp(t)
    const client = new AbortController()
    app.get('/meanwhile', async () => {
      client.abort()
      return new Promise(() => {})
    })
    await assert.rejects(app.inject({ url: '/meanwhile', signal: client.signal }), { name: 'AbortError' })
    const gone = () => lines().filter(({ msg, level }) => /the client went away/.test(msg) && level === 30)
    await until('its line', () => gone().length === 1)
    assert.deepEqual(faults, [])
  })

  test('loggers of requests: ids, bindings, serializers, factories', async (t) => {
    const { lines } = await staysTheSame(t, {
      fastify: {
        requestIdHeader: 'x-request-id',
        genReqId: () => 'made',
        childLoggerFactory: (logger, bindings, options) =>
          logger.child({ ...bindings, made: 'by us' }, options),
      },
      install(app) {
        app.addHook('onRequest', async (request) => {
          request.log = request.log.child({ more: request.id })
        })
        app.get('/x', { logSerializers: { secret: () => '***' } }, async (request, reply) => {
          request.log.warn({ secret: 'hunter2' }, 'said')
          return {
            id: request.id,
            bindings: (request.log as never as { bindings(): object }).bindings(),
            same: reply.log === request.log,
          }
        })
        app.get('/quiet', { logLevel: 'silent' }, async (request) => request.log.warn('never') ?? 'quiet')
      },
      requests: ['/x', { url: '/x', headers: { 'x-request-id': 'theirs' } }, '/quiet', '/no'],
    })
    assert.match(JSON.stringify(lines), /"secret":"\*\*\*"/)
    assert.match(JSON.stringify(lines), /"reqId":"theirs"/)
  })

  test('loggers of apps that log no requests', async (t) => {
    await staysTheSame(t, {
      fastify: { logController: new LogController({ disableRequestLogging: true }) },
      install(app) {
        app.get('/x', async (request) => {
          request.log.info('said')
          return request.id
        })
        app.get('/twice', async (_request, reply) => {
          reply.send('once')
          reply.send('twice')
          return reply
        })
      },
      requests: ['/x', '/twice', '/no'],
    })
  })
})
