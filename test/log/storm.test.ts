import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { FatalError } from '../../src/fault/fatal-error.ts'
import { isolatedAppOf } from '../../src/isolated-app.ts'
import type { LogOptions } from '../../src/options/options.ts'
import { type TestApp, testApp, until } from '../support/app.ts'
import { type Child, type LogLine, startFixture } from '../support/child.ts'

const FAULTS = 10_000
/** Longer than any of these tests. */
const LONG = 600_000

const isFull = (line: LogLine): boolean => line.fault?.id !== undefined
const isSummary = (line: LogLine): boolean => line.fault?.heldBack !== undefined
const heldBackIn = (lines: LogLine[]): number =>
  lines.filter(isSummary).reduce((sum, line) => sum + line.fault.heldBack, 0)

function stormy(t: TestContext, log: LogOptions): TestApp {
  const test = testApp(t, { isolate: { log }, logger: { level: 'warn' } })
  test.app.get('/users/:id', async (request) => {
    throw new TypeError(`user ${(request.params as { id: string }).id} has no address`)
  })
  test.app.get('/bare/:id', async (request) => {
    const error = new Error(`no row ${(request.params as { id: string }).id}-7f in "${request.id}"`)
    delete error.stack
    throw error
  })
  test.app.get('/kinds/:name', async (request) => {
    const { name } = request.params as { name: string }
    throw new { [name]: class extends Error {} }[name]!('one of many')
  })
  test.app.get('/fatal', async () => {
    throw new FatalError('the end')
  })
  return test
}

async function failMany(app: FastifyInstance, count: number, url: (n: number) => string): Promise<void> {
  for (let n = 0; n < count; n += 100) {
    const batch = await Promise.all(
      Array.from({ length: Math.min(100, count - n) }, (_, i) => app.inject(url(n + i))),
    )
    for (const answer of batch) assert.equal(answer.statusCode, 500)
  }
}

const fails = (): never => {
  throw new Error('the option is broken')
}

for (const [name, options] of Object.entries({
  classify: { classify: fails },
  expected: { expected: fails },
  answer: { answer: fails },
})) {
  test(`a storm in which the app’s own \`${name}\` fails is bounded too`, async (t) => {
    const log = { burst: 5, window: LONG }
    const test = testApp(t, { isolate: { ...options, log }, logger: { level: 'warn' } })
    test.app.get('/:n', async () => {
      throw new Error('boom')
    })
    await failMany(test.app, 200, (n) => `/${n}`)
    assert.equal(test.lines().length, 10, 'five of the bug and five of the option')
    await test.app.close()
    const told = test.lines().slice(10)
    assert.deepEqual(
      told.map(({ msg }) => String(msg).replace(/(were not logged).+/, '$1')),
      ['195 more faults of this kind were not logged', '195 more lines of this kind were not logged'],
    )
    assert.ok(String(told[1]?.msg).includes(`: the \`${name}\` option failed`))
    assert.equal(told[1]?.heldBack, 195)
    assert.equal(told[1]?.exampleReqId, 'req-5k')
  })
}

test('clients that leave write no more lines than a bug', async (t) => {
  const log = { burst: 5, window: LONG }
  const test = testApp(t, { isolate: { log } })
  test.app.get('/', async (request) => {
    request.raw.destroy()
    throw Object.assign(new Error('aborted'), { code: 'ECONNRESET' })
  })
  const left = () => test.lines().filter(({ msg }) => /the client went away/.test(String(msg)))
  for (let n = 0; n < 50; n += 1) await test.app.inject('/').catch(() => {})
  assert.equal(left().length, 5)
  await test.app.close()
  assert.equal(left()[5]?.msg, '45 more lines of this kind were not logged: the client went away')
  assert.equal(left()[5]?.level, 30)
})

test('ten thousand faults of one bug in one window: a hundred lines, and the counts add up', async (t) => {
  const { app, lines } = stormy(t, { window: LONG })
  await failMany(app, FAULTS, (n) => `/users/${n}`)
  assert.equal(lines().length, 100)
  assert.equal(app.isolation.counts.total, FAULTS)
  await app.close()
  const [summary, ...more] = lines().slice(100)
  assert.deepEqual(more, [])
  assert.equal(summary?.level, 50)
  assert.equal(summary.msg, `${FAULTS - 100} more faults of this kind were not logged`)
  assert.deepEqual(summary.fault, {
    fingerprint: lines()[0]?.fault.fingerprint,
    heldBack: FAULTS - 100,
    window: LONG,
  })
  assert.equal(summary.route, '/users/:id')
  assert.match(summary.exampleReqId, /^req-\w+$/)
})

