import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type FastifyBaseLogger, type FastifyRequest, LogController } from 'fastify'
import { pino } from 'pino'
import { FatalError } from '../../src/fault/fatal-error.ts'
import { isolatedAppOf } from '../../src/isolated-app.ts'
import { testApp, until } from '../support/app.ts'
import { jsonLines, startFixture } from '../support/child.ts'

const fail = async (): Promise<never> => {
  throw new Error('boom')
}

describe('the line of a fault', () => {
  it('has everything, once', async (t) => {
    const test = testApp(t)
    test.app.get('/users/:id', async () => {
      throw Object.assign(new TypeError('boom'), { code: 'E_BOOM' })
    })
    await test.ask('/users/7?q=1')
    assert.equal(test.troubleLines().length, 1)
    const [line] = test.faultLines()
    const [fault] = test.faults
    assert.equal(line?.level, 50)
    assert.equal(line?.reqId, 'req-1')
    assert.equal(line?.msg, 'request failed: boom')
    assert.equal(line?.err.type, 'TypeError')
    assert.equal(line?.err.message, 'boom')
    assert.equal(line?.err.code, 'E_BOOM')
    assert.match(line?.err.stack, /^TypeError: boom\n {4}at .*log\.test/s)
    assert.deepEqual(line?.fault, {
      id: fault?.id,
      origin: 'handler',
      verdict: 'contain',
      fingerprint: fault?.fingerprint,
      attributedTo: 'call',
    })
    const byFastify = test.lines().find(({ msg }) => msg === 'incoming request')?.req
    assert.deepEqual(line?.req, { ...byFastify, route: '/users/:id' })
    assert.equal(line?.req.url, '/users/7?q=1')
    assert.match(line?.req.host, /^127\.0\.0\.1:\d+$/)
    assert.equal(typeof line?.req.remotePort, 'number')
  })

  it('has the level of its verdict', async (t) => {
    const verdicts = ['contain', 'recycle', 'fatal'] as const
    const test = testApp(t, {
      isolate: { classify: (fault) => verdicts[Number(fault.request?.url.slice(1))] },
    })
    test.app.get('/:n', fail)
    for (const n of verdicts.keys()) await test.ask(`/${n}`)
    assert.deepEqual(
      test.faultLines().map((line) => [line.level, line.fault.verdict]),
      [
        [50, 'contain'],
        [50, 'recycle'],
        [60, 'fatal'],
      ],
    )
  })

  it('has the whole chain of causes and the members of an AggregateError', async (t) => {
    const test = testApp(t)
    test.app.get('/cause', async () => {
      throw new Error('one', { cause: new TypeError('two', { cause: 'three' }) })
    })
    test.app.get('/many', async () => {
      throw new AggregateError([new Error('a'), new RangeError('b')], 'many')
    })
    await test.ask('/cause')
    await test.ask('/many')
    const [cause, many] = test.faultLines()
    assert.equal(cause?.err.cause.type, 'TypeError')
    assert.equal(cause?.err.cause.message, 'two')
    assert.equal(cause?.err.cause.cause.message, 'three')
    assert.deepEqual(
      many?.err.errors.map((error: { message: string }) => error.message),
      ['a', 'b'],
    )
  })

  it('is bounded, however long and deep the error is', async (t) => {
    const test = testApp(t)
    test.app.get('/x', async () => {
      let error = new Error('m'.repeat(1_000_000))
      for (let i = 0; i < 1000; i += 1) error = new Error('m'.repeat(1_000_000), { cause: error })
      throw error
    })
    await test.ask('/x')
    assert.ok(JSON.stringify(test.faultLines()[0]).length < 1_000_000)
    assert.ok(test.faultLines()[0]?.msg.length < 300)
  })

  it('stays one line when the message has several', async (t) => {
    const test = testApp(t)
    test.app.get('/x', async () => {
      throw new Error('first\n{"level":60,"msg":"forged"}')
    })
    await test.ask('/x')
    assert.equal(test.faultLines()[0]?.msg, 'request failed: first')
    assert.equal(test.lines().filter((line) => line.msg === 'forged').length, 0)
  })

  it('has the bindings of the request logger', async (t) => {
    const test = testApp(t, {
      fastify: { requestIdHeader: 'x-request-id' },
      logger: { base: { app: 'mine' } },
    })
    test.app.addHook('onRequest', async (request) => {
      request.log = request.log.child({ tenant: 'a' })
    })
    test.app.get('/x', fail)
    await test.ask('/x', { headers: { 'x-request-id': 'abc' } })
    const [line] = test.faultLines()
    assert.equal(line?.reqId, 'abc')
    assert.equal(line?.app, 'mine')
    assert.equal(line?.tenant, 'a')
  })

  it('is redacted', async (t) => {
    const test = testApp(t, { logger: { redact: ['err.message', 'req.url', 'err.cause.message'] } })
    test.app.get('/x', async () => {
      throw new Error('boom', { cause: new Error('secret') })
    })
    await test.ask('/x?token=secret')
    const [line] = test.faultLines()
    assert.equal(line?.err.message, '[Redacted]')
    assert.equal(line?.err.cause.message, '[Redacted]')
    assert.equal(line?.req.url, '[Redacted]')
    assert.equal(line?.req.route, '/x')
  })

  it('has the route also where the app has its own serializers', async (t) => {
    const serializers = { req: () => 'short', err: () => 'short' }
    const test = testApp(t, { logger: { serializers } })
    test.app.get('/x', fail)
    await test.ask('/x')
    assert.equal(test.faultLines()[0]?.req.route, '/x')
    assert.equal(test.faultLines()[0]?.err.message, 'boom')
  })
})

