import assert from 'node:assert/strict'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import { Internals } from '../../src/fastify/internals.ts'
import byDefault, { FatalError, isolate, type RequestIsolation } from '../../src/index.ts'
import { bodyOf, MASKED, testApp } from '../support/app.ts'

const fail = async (): Promise<never> => {
  throw new Error('boom')
}

describe('isolate', () => {
  it('is the named and the default export', () => {
    assert.equal(byDefault, isolate)
  })

  it('is a plugin by fastify-plugin with the name of the package', async (t) => {
    for (const plugin of [isolate, isolate(), isolate({})]) {
      const app = Fastify()
      t.after(() => app.close())
      app.register(plugin as typeof isolate)
      await app.ready()
      assert.equal(app.hasPlugin('fastify-isolate'), true)
    }
  })

  const forms: Record<string, (app: import('fastify').FastifyInstance) => void> = {
    'isolate()': (app) => void app.register(isolate()),
    'isolate(options)': (app) => void app.register(isolate({ answer: () => 'own' })),
    'isolate, options': (app) => void app.register(isolate, { answer: () => 'own' }),
    isolate: (app) => void app.register(isolate),
    'isolate, options with those of register': (app) =>
      void app.register(isolate, {
        answer: () => 'own',
        prefix: '/x',
        logLevel: 'warn',
        logSerializers: {},
      } as never),
  }
  for (const [form, register] of Object.entries(forms)) {
    it(`app.register(${form})`, async (t) => {
      const test = testApp(t, { isolate: false })
      register(test.app)
      test.app.get('/x', fail)
      const answer = await test.ask('/x')
      assert.equal(answer.status, 500)
      if (form.includes('options')) assert.equal(answer.body, 'own')
      else assert.deepEqual(bodyOf(answer), MASKED)
      assert.equal(test.app.isolation.counts.total, 1)
    })
  }

  it('reads its options once', async (t) => {
    let reads = 0
    const options = {
      get expose(): boolean {
        reads += 1
        return false
      },
    }
    const { app } = testApp(t, { isolate: false })
    app.register(isolate(options))
    await app.ready()
    assert.equal(reads, 1)
  })

  it('refuses to be registered twice on one instance', async (t) => {
    const { app } = testApp(t, { isolate: false })
    app.register(isolate())
    app.register(isolate())
    await assert.rejects(async () => app.ready(), /registered already/)
  })

  it('refuses to be registered inside a child of an instance that has it', async (t) => {
    const { app } = testApp(t, { isolate: false })
    app.register(isolate())
    app.register(async (child) => {
      child.register(isolate())
    })
    await assert.rejects(async () => app.ready(), /registered already/)
  })

  it('refuses to be registered above a child that has it', async (t) => {
    const { app } = testApp(t, { isolate: false })
    app.register(async (child) => {
      child.register(isolate())
    })
    app.register(isolate())
    await assert.rejects(async () => app.ready(), /registered already on a child/)
  })

  const decorations: Record<string, (app: FastifyInstance) => void> = {
    'the app': (app) => void app.decorate('isolation', {} as never),
    'its requests': (app) => void app.decorateRequest('isolation', undefined as never),
    'its requests, by a getter': (app) =>
      void app.decorateRequest('isolation', { getter: () => ({}) as RequestIsolation }),
  }
  for (const [what, decorate] of Object.entries(decorations)) {
    const expected = new RegExp(
      `decorates \`${what === 'the app' ? 'app' : 'request'}\\.isolation\`, which .+ decorated already`,
    )
    it(`refuses an app that has decorated ${what} with the name`, async (t) => {
      const { app } = testApp(t, { isolate: false })
      decorate(app)
      app.register(isolate())
      await assert.rejects(async () => app.ready(), expected)
    })

    it(`refuses an app that has decorated ${what} with the name in a child`, async (t) => {
      const { app } = testApp(t, { isolate: false })
      app.register(async (child) => decorate(child))
      app.register(isolate())
      await assert.rejects(async () => app.ready(), expected)
    })
  }

  it('decorates the requests of the instance that it covers, and of no other', async (t) => {
    const { app, ask } = testApp(t, { isolate: false })
    const tell = async (request: FastifyRequest): Promise<string> => `${request.isolation?.signal.aborted}`
    for (const scope of ['one', 'two']) {
      app.register(async (child) => {
        child.register(async (inner) => void inner.get(`/${scope}/before`, tell))
        child.register(isolate())
        child.get(`/${scope}`, tell)
      })
    }
    app.register(async (child) => {
      // covered by no registration, so nothing refuses it
      child.decorateRequest('isolation', null as never)
    })
    for (const path of ['/one', '/one/before', '/two', '/two/before']) {
      assert.equal((await ask(path)).body, 'false', path)
    }
    assert.equal(app.hasRequestDecorator('isolation'), false)
  })

  it('may be registered on several apps', async (t) => {
    const one = testApp(t)
    const two = testApp(t)
    one.app.get('/x', fail)
    two.app.get('/x', async () => 'fine')
    assert.equal((await one.ask('/x')).status, 500)
    assert.equal((await two.ask('/x')).status, 200)
    assert.equal(one.app.isolation.counts.total, 1)
    assert.equal(two.app.isolation.counts.total, 0)
  })

  it('names the nearest option when it does not know one', async (t) => {
    for (const register of [
      (app: import('fastify').FastifyInstance) => app.register(isolate({ exposed: true } as never)),
      (app: import('fastify').FastifyInstance) => app.register(isolate, { exposed: true } as never),
    ]) {
      const { app } = testApp(t, { isolate: false })
      register(app)
      await assert.rejects(
        async () => app.ready(),
        (error: NodeJS.ErrnoException) => {
          assert.equal(error.code, 'FST_ISOLATE_BAD_OPTION')
          assert.match(error.message, /exposed/)
          assert.match(error.message, /`?expose`?/)
          return true
        },
      )
    }
  })

  it('refuses options beside its call, which nothing would read, but not those of register() itself', async (t) => {
    const { app } = testApp(t, { isolate: false })
    app.register(isolate({ grace: 500 }), { expose: true })
    await assert.rejects(async () => app.ready(), {
      code: 'FST_ISOLATE_BAD_OPTION',
      message:
        'Expected `expose` in the call of `isolate()`, got it beside: write `app.register(isolate({ expose: … }))`',
    })
    const other = testApp(t, { isolate: false })
    other.app.register(isolate({ answer: () => 'own' }), { logLevel: 'warn', of: 'another plugin' } as never)
    other.app.get('/x', fail)
    assert.equal((await other.ask('/x')).body, 'own')
  })

  it('refuses an app in place of options at once, since nobody would register what it returns', (t) => {
    const { app } = testApp(t, { isolate: false })
    for (const args of [[app], [app, { expose: true }]] as never[]) {
      assert.throws(() => isolate(...(args as [])), {
        code: 'FST_ISOLATE_BAD_OPTION',
        message: 'Expected options in the call of `isolate()`, got an app: write `app.register(isolate())`',
      })
    }
  })
})

