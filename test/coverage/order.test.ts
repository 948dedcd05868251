import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import autoload from '@fastify/autoload'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { isolate } from '../../src/isolate.ts'
import { bodyOf, MASKED, testApp } from '../support/app.ts'

const fail = async (): Promise<never> => {
  throw new Error('secret')
}

/** Each makes an app whose routes `/x` all fail. */
const ORDERS: Record<string, (app: FastifyInstance) => unknown> = {
  'the plugin first, without await': (app) => {
    app.register(isolate())
    app.get('/x', fail)
  },
  'the plugin last, without await': (app) => {
    app.get('/x', fail)
    app.register(isolate())
  },
  'the plugin first, awaited': async (app) => {
    await app.register(isolate())
    app.get('/x', fail)
  },
  'the plugin awaited after the route': async (app) => {
    app.get('/x', fail)
    await app.register(isolate())
  },
  'after other plugins and hooks': async (app) => {
    app.addHook('onRequest', async () => {})
    app.register(fp(async (instance: FastifyInstance) => void instance.decorate('own', 1)))
    app.get('/x', fail)
    app.register(isolate())
  },
  'after a hook that fails itself': (app) => {
    app.addHook('onRequest', fail)
    app.get('/x', async () => 'fine')
    app.register(isolate())
  },
  'after a child with a hook that fails itself': (app) => {
    app.register(async (child) => {
      child.addHook('onRequest', (_request, _reply, done) => done(new Error('secret')))
      child.get('/x', async () => 'fine')
    })
    app.register(isolate())
  },
  'in a child registered before': (app) => {
    app.register(async (child) => void child.get('/x', fail))
    app.register(isolate())
  },
  'in a child registered after': (app) => {
    app.register(isolate())
    app.register(async (child) => void child.get('/x', fail))
  },
  'in a child awaited before': async (app) => {
    await app.register(async (child) => void child.get('/x', fail))
    app.register(isolate())
  },
  'in a grandchild with prefixes, before': (app) => {
    app.register(
      async (child) => void child.register(async (inner) => void inner.get('/', fail), { prefix: '/x' }),
      {
        prefix: '/',
      },
    )
    app.register(isolate())
  },
  'in a child that decorates requests and replies': (app) => {
    app.register(async (child) => {
      child.decorateRequest('mine', 1)
      child.decorateReply('mine', 1)
      child.get('/x', fail)
    })
    app.register(isolate())
  },
  'registered by a plugin of the app': (app) => {
    app.get('/x', fail)
    app.register(fp(async (instance: FastifyInstance) => void instance.register(isolate())))
  },
  'in after()': (app) => {
    app
      .register(async () => {})
      .after(() => {
        app.register(isolate())
        app.get('/x', fail)
      })
  },
  'with a route added by onRoute': (app) => {
    app.addHook('onRoute', (route) => {
      if (route.url === '/first' && route.method === 'GET') app.get('/x', fail)
    })
    app.get('/first', async () => 'fine')
    app.register(isolate())
  },
  'with route()': (app) => {
    app.route({ method: 'GET', url: '/x', handler: fail })
    app.register(isolate())
  },
}