test('in every window a burst, then what was held back, until the counts add up', async (t) => {
  const burst = 5
  const window = 20
  const total = 3000
  const { app, lines, faults } = stormy(t, { burst, window })
  await failMany(app, total, (n) => `/users/${n}`)
  await app.close()
  const full = lines().filter(isFull)
  assert.equal(full.length + heldBackIn(lines()), total)
  assert.equal(lines().length, full.length + lines().filter(isSummary).length)
  // of so many lines some lie in a window before and some in one after a whole window
  const times = new Map(faults.map(({ id, at }) => [id, at]))
  const at = full.map((line) => times.get(line.fault.id) as number)
  for (let n = 2 * burst; n < at.length; n += 1) {
    const span = (at[n] as number) - (at[n - 2 * burst] as number)
    assert.ok(span >= window - 2, `${2 * burst + 1} lines in ${span} ms`) // a timer may be early by a bit
  }
  assert.ok(at.length > 2 * burst, 'there were several windows')
})

test('a window that ends without another fault tells what it held back', async (t) => {
  const { app, lines } = stormy(t, { burst: 2, window: 50 })
  await failMany(app, 7, (n) => `/users/${n}`)
  await until('the end of the window', () => heldBackIn(lines()) + lines().filter(isFull).length === 7)
  assert.equal(app.isolation.state, 'serving')
})

test('five thousand kinds of bugs share a bounded table, and none of their faults is lost', async (t) => {
  const kinds = 5_000
  const { app, lines } = stormy(t, { burst: 1, window: LONG })
  await failMany(app, kinds * 2, (n) => `/kinds/Bug${n % kinds}`)
  assert.equal(isolatedAppOf(app)!.ledger.fingerprints().length, 1000)
  assert.equal(app.isolation.counts.total, kinds * 2)
  // one of each of the first thousand, and one of all others together
  assert.equal(lines().filter(isFull).length, 1001)
  await app.close()
  const summaries = lines().filter(isSummary)
  assert.equal(summaries.length, 1001)
  assert.equal(lines().filter(isFull).length + heldBackIn(lines()), kinds * 2)
  const others = summaries.find((line) => line.fault.fingerprint === 'others')
  assert.equal(others?.fault.heldBack, (kinds - 1000) * 2 - 1)
  assert.equal(others.route, '/kinds/:name')
  assert.match(others.exampleReqId, /^req-\w+$/)
})

for (const path of ['/users', '/bare']) {
  test(`an app that puts ids into messages still groups: ${path}`, async (t) => {
    const { app, lines } = stormy(t, { burst: 3, window: LONG })
    await failMany(app, 500, (n) => `${path}/${n}`)
    await app.close()
    assert.equal(isolatedAppOf(app)!.ledger.fingerprints().length, 1)
    assert.equal(lines().filter(isFull).length, 3)
    assert.deepEqual(
      lines().flatMap((line) => line.fault.heldBack ?? []),
      [497],
    )
  })
}

test('fatal faults are never held back', async (t) => {
  const { app, lines } = stormy(t, { burst: 0, window: LONG })
  await failMany(app, 300, (n) => (n % 3 === 0 ? '/fatal' : `/users/${n}`))
  await app.close()
  assert.equal(lines().filter((line) => isFull(line) && line.level === 60).length, 100)
  assert.equal(lines().filter(isFull).length, 100)
  assert.equal(heldBackIn(lines()), 200)
})

test('a burst of Infinity logs all', async (t) => {
  const { app, lines } = stormy(t, { burst: Number.POSITIVE_INFINITY, window: 10 })
  await failMany(app, 2000, (n) => `/users/${n}`)
  await app.close()
  assert.equal(lines().length, 2000)
  assert.equal(lines().filter(isFull).length, 2000)
})

/** The stacks of two bugs that say the same, and how often one was read. */
function twoBugs() {
  const reads = { count: 0 }
  const fail = (name: string): never => {
    const stack = `Error: no answer\n    at ${name} (/app/src/${name}.js:1:2)`
    throw Object.defineProperty(new Error('no answer'), 'stack', {
      get() {
        reads.count += 1
        return stack
      },
    })
  }
  return { reads, fail }
}