describe('a `req` serializer of the app', () => {
  const withoutQuery = (request: { method: string; url: string }) => ({
    method: 'theirs',
    url: request.url.split('?')[0],
    tenant: 'a',
  })
  const URL = '/users/7?token=secret'

  it('keeps out of the line what it keeps out of the log', async (t) => {
    const test = testApp(t, { logger: { serializers: { req: withoutQuery } } })
    test.app.get('/users/:id', fail)
    await test.ask(URL)
    assert.deepEqual(test.faultLines()[0]?.req, {
      method: 'GET',
      url: '/users/7',
      route: '/users/:id',
      tenant: 'a',
    })
    assert.doesNotMatch(JSON.stringify(test.lines()), /secret/)
  })

  it('of a route, and of a logger instance', async (t) => {
    const written: string[] = []
    const stream = { write: (line: string) => written.push(line) }
    const loggerInstance = pino({ serializers: { req: withoutQuery } }, stream) as FastifyBaseLogger
    const test = testApp(t, { fastify: { loggerInstance, logger: undefined as never } })
    test.app.get('/users/:id', fail)
    const logSerializers = { req: () => ({ url: 'hidden' }) }
    test.app.get('/route', { logSerializers }, fail)
    await test.ask(URL)
    await test.ask('/route?token=secret')
    const lines = jsonLines(written.join('')).filter((line) => line.fault)
    assert.deepEqual(
      lines.map(({ req }) => [req.url, req.route]),
      [
        ['/users/7', '/users/:id'],
        ['hidden', '/route'],
      ],
    )
    assert.doesNotMatch(written.join(''), /secret/)
  })

  it('is found under the symbol of every pino, in whatever logger has it', async (t) => {
    const written: Record<string, unknown>[] = []
    class Logger {
      level = 'info'
      child(): this {
        return this
      }
      trace(): void {}
      debug(): void {}
      info(): void {}
      warn(): void {}
      error(line: Record<string, unknown>): void {
        written.push(line)
      }
      fatal(): void {}
    }
    Object.defineProperty(Logger.prototype, Symbol.for('pino.serializers'), { value: { req: withoutQuery } })
    const loggerInstance = new Logger() as unknown as FastifyBaseLogger
    const test = testApp(t, { fastify: { loggerInstance, logger: undefined as never } })
    test.app.get('/users/:id', fail)
    await test.ask(URL)
    assert.deepEqual(
      written.map(({ req }) => (req as { url: string }).url),
      ['/users/7'],
    )
  })

  for (const [name, req] of Object.entries({
    'that throws': () => {
      throw new Error('serializer')
    },
    'that gives no object': (): string => 'GET /users',
    'that gives an object which throws': () => ({
      get url(): string {
        throw new Error('getter')
      },
    }),
  })) {
    it(`${name}: the URL without its query`, async (t) => {
      // Fastify's own line goes through it too, and makes a fault of what it throws
      const test = testApp(t, { logger: { serializers: { req } }, fastify: { disableRequestLogging: true } })
      test.app.get('/users/:id', fail)
      await test.ask(URL)
      const { host, remotePort, ...line } = test.faultLines()[0]?.req ?? {}
      assert.deepEqual(line, {
        method: 'GET',
        url: '/users/7',
        route: '/users/:id',
        remoteAddress: '127.0.0.1',
      })
      assert.deepEqual([typeof host, typeof remotePort], ['string', 'number'])
    })
  }

  it('gets what is known of a request that has finished', async (t) => {
    const seen: FastifyRequest[] = []
    const req = (request: FastifyRequest): object => {
      seen.push(request)
      return withoutQuery(request)
    }
    const test = testApp(t, { logger: { serializers: { req } } })
    let finished: FastifyRequest | undefined
    test.app.get('/users/:id', async (request) => {
      finished = request
      return 'fine'
    })
    await test.ask(URL)
    await until('the end', () => test.lines().some((line) => line.msg === 'request completed'))
    await until('the release', () => isolatedAppOf(test.app)!.requests.size === 0)
    test.app.isolation.report(new Error('late'), finished)
    assert.deepEqual(test.faultLines()[0]?.req, {
      method: 'GET',
      url: '/users/7',
      route: '/users/:id',
      tenant: 'a',
      finished: true,
    })
    const late = seen.at(-1)
    assert.equal(late?.host, `127.0.0.1:${await test.listen()}`)
    assert.equal(typeof late?.socket.remotePort, 'number')
  })
})