describe('every route is covered, whatever the order', () => {
  for (const [order, install] of Object.entries(ORDERS)) {
    it(order, async (t) => {
      const test = testApp(t, { isolate: false })
      await install(test.app)
      const answer = await test.ask('/x')
      assert.equal(answer.status, 500)
      assert.deepEqual(bodyOf(answer), MASKED)
      const head = await test.ask('/x', { method: 'HEAD' })
      assert.equal(head.status, 500)
      assert.equal(test.app.isolation.counts.total, 2)
      assert.equal(test.troubleLines().length, 2)
    })
  }

  it('with @fastify/autoload, before and after', async (t) => {
    for (const isFirst of [true, false]) {
      const test = testApp(t, { isolate: false })
      if (isFirst) test.app.register(isolate())
      test.app.register(autoload, { dir: fileURLToPath(new URL('../fixtures/autoload', import.meta.url)) })
      if (!isFirst) test.app.register(isolate())
      for (const path of ['/root', '/users/1']) {
        const answer = await test.ask(path)
        assert.equal(answer.status, 500, path)
        assert.deepEqual(bodyOf(answer), MASKED)
      }
      assert.equal(test.faultLines()[1]?.req.route, '/users/:id')
    }
  })

  it('with many methods', async (t) => {
    const test = testApp(t, { isolate: false })
    const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
    test.app.route({ method: methods as 'GET'[], url: '/x', handler: fail })
    test.app.all('/all', fail)
    test.app.register(isolate())
    for (const method of methods) {
      for (const path of ['/x', '/all']) {
        assert.deepEqual(bodyOf(await test.ask(path, { method })), MASKED, `${method} ${path}`)
      }
    }
    assert.equal(test.app.isolation.counts.total, 12)
  })

  it('with constraints', async (t) => {
    const test = testApp(t, { isolate: false })
    const route = (host: string | undefined, version?: string) => ({
      constraints: { ...(host ? { host } : {}), ...(version ? { version } : {}) },
    })
    test.app.get('/x', fail)
    test.app.get('/x', route('a.example'), fail)
    test.app.get('/x', route('b.example', '1.2.0'), fail)
    test.app.register(isolate())
    const asks = [{}, { host: 'a.example' }, { host: 'b.example', 'accept-version': '1.x' }]
    for (const headers of asks as Record<string, string>[]) {
      assert.deepEqual(bodyOf(await test.ask('/x', { headers })), MASKED)
    }
    assert.equal(test.app.isolation.counts.total, 3)
  })

  it('with wildcards and parameters', async (t) => {
    const test = testApp(t, { isolate: false })
    for (const path of ['/a/*', '/b/:id', '/c/:file(^\\d+).png', '*']) test.app.get(path, fail)
    test.app.register(isolate())
    for (const path of ['/a/1/2', '/b/1', '/c/12.png', '/else']) {
      assert.deepEqual(bodyOf(await test.ask(path)), MASKED)
    }
  })

  it('with a case-insensitive router that ignores trailing slashes', async (t) => {
    const test = testApp(t, {
      isolate: false,
      fastify: { routerOptions: { caseSensitive: false, ignoreTrailingSlash: true } },
    })
    test.app.get('/x', fail)
    test.app.register(isolate())
    assert.deepEqual(bodyOf(await test.ask('/X/')), MASKED)
  })
})

describe('handlers of what is not found', () => {
  const places: Record<string, (app: FastifyInstance) => void> = {
    'at the root before the plugin': (app) => {
      app.setNotFoundHandler(fail)
      app.register(isolate())
    },
    'at the root after the plugin': (app) => {
      app.register(isolate())
      app.setNotFoundHandler(fail)
    },
    'with hooks': (app) => {
      app.register(isolate())
      app.setNotFoundHandler({ preHandler: fail }, async () => 'nothing')
    },
    'in a child with a prefix, before': (app) => {
      app.register(async (child) => child.setNotFoundHandler(fail), { prefix: '/child' })
      app.register(isolate())
    },
    'in a child with a prefix, after': (app) => {
      app.register(isolate())
      app.register(async (child) => child.setNotFoundHandler(fail), { prefix: '/child' })
    },
  }
  for (const [place, install] of Object.entries(places)) {
    it(place, async (t) => {
      const test = testApp(t, { isolate: false })
      install(test.app)
      const answer = await test.ask('/child/nowhere')
      assert.equal(answer.status, 500)
      assert.deepEqual(bodyOf(answer), MASKED)
      assert.equal(test.app.isolation.counts.total, 1)
      assert.equal(test.troubleLines().length, 1)
    })
  }

  it('the default one answers as ever', async (t) => {
    const test = testApp(t)
    const answer = await test.ask('/nowhere')
    assert.equal(answer.status, 404)
    assert.deepEqual(JSON.parse(answer.body), {
      message: 'Route GET:/nowhere not found',
      error: 'Not Found',
      statusCode: 404,
    })
    assert.equal(test.faults.length, 0)
  })

  it('by reply.callNotFound()', async (t) => {
    const test = testApp(t)
    test.app.get('/x', (_request, reply) => void reply.callNotFound())
    test.app.get('/hook', { onSend: () => fail() }, (_request, reply) => void reply.callNotFound())
    const undefinedHook = () => {
      throw undefined
    }
    test.app.get('/undefined', { onSend: undefinedHook }, (_request, reply) => void reply.callNotFound())
    test.app.setNotFoundHandler(async (request) => {
      if (request.url === '/x') return fail()
      return 'nothing here'
    })
    for (const path of ['/x', '/hook', '/undefined']) {
      const answer = await test.ask(path)
      assert.equal(answer.status, 500, path)
      assert.deepEqual(bodyOf(answer), MASKED)
    }
    assert.equal(test.faults.length, 3)
    assert.equal(test.faults[1]?.origin, 'hook')
  })
})

