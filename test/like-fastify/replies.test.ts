import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { describe, test } from 'node:test'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { type Scenario, staysTheSame } from '../support/differential.ts'

/** Each path with what answers it. */
const PAYLOADS: Record<string, (reply: FastifyReply) => unknown> = {
  '/string': () => 'text',
  '/object': () => ({ nested: { list: [1, null] } }),
  '/array': () => [1, 2],
  '/null': () => null,
  '/buffer': () => Buffer.from([0, 1, 255]),
  '/typed-array': () => new Uint16Array([1, 2]),
  '/stream': () => Readable.from(['a', 'b', 'c']),
  '/web-stream': () => new Blob(['from a blob']).stream(),
  '/response': () => new Response('made by fetch', { status: 201, headers: { 'x-own': 'yes' } }),
  '/sent-empty': (reply) => reply.send(),
  '/sent-later': (reply) => {
    setTimeout(() => reply.send({ late: true }))
    return reply
  },
  '/redirect': (reply) => reply.redirect('/elsewhere'),
  '/redirect-301': (reply) => reply.redirect('/elsewhere?a=ü', 301),
  '/type': (reply) => reply.type('text/html').send('<p>'),
  '/json-text': (reply) => reply.type('application/json').send('{"raw":true}'),
  '/own-serializer': (reply) => reply.serializer(() => 'serialized').send({ any: 1 }),
  '/created': (reply) => reply.code(201).header('location', '/x/1').send({ id: 1 }),
  '/no-content': (reply) => reply.code(204).send(),
  '/not-modified': (reply) => reply.code(304).header('etag', '"1"').send(),
  '/cookies': (reply) => reply.header('set-cookie', 'a=1').header('set-cookie', ['b=2', 'c=3']).send('set'),
  '/removed': (reply) =>
    reply.headers({ 'x-a': '1', 'x-b': '2' }).removeHeader('x-a').send(reply.getHeaders()),
  '/has': (reply) => ({ before: reply.header('x-a', 'b').hasHeader('x-a'), value: reply.getHeader('x-a') }),
  '/status-500-without-error': (reply) => reply.code(500).send({ told: 'by the app' }),
  '/hints': (reply) => reply.writeEarlyHints({ link: '</a.css>; rel=preload' }, () => reply.send('hinted')),
}

const payloads: Scenario = {
  install(app) {
    for (const [path, answer] of Object.entries(PAYLOADS)) {
      app.get(path, (_request, reply) => answer(reply) as never)
      app.get(`/async${path}`, async (_request, reply) => answer(reply) as never)
    }
  },
}

const paths = Object.keys(PAYLOADS)
// to HEAD Fastify itself cannot answer with a Response
const headPaths = paths.filter((path) => path !== '/response')

function addRaw(app: FastifyInstance, note: (...what: unknown[]) => void): void {
  app.addHook('onSend', async (_request, _reply, payload) => {
    note('onSend')
    return payload
  })
  app.addHook('onResponse', async (request, reply) => note('onResponse', request.url, reply.statusCode))
  app.get('/hijacked', (_request, reply) => {
    reply.hijack()
    reply.raw.writeHead(207, { 'x-raw': 'yes' }).end('raw')
  })
  app.get('/hijacked-async', async (_request, reply) => {
    reply.hijack()
    setTimeout(() => reply.raw.end('raw, later'))
  })
  app.get(
    '/hijacked-in-hook',
    {
      onRequest: async (_request, reply) => {
        reply.hijack()
        reply.raw.end('by the hook')
      },
    },
    async () => note('never'),
  )
  app.get('/raw', (_request, reply) => {
    reply.raw.writeHead(200, { 'content-type': 'text/x' })
    reply.raw.end('raw without hijack')
  })
  app.get('/trailers', async (_request, reply) => {
    reply.trailer('server-timing', async () => 'db;dur=1')
    reply.trailer('x-done', (_reply, payload, done) => done(null, String(payload)))
    note(reply.hasTrailer('x-done'), reply.hasTrailer('x-none'))
    return 'body'
  })
  app.get('/sent', async (_request, reply) => {
    note(reply.sent, reply.statusCode)
    reply.send('once')
    note(reply.sent, reply.raw.headersSent)
    await reply
    note(reply.sent, reply.raw.writableEnded)
    return reply
  })
  app.get('/streamed', async (_request, reply) => {
    reply.header('content-length', 6)
    return reply.send(Readable.from(['one', 'two']))
  })
}

describe('unchanged with the plugin', () => {
  test('the status, headers and body of every kind of payload', async (t) => {
    const { answers } = await staysTheSame(t, {
      ...payloads,
      requests: [
        ...paths.flatMap((path) => [path, `/async${path}`]),
        ...headPaths.map((url) => ({ method: 'HEAD' as const, url })),
      ],
    })
    const statuses = new Set(answers.map((answer) => (answer as { statusCode: number }).statusCode))
    assert.deepEqual([...statuses].sort(), [200, 201, 204, 301, 302, 304, 500])
  })

  test('the same on a socket', async (t) => {
    await staysTheSame(t, { ...payloads, paths })
  })

  test('replies that are hijacked, raw, or have trailers', async (t) => {
    const { answers } = await staysTheSame(t, {
      install: addRaw,
      requests: ['/trailers', '/streamed', '/sent'],
      paths: ['/hijacked', '/hijacked-async', '/hijacked-in-hook', '/raw', '/trailers', '/sent', '/streamed'],
    })
    assert.match(JSON.stringify(answers), /"x-done":"body"/)
    assert.match(JSON.stringify(answers), /raw, later/)
  })

  test('HEAD with and without exposeHeadRoutes', async (t) => {
    for (const exposeHeadRoutes of [true, false]) {
      await staysTheSame(t, {
        fastify: { exposeHeadRoutes },
        install(app) {
          app.get('/text', async () => 'text')
          app.get('/stream', async () => Readable.from(['abc']))
          app.get('/own', { exposeHeadRoute: !exposeHeadRoutes }, async () => ({ own: true }))
          app.head('/head', async (_request, reply) => void reply.header('x-head', '1').send())
        },
        requests: ['/text', '/stream', '/own', '/head'].map((url) => ({ method: 'HEAD', url })),
      })
    }
  })
})
