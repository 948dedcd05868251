import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { addHandler, type EscapeHandler, removeHandler } from '../../src/uncaught/listener.ts'
import { TYPESCRIPT } from '../support/typescript-flags.ts'

const fixture = fileURLToPath(new URL('../fixtures/listener.ts', import.meta.url))

interface Outcome {
  readonly code: number | null
  readonly lines: string[]
  readonly errors: string
}

const { NODE_TEST_CONTEXT: _context, ...OUTSIDE_TESTS } = process.env

async function run(
  how: string,
  handlers: string[],
  flags: string[] = [],
  env: NodeJS.ProcessEnv = OUTSIDE_TESTS,
): Promise<Outcome> {
  const child = spawn(process.execPath, [...TYPESCRIPT, ...flags, fixture, how, ...handlers], { env })
  let out = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (out += chunk))
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (errors += chunk))
  const [code] = await once(child, 'close')
  return { code, lines: out.trimEnd().split('\n'), errors }
}

const stub: EscapeHandler = {
  serving: () => true,
  inFlight: () => 0,
  takeOwn: () => 'taken',
  takeAsOnlyRequest: () => 'unknown',
  takeUnowned: () => 'taken',
  handledLate: () => true,
  endLoop: () => false,
  leaveContext: () => {},
}

test('an escape goes to the handler that owns it, and the process lives', async () => {
  const { code, lines } = await run('exception', ['unknown,,', 'taken,,'])
  assert.deepEqual(lines, ['0 takeOwn exception thrown', '1 takeOwn exception thrown', 'alive', 'exit 0'])
  assert.equal(code, 0)
})

test('an escape that nobody owns goes to the oldest handler that serves', async () => {
  const { lines } = await run('rejection', ['unknown,,taken,0,no', 'unknown,,taken', 'unknown,,taken'])
  assert.deepEqual(lines.slice(3), ['1 takeUnowned rejection rejected', 'alive', 'exit 0'])
})

test('without a serving handler the oldest one gets it', async () => {
  const { lines } = await run('rejection', ['unknown,,taken,0,no', 'unknown,,taken,0,no'])
  assert.deepEqual(lines.slice(2), ['0 takeUnowned rejection rejected', 'alive', 'exit 0'])
})

test('listeners that somebody removes are put back with a warning, unless that somebody throws at once', async () => {
  const { code, lines, errors } = await run('removed', ['taken,,'])
  assert.deepEqual(lines, ['0 takeOwn exception thrown', 'alive', 'exit 0'])
  assert.equal(code, 0)
  assert.equal(errors.match(/its listener on process 'uncaughtException' was removed/g)?.length, 1)
  const died = await run('removedToDie', ['taken,,'])
  assert.deepEqual([died.code, died.lines], [1, ['exit 1']])
})

test('the only request in the process is asked before anybody takes it as unowned', async () => {
  const one = await run('exception', ['unknown,,taken', 'unknown,taken,taken,1'])
  assert.deepEqual(one.lines.slice(2), ['1 takeAsOnlyRequest exception thrown', 'alive', 'exit 0'])
  const two = await run('exception', ['unknown,taken,taken,1', 'unknown,taken,taken,1'])
  assert.deepEqual(two.lines.slice(2), ['0 takeUnowned exception thrown', 'alive', 'exit 0'])
})

test('a rejection handled late is told to the handlers', async () => {
  const { code, lines } = await run('late', ['taken,,'])
  assert.deepEqual(lines, ['0 takeOwn rejection late', 'caught', '0 late', 'alive', 'exit 0'])
  assert.equal(code, 0)
})

test('handlers that throw never make Node exit with 7', async () => {
  const { code, lines } = await run('exception', ['throw,throw,throw', 'unknown,,taken'])
  assert.deepEqual(lines.slice(-3), ['1 takeUnowned exception thrown', 'alive', 'exit 0'])
  assert.equal(code, 0)
  const alone = await run('exception', ['throw,throw,throw'])
  assert.equal(alone.code, 1)
})

test('an exception that nobody takes dies as in bare Node', async () => {
  for (const handlers of [['declined,,'], ['unknown,unknown,unknown']]) {
    const { code, lines, errors } = await run('exception', handlers)
    assert.equal(code, 1)
    assert.equal(lines.at(-1), 'exit 1')
    assert.match(errors, /Error: thrown\n {4}at [\s\S]*\nNode\.js v/)
  }
})

test('a rejection that nobody takes does what --unhandled-rejections says', async () => {
  const thrown = await run('rejection', ['declined,,'])
  assert.deepEqual([thrown.code, thrown.lines.at(-1)], [1, 'exit 1'])
  assert.match(thrown.errors, /Error: rejected\n/)
  const reason = await run('undefined', ['declined,,'])
  assert.equal(reason.code, 1)
  assert.match(reason.errors, /UnhandledPromiseRejection|reason "undefined"/)
  const warned = await run('rejection', ['declined,,'], ['--unhandled-rejections=warn'])
  assert.deepEqual([warned.code, warned.lines.at(-1)], [0, 'exit 0'])
})