describe('a Fastify without the parts that coverage needs', () => {
  it('is refused at boot', () => {
    assert.throws(() => new Internals({} as never), /needs Fastify's fastify\.hooks/)
  })
})

describe('app.isolation', () => {
  it('serves, and counts by origin and verdict', async (t) => {
    const { app, ask } = testApp(t)
    app.get('/x', fail)
    app.get('/hook', { preHandler: fail }, async () => 'fine')
    app.get('/fatal', async () => {
      throw new FatalError('over')
    })
    for (const path of ['/x', '/x', '/hook', '/fatal', '/nowhere']) await ask(path)
    const { isolation } = app
    assert.equal(isolation.state, 'serving')
    assert.equal(isolation.counts.total, 4)
    assert.equal(isolation.counts.origin.handler, 3)
    assert.equal(isolation.counts.origin.hook, 1)
    assert.deepEqual(isolation.counts.verdict, { contain: 3, recycle: 0, fatal: 1 })
    assert.throws(() => {
      ;(isolation.counts as { total: number }).total = 0
    }, TypeError)
  })

  it('report() makes a fault of an error that the app caught', async (t) => {
    const test = testApp(t)
    const error = new Error('caught')
    test.app.get('/x', async (request) => {
      const fault = request.server.isolation.report(error, request)
      return { id: fault.id, verdict: fault.verdict }
    })
    const answer = await test.ask('/x')
    assert.equal(answer.status, 200)
    assert.deepEqual(JSON.parse(answer.body), { id: test.faults[0]?.id, verdict: 'contain' })
    const [line] = test.faultLines()
    assert.equal(test.troubleLines().length, 1)
    assert.equal(line?.req.route, '/x')
    assert.equal(line?.reqId, 'req-1')
    assert.equal(test.faults[0]?.error, error)
    assert.equal(test.app.isolation.counts.total, 1)
  })

  it('report() works without a request, and with any value', async (t) => {
    const test = testApp(t)
    await test.app.ready()
    for (const value of [undefined, 'text', new Error('job')]) {
      const fault = test.app.isolation.report(value)
      assert.equal(fault.error, value)
      assert.equal(fault.request, undefined)
      assert.equal(fault.attributedTo, 'none')
    }
    assert.match(test.faultLines()[2]?.msg, /job/)
    assert.equal(test.faultLines()[0]?.req, undefined)
  })

  it('report() of the request of a route that opted out', async (t) => {
    const test = testApp(t)
    test.app.get('/x', { config: { isolate: false } }, async (request) => {
      request.server.isolation.report(new Error('caught'), request)
      return 'fine'
    })
    assert.equal((await test.ask('/x')).body, 'fine')
    assert.equal(test.faults.length, 1)
  })
})

describe('a fault', () => {
  it('has everything that its type promises', async (t) => {
    const before = Date.now()
    const test = testApp(t)
    const error = new Error('boom')
    test.app.get('/users/:id', async () => {
      throw error
    })
    await test.ask('/users/7?q=1')
    const [fault] = test.faults
    assert.ok(fault)
    assert.match(fault.id, /^[0-9a-f-]{36}$/)
    assert.equal(fault.error, error)
    assert.equal(fault.origin, 'handler')
    assert.equal(fault.verdict, 'contain')
    assert.match(fault.fingerprint, /^[0-9a-f]{16}$/)
    assert.ok(fault.at >= before && fault.at <= Date.now())
    const { startedAt, remotePort, ...request } = fault.request ?? { startedAt: 0, remotePort: 0 }
    assert.ok(Number(remotePort) > 0)
    assert.deepEqual(request, {
      id: 'req-1',
      method: 'GET',
      url: '/users/7?q=1',
      route: '/users/:id',
      host: `127.0.0.1:${await test.listen()}`,
      remoteAddress: '127.0.0.1',
    })
    assert.ok(startedAt >= before && startedAt <= fault.at)
    assert.deepEqual(structuredClone({ ...fault.request }), { ...fault.request }, 'a plain snapshot')
  })

  it('of the same bug has the same fingerprint, whatever ids its message has', async (t) => {
    const test = testApp(t)
    test.app.get('/users/:id', async (request) => {
      throw new Error(`no user ${(request.params as { id: string }).id}`)
    })
    test.app.get('/other', fail)
    for (const path of ['/users/1', '/users/2', '/other']) await test.ask(path)
    const [one, two, other] = test.faults.map((fault) => fault.fingerprint)
    assert.equal(one, two)
    assert.notEqual(one, other)
  })

  it('has the address and the host that trustProxy gives', async (t) => {
    const test = testApp(t, { fastify: { trustProxy: true } })
    test.app.get('/x', fail)
    await test.ask('/x', { headers: { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-host': 'a.example' } })
    assert.equal(test.faults[0]?.request?.remoteAddress, '203.0.113.9')
    assert.equal(test.faults[0]?.request?.host, 'a.example')
  })
})

describe('a FatalError', () => {
  it('is fatal, and so is any error whose causes hold one', async (t) => {
    const test = testApp(t, { isolate: { classify: () => undefined } })
    const errors = [
      new FatalError('over'),
      new Error('outer', { cause: new Error('inner', { cause: new FatalError('over') }) }),
      new AggregateError([new Error('a'), new FatalError('over')]),
    ]
    test.app.get('/:n', async (request) => {
      throw errors[Number((request.params as { n: string }).n)]
    })
    for (const n of errors.keys()) {
      const answer = await test.ask(`/${n}`)
      assert.equal(answer.status, 500)
      assert.deepEqual(bodyOf(answer), MASKED)
    }
    assert.deepEqual(
      test.faults.map((fault) => fault.verdict),
      ['fatal', 'fatal', 'fatal'],
    )
    assert.deepEqual(
      test.faultLines().map((line) => line.level),
      [60, 60, 60],
    )
  })

  it('of another copy of the package is recognised', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'copy-'))
    t.after(() => rm(folder, { recursive: true }))
    await cp(new URL('../../src/', import.meta.url), join(folder, 'src'), { recursive: true })
    await cp(new URL('../../package.json', import.meta.url), join(folder, 'package.json'))
    const copy = await import(pathToFileURL(join(folder, 'src', 'fault', 'fatal-error.ts')).href)
    assert.notEqual(copy.FatalError, FatalError)
    const test = testApp(t)
    test.app.get('/x', async () => {
      throw new copy.FatalError('over')
    })
    await test.ask('/x')
    assert.equal(test.faults[0]?.verdict, 'fatal')
  })
})

describe('config.isolate of a route', () => {
  it('false: as in bare Fastify', async (t) => {
    const test = testApp(t)
    test.app.get('/x', { config: { isolate: false } }, fail)
    test.app.setNotFoundHandler({ preHandler: [] }, async () => 'nothing here')
    const answer = await test.ask('/x')
    assert.equal(answer.status, 500)
    assert.equal(JSON.parse(answer.body).message, 'boom')
    assert.equal(test.faults.length, 0)
    assert.equal(test.troubleLines()[0]?.msg, 'boom')
  })

  it('overrides classify', async (t) => {
    const test = testApp(t, { isolate: { classify: () => 'contain' } })
    test.app.get('/x', { config: { isolate: { classify: () => 'recycle' } } }, fail)
    test.app.get('/true', { config: { isolate: true } }, fail)
    await test.ask('/x')
    await test.ask('/true')
    assert.deepEqual(
      test.faults.map((fault) => fault.verdict),
      ['recycle', 'contain'],
    )
  })
})