describe('what is not covered', () => {
  it('fails at boot with the routes and the remedy', async (t) => {
    const { app } = testApp(t, { isolate: false })
    app.get('/outside', fail)
    app.register(async (child) => {
      child.register(isolate())
      child.get('/inside', fail)
    })
    await assert.rejects(
      async () => app.ready(),
      (error: Error) => {
        assert.match(error.message, /GET \/outside/)
        assert.doesNotMatch(error.message, /inside,|GET \/inside/)
        assert.match(error.message, /root instance/)
        assert.match(error.message, /config: \{ isolate: false \}/)
        return true
      },
    )
  })

  it('may be opted out', async (t) => {
    const test = testApp(t, { isolate: false })
    test.app.get('/outside', { config: { isolate: false } }, fail)
    test.app.register(async (child) => {
      child.register(isolate())
      child.get('/inside', fail)
    })
    assert.equal(JSON.parse((await test.ask('/outside')).body).message, 'secret')
    assert.deepEqual(bodyOf(await test.ask('/inside')), MASKED)
  })

  it('is nothing where two children have a plugin each', async (t) => {
    const test = testApp(t, { isolate: false })
    for (const name of ['one', 'two']) {
      test.app.register(async (child) => {
        child.register(isolate({ answer: () => name }))
        child.get(`/${name}`, fail)
      })
    }
    assert.equal((await test.ask('/one')).body, 'one')
    assert.equal((await test.ask('/two')).body, 'two')
  })
})

describe('wrong options of a route', () => {
  const wrong: [unknown, RegExp][] = [
    [{ answr: 'json' }, /answr.*`?answer`?/s],
    [{ classify: 'contain' }, /config\.isolate\.classify/],
    [{ expected: 'anything' }, /config\.isolate\.expected/],
    [{ expose: 'yes' }, /config\.isolate\.expose/],
    [{ onFault: () => {} }, /onFault/],
    ['no', /config\.isolate/],
    [null, /config\.isolate/],
  ]
  for (const [value, message] of wrong) {
    for (const isBefore of [true, false]) {
      it(`${JSON.stringify(value)} ${isBefore ? 'before' : 'after'} the plugin fails at boot and names the route`, async (t) => {
        const { app } = testApp(t, { isolate: false })
        const add = () => app.get('/users/:id', { config: { isolate: value as never } }, fail)
        if (isBefore) add()
        app.register(isolate())
        if (!isBefore) add()
        await assert.rejects(
          async () => app.ready(),
          (error: NodeJS.ErrnoException) => {
            assert.equal(error.code, 'FST_ISOLATE_BAD_OPTION')
            assert.match(error.message, /GET.* \/users\/:id/)
            assert.match(error.message, message)
            return true
          },
        )
      })
    }
  }
})