describe('one line, never two', () => {
  for (const disableRequestLogging of [true, false, () => true]) {
    it(`disableRequestLogging: ${String(disableRequestLogging)}`, async (t) => {
      // Fastify 6 takes this option through a controller alone
      const logController = new LogController({ disableRequestLogging: disableRequestLogging as boolean })
      const test = testApp(t, { fastify: { logController } })
      test.app.get('/x', fail)
      test.app.get('/send', async () => 1n)
      await test.ask('/x')
      await test.ask('/send')
      await until('both', () => test.faultLines().length === 2)
      assert.equal(test.troubleLines().length, 2)
      const isQuiet = disableRequestLogging !== false
      assert.equal(
        test.lines().some((line) => line.msg === 'incoming request'),
        !isQuiet,
      )
    })
  }

  it('a child logger factory of the app', async (t) => {
    const test = testApp(t)
    test.app.setChildLoggerFactory((logger, bindings, options) =>
      logger.child({ ...bindings, made: 'here' }, options),
    )
    test.app.get('/x', fail)
    await test.ask('/x')
    assert.equal(test.troubleLines().length, 1)
    assert.equal(test.faultLines()[0]?.made, 'here')
  })
})

describe('what a storm held back', () => {
  it('is told when the app closes before the window ends', async (t) => {
    const test = testApp(t, { isolate: { log: { burst: 1, window: 1_000_000 } } })
    test.app.get('/x', fail)
    for (let n = 0; n < 3; n += 1) await test.ask('/x')
    const told = () => test.troubleLines().filter((line) => line.fault?.heldBack === 2)
    assert.deepEqual(told(), [])
    await test.app.close()
    assert.equal(told().length, 1)
  })
})