test('strict rejections are one escape, not two', async () => {
  const { code, lines } = await run('rejection', ['taken,,'], ['--unhandled-rejections=strict'])
  assert.deepEqual(lines, ['0 takeOwn rejection rejected', 'alive', 'exit 0'])
  assert.equal(code, 0)
})

test('a declined error is left to the listeners of others', async () => {
  const { code, lines } = await run('others', ['declined,,'])
  assert.deepEqual(lines, ['0 takeOwn exception thrown', 'other thrown', 'alive', 'exit 0'])
  assert.equal(code, 0)
})

for (const variable of ['JEST_WORKER_ID', 'NODE_TEST_CONTEXT']) {
  test(`where ${variable} is set, an error that nobody owns is left to the test runner`, async () => {
    const { lines } = await run('others', ['unknown,,taken'], [], { ...OUTSIDE_TESTS, [variable]: '1' })
    assert.deepEqual(lines, ['0 takeOwn exception thrown', 'other thrown', 'alive', 'exit 0'])
  })
}

test('where VITEST is set, its listener is called once more, as the only one', async () => {
  const env = { ...OUTSIDE_TESTS, VITEST: 'true' }
  const { lines } = await run('others', ['unknown,,taken'], [], env)
  assert.deepEqual(lines, [
    '0 takeOwn exception thrown',
    'other thrown, alone',
    'other thrown',
    'alive',
    'exit 0',
  ])
  const owned = await run('others', ['taken,,'], [], env)
  assert.deepEqual(owned.lines, ['0 takeOwn exception thrown', 'other thrown', 'alive', 'exit 0'])
})

test('a process that has only inherited the variable of a test runner takes the error', async () => {
  const env = { ...OUTSIDE_TESTS, VITEST: 'true', JEST_WORKER_ID: '1', NODE_TEST_CONTEXT: 'child' }
  const { lines } = await run('exception', ['unknown,,taken'], [], env)
  assert.deepEqual(lines.slice(1), ['0 takeUnowned exception thrown', 'alive', 'exit 0'])
})

test('after the last handler parted, Node is bare again', async () => {
  const { code, lines, errors } = await run('parted', ['taken,,', 'taken,,'])
  assert.equal(code, 1)
  assert.deepEqual(lines, ['exit 1'])
  assert.match(errors, /Error: thrown/)
})

const events = ['uncaughtException', 'unhandledRejection', 'rejectionHandled']
const counts = (): number[] => events.map((event) => process.listenerCount(event))
const LISTENER = Symbol.for('fastify-isolate.uncaught')

test('a rejection handled late is offered on, where a handler does not know it or throws', () => {
  const asked: number[] = []
  const handlers = [0, 1, 2, 3].map((which) => ({
    ...stub,
    handledLate: () => {
      asked.push(which)
      if (which === 0) throw new Error('broken')
      return which === 2
    },
  }))
  for (const handler of handlers) addHandler(handler)
  try {
    process.emit('rejectionHandled', Promise.resolve())
    assert.deepEqual(asked, [0, 1, 2])
    removeHandler(handlers[2] as EscapeHandler)
    process.emit('rejectionHandled', Promise.resolve())
    assert.deepEqual(asked.slice(3), [0, 1, 3])
  } finally {
    for (const handler of handlers) removeHandler(handler)
  }
})

test('a thousand handlers coming and going leave nothing', () => {
  const before = counts()
  for (let round = 0; round < 1000; round++) {
    const one = { ...stub }
    const other = { ...stub }
    addHandler(one)
    addHandler(one)
    addHandler(other)
    assert.deepEqual(
      counts(),
      before.map((count) => count + 1),
    )
    removeHandler(one)
    removeHandler(one)
    assert.deepEqual(
      counts(),
      before.map((count) => count + 1),
    )
    removeHandler(other)
    assert.deepEqual(counts(), before)
    assert.equal(LISTENER in globalThis, false)
  }
})

test('a second copy of the package shares the first listener', async () => {
  const copy: typeof import('../../src/uncaught/listener.ts') = await import(
    `${new URL('../../src/uncaught/listener.ts', import.meta.url).href}?copy`
  )
  assert.notEqual(copy.addHandler, addHandler)
  const before = counts()
  const mine = { ...stub }
  const theirs = { ...stub }
  addHandler(mine)
  copy.addHandler(theirs)
  assert.deepEqual(
    counts(),
    before.map((count) => count + 1),
  )
  assert.ok(process.listeners('uncaughtException').some((listener) => copy.isOurs(listener)))
  removeHandler(mine)
  copy.removeHandler(theirs)
  assert.deepEqual(counts(), before)
})
