import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { BeforeRouting } from '../../src/coverage/before-routing.ts'
import type { Guards } from '../../src/guards/guards.ts'
import { isolatedAppOf } from '../../src/isolated-app.ts'
import { Dispatch } from '../../src/request/async-context.ts'
import { RawContexts } from '../../src/server/raw-contexts.ts'
import { bodyOf, MASKED, testApp, until } from '../support/app.ts'

const boom = (): never => {
  throw new Error('secret')
}

describe('what Fastify calls before it has a route', () => {
  for (const [name, routerOptions] of Object.entries({
    rewriteUrl: { rewriteUrl: (raw: { url?: string }) => (raw.url === '/fine' ? '/fine' : boom()) },
    'the parser of query strings': {
      querystringParser: (query: string) => (query.includes('bad') ? boom() : {}),
    },
  })) {
    it(`${name}: 500, one line, and the connection goes on`, async (t) => {
      const fastify = name === 'rewriteUrl' ? routerOptions : { routerOptions }
      const test = testApp(t, { fastify: fastify as object, logger: { serializers: {} } })
      test.app.get('/fine', async () => 'fine')
      for (const method of ['GET', 'HEAD']) {
        const answer = await test.ask('/fine?bad=1', { method })
        assert.equal(answer.status, 500)
        if (method === 'GET') assert.deepEqual(bodyOf(answer), MASKED)
        else assert.equal(answer.body, '')
      }
      assert.equal((await test.ask('/fine')).body, 'fine')
      assert.equal(test.troubleLines().length, 2)
      const [line] = test.faultLines()
      const { remotePort, ...req } = line?.req ?? {}
      const host = `127.0.0.1:${await test.listen()}`
      assert.deepEqual(req, { method: 'GET', url: '/fine?bad=1', host, remoteAddress: '127.0.0.1' })
      assert.equal(typeof remotePort, 'number')
      assert.match(line?.reqId, /^no-id-/)
      assert.equal(test.app.isolation.counts.verdict.contain, 2)
    })
  }

  it('is guarded on every server of the app', async (t) => {
    const test = testApp(t, { fastify: { rewriteUrl: boom } })
    await test.app.listen({ port: 0, host: 'localhost' })
    const statuses = (test.app.addresses() as AddressInfo[]).map(async ({ address, port }) => {
      const host = address.includes(':') ? `[${address}]` : address
      return (await fetch(`http://${host}:${port}/`)).status
    })
    assert.deepEqual(new Set(await Promise.all(statuses)), new Set([500]))
    assert.equal(test.faults.length, statuses.length)
  })

  const recorded: unknown[] = []
  const guards = {
    app: {
      fastify: { routing: boom, log: { child: () => ({}) } },
      options: {},
      sickWatch: { addRoute: () => ({}) },
    },
    triage: { recordDropped: (_context: unknown, error: unknown) => recorded.push(error) },
    internals: { requestIdLabel: () => 'reqId' },
    optedOut: new WeakSet(),
    dispatch: new Dispatch(),
  } as unknown as Guards
  const contexts = new RawContexts(guards.app, guards.internals)

  it('leaves the errors of requests that have reached a route to it', () => {
    const server = new EventEmitter().on('request', boom)
    new BeforeRouting(guards, () => {}, contexts).guardServer(server as never)
    const response = {}
    guards.optedOut.add(response)
    assert.throws(() => server.emit('request', {}, response), /secret/)
    assert.deepEqual(recorded, [])
  })

  it('cuts a response that had started', () => {
    const server = new EventEmitter().on('request', boom)
    new BeforeRouting(guards, () => {}, contexts).guardServer(server as never)
    let isDestroyed = false
    const response = {
      writeHead: boom,
      destroy: () => {
        isDestroyed = true
      },
    }
    server.emit('request', { method: 'GET', url: '/', headers: {}, socket: {} }, response)
    assert.equal(recorded.length, 1)
    assert.ok(isDestroyed)
  })
})

describe('frameworkErrors', () => {
  type Answer = (error: Error, request: FastifyRequest, reply: FastifyReply) => unknown
  const failing: Record<string, Answer> = {
    'that throws': boom,
    'that rejects': async () => boom(),
    'that rejects later': () => new Promise((_, reject) => setImmediate(reject, new Error('secret'))),
    'that throws undefined': () => {
      throw undefined
    },
    'that throws once it has set a status': (_error, _request, reply) => {
      reply.code(400)
      boom()
    },
    'that sends another error': (_error, _request, reply) => reply.send(new Error('secret')),
  }
  for (const [name, frameworkErrors] of Object.entries(failing)) {
    it(`${name}: 500, and one line`, async (t) => {
      const test = testApp(t, { fastify: { frameworkErrors: frameworkErrors as never } })
      // before 5.12, only a route with a parameter decodes the URL
      test.app.get('/:id', async () => 'fine')
      for (const path of ['/%ZZ', '/%ZZ?again']) {
        const answer = await test.ask(path)
        assert.equal(answer.status, 500)
        assert.deepEqual(bodyOf(answer), MASKED)
      }
      assert.equal(test.troubleLines().length, 2)
      assert.equal(test.faultLines()[0]?.req.url, '/%ZZ')
      assert.equal(test.faultLines()[0]?.reqId, 'req-1')
      await until('the end', () => isolatedAppOf(test.app)!.requests.size === 0)
    })
  }

  it('of which the logger fails', async (t) => {
    const test = testApp(t, {
      logger: { serializers: { req: boom } },
      fastify: {
        frameworkErrors: ((_error: Error, _request: FastifyRequest, reply: FastifyReply) => {
          reply.send('never')
        }) as never,
      },
    })
    test.app.get('/:id', async () => 'fine')
    const answer = await test.ask('/%ZZ')
    assert.equal(answer.status, 500)
    assert.deepEqual(bodyOf(answer), MASKED)
  })

  const answering: Record<string, Answer> = {
    'sends the error': (error, _request, reply) => reply.send(error),
    'sends a body': (error, _request, reply) => reply.code(400).send({ was: error.message }),
    'is async': async (_error, _request, reply) => reply.code(404).send('nothing here'),
    'is async and gives nothing': async (_error, _request, reply) => {
      reply.code(404).send('nothing here')
    },
  }
  for (const [name, frameworkErrors] of Object.entries(answering)) {
    it(`that ${name}: as in bare Fastify`, async (t) => {
      const [ours, bare] = [undefined, false as const].map((isolate) =>
        testApp(t, {
          ...(isolate === false && { isolate }),
          fastify: { frameworkErrors: frameworkErrors as never },
        }),
      )
      const answers = await Promise.all([ours?.ask('/%ZZ'), bare?.ask('/%ZZ')])
      const [first, second] = answers.map((answer) => {
        const { date, ...headers } = answer?.headers ?? {}
        return { status: answer?.status, headers, body: answer?.body }
      })
      assert.deepEqual(first, second)
      assert.equal(ours?.faults.length, 0)
    })
  }
})