test('the stacks of faults that are held back are read one in sixteen, until a second bug says the same', async (t) => {
  const { reads, fail } = twoBugs()
  const { app, lines } = stormy(t, { burst: 10, window: LONG })
  app.get('/bug/:name', (request) => fail((request.params as { name: string }).name))
  const readsOf = async (count: number, name: string): Promise<number> => {
    const before = reads.count
    await failMany(app, count, () => `/bug/${name}`)
    return reads.count - before
  }
  await failMany(app, 10, () => '/bug/first')
  const sampled = await readsOf(800, 'first')
  assert.ok(sampled >= 50 && sampled <= 62, `${sampled} reads`)
  await readsOf(16, 'second')
  // its next faults are logged, and of the first bug each is read now
  assert.ok((await readsOf(100, 'second')) >= 100)
  assert.equal(await readsOf(100, 'first'), 100)
  await app.close()
  const [first, second] = new Set(lines().map((line) => line.fault.fingerprint))
  const full = (fingerprint: unknown): number =>
    lines().filter((line) => isFull(line) && line.fault.fingerprint === fingerprint).length
  assert.deepEqual([full(first), full(second)], [10, 10])
  const total = 10 + 800 + 16 + 100 + 100
  assert.equal(20 + heldBackIn(lines()), total)
  const counts = isolatedAppOf(app)!.ledger.fingerprints()
  assert.deepEqual(
    counts.map(({ fingerprint }) => fingerprint),
    [first, second],
  )
  assert.equal(
    counts.reduce((sum, { count }) => sum + count, 0),
    total,
  )
  const ofSecond = counts[1]!.count
  assert.ok(ofSecond > 100 && ofSecond <= 116, `${ofSecond} of the second bug`)
})

test('classify and onFault get the exact fingerprint of a fault that is held back', async (t) => {
  const { fail } = twoBugs()
  const asked: [string, string][] = []
  const { app, faults } = testApp(t, {
    isolate: {
      log: { burst: 1, window: LONG },
      onFault: ({ error, fingerprint }) => asked.push([(error as Error).stack as string, fingerprint]),
    },
  })
  app.get('/bug/:name', (request) => fail((request.params as { name: string }).name))
  app.get('/classified/:name', {
    config: {
      isolate: {
        classify: ({ error, fingerprint }) => {
          asked.push([(error as Error).stack as string, fingerprint])
          return undefined
        },
      },
    },
    handler: (request) => fail((request.params as { name: string }).name),
  })
  for (const path of ['/bug', '/classified']) {
    await failMany(app, 40, (n) => `${path}/${n % 2 === 0 ? 'first' : 'second'}`)
  }
  assert.equal(asked.length, 40 + 80)
  assert.equal(new Set(asked.map(([stack]) => stack)).size, 2)
  assert.equal(new Set(asked.map((pair) => pair.join())).size, 2, 'one fingerprint for each stack')
  assert.equal(new Set(faults.map((fault) => fault.fingerprint)).size, 2)
})

async function storm(t: TestContext, onClose = ''): Promise<Child> {
  const LOG = JSON.stringify({ burst: 10, window: LONG })
  const child = await startFixture(t, 'storm', { env: { LOG, ON_CLOSE: onClose } })
  for (let n = 0; n < 500; n += 50) {
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => child.ask(`/fail/${n + i}`)))
    for (const answer of answers) assert.equal(answer.status, 500)
  }
  return child
}

for (const [path, code] of Object.entries({ '/leave': 0, '/fatal': 70, '/close': 0 })) {
  test(`the process tells what it held back before it ends: ${path}`, async (t) => {
    const child = await storm(t)
    await child.ask(path)
    assert.deepEqual(await child.exited, [code, null])
    const log = child.log()
    const ordinary = log.filter((line) => isFull(line) && line.level === 50)
    assert.equal(ordinary.length, 10)
    assert.equal(heldBackIn(log), 490)
    if (path !== '/close') assert.match(log.at(-1)?.msg, /^left: /)
  })
}

test('and where an onClose hook of the app hangs', async (t) => {
  const child = await storm(t, 'hang')
  await child.ask('/leave')
  assert.deepEqual(await child.exited, [0, null])
  assert.equal(heldBackIn(child.log()), 490)
})

for (const path of ['/leave', '/close']) {
  test(`and where an onClose hook of the app fails, over and over: ${path}`, async (t) => {
    const child = await storm(t, 'fail')
    await child.ask(path)
    assert.deepEqual(await child.exited, [0, null])
    const log = child.log()
    assert.equal(log.filter(isFull).length + heldBackIn(log), 550)
  })
}