describe('levels of routes', () => {
  it("a route's logLevel holds for its faults", async (t) => {
    const test = testApp(t)
    test.app.get('/fatal-only', { logLevel: 'fatal' }, fail)
    test.app.get('/fatal', { logLevel: 'fatal' }, async () => {
      throw new FatalError('over')
    })
    test.app.get('/error', { logLevel: 'error' }, fail)
    for (const path of ['/fatal-only', '/fatal', '/error']) assert.equal((await test.ask(path)).status, 500)
    assert.deepEqual(
      test.lines().flatMap((line) => (line.req?.route ? [line.req.route] : [])),
      ['/fatal', '/error'],
    )
    assert.equal(test.faults.length, 3)
  })
})

describe('a logger that fails', () => {
  it('costs no answer', async (t) => {
    const boom = () => {
      throw new Error('logger')
    }
    const logger = {
      level: 'info',
      info() {},
      warn() {},
      debug() {},
      trace() {},
      silent() {},
      error: boom,
      fatal: boom,
      child: () => logger,
    }
    const test = testApp(t, { fastify: { loggerInstance: logger as never, logger: undefined as never } })
    test.app.get('/x', fail)
    const answer = await test.ask('/x')
    assert.equal(answer.status, 500)
    assert.equal(test.faults.length, 1)
  })
})

describe('a logger that is not pino', () => {
  const METHODS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const

  it('gets one line, also where one function stands for all levels', async (t) => {
    const written: [Record<string, unknown>, string][] = []
    const write = (line: Record<string, unknown>, message: string): void => {
      if (line.fault !== undefined) written.push([line, message])
    }
    const logger: Record<string, unknown> = { child: () => logger }
    for (const method of METHODS) logger[method] = write
    const test = testApp(t, { fastify: { loggerInstance: logger as never, logger: undefined as never } })
    test.app.get('/x', fail)
    assert.equal((await test.ask('/x')).status, 500)
    assert.deepEqual(
      written.map(([line, message]) => [(line.req as { route: string }).route, message]),
      [['/x', 'request failed: boom']],
    )
  })
})

describe('logger: false', () => {
  for (const [path, exit] of Object.entries({ '/fatal': [70, null], '/killed': [null, 'SIGKILL'] })) {
    it(`writes to stderr alone, a fatal fault synchronously: ${path}`, async (t) => {
      const child = await startFixture(t, 'silent-logger')
      assert.equal((await child.ask('/contain')).status, 500)
      await child.ask(path)
      assert.deepEqual(await child.exited, exit)
      const [contained, line] = jsonLines(child.stderr())
      assert.equal(contained?.msg, 'request failed: contained')
      assert.equal(line?.msg, 'request failed: over')
      assert.equal(line?.level, 60)
      assert.equal(line?.req.route, path)
      assert.equal(line?.err.type, 'FatalError')
      assert.equal(line?.fault.verdict, 'fatal')
      assert.deepEqual(child.log(), [])
    })
  }

  it('tells onFault of every fault', async (t) => {
    const test = testApp(t, { fastify: { logger: false } })
    test.app.get('/x', fail)
    assert.equal((await test.ask('/x')).status, 500)
    assert.equal(test.faults.length, 1)
  })
})

it('a logger has its own serializers again after the line of a fault', async (t) => {
  let children = 0
  const { app, faultLines, lines } = testApp(t, {
    logger: {
      serializers: { err: () => 'of the app' },
      onChild: () => {
        children += 1
      },
    },
  })
  app.get('/bug', (request) => {
    app.isolation.report(new Error('reported'), request)
    request.log.warn({ err: new Error('logged') }, 'by the app')
    return children
  })
  await app.ready()
  children = 0
  const answer = await app.inject('/bug')
  assert.equal(answer.body, '1', 'the logger of the request alone')
  assert.equal(faultLines()[0]?.err.message, 'reported')
  assert.equal(lines().find(({ msg }) => msg === 'by the app')?.err, 'of the app')
})
