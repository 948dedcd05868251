import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { show } from '../../src/options/bad-option.ts'
import { resolveOptions, resolveRouteOptions } from '../../src/options/resolve.ts'
import { hostileValues, revokedProxy, throwingProxy } from '../support/hostile.ts'

const kubernetes = process.env.KUBERNETES_SERVICE_HOST
beforeEach(() => {
  delete process.env.KUBERNETES_SERVICE_HOST
})
afterEach(() => {
  delete process.env.KUBERNETES_SERVICE_HOST
  if (kubernetes !== undefined) process.env.KUBERNETES_SERVICE_HOST = kubernetes
})

function refused(options: unknown, message: string | RegExp): void {
  assert.throws(() => resolveOptions(options), { name: 'TypeError', code: 'FST_ISOLATE_BAD_OPTION', message })
}

import { MemoryStore } from '../support/memory-store.ts'

test('every option has its documented default', () => {
  const defaults = {
    classify: undefined,
    expected: 'convention',
    answer: 'json',
    expose: false,
    escapes: true,
    grace: { rejection: 10_000, exception: 1_000 },
    runaway: false,
    errorHandler: undefined,
    onFault: undefined,
    leave: {
      deadline: 10_000,
      drainDelay: 0,
      drainFatal: false,
      recycleAfter: 600_000,
      recycleSpread: 60_000,
      sickAfter: 60_000,
      signals: [],
      onLeave: undefined,
      exitCodes: { fatal: 70, recycle: 75, loop: 78 },
      reportDir: undefined,
      terminationLog: false,
      readiness: undefined,
      exit: undefined,
    },
    log: { burst: 100, window: 10_000 },
    recorder: false,
    loop: false,
    quarantine: false,
    onQuarantine: undefined,
  }
  assert.deepEqual(resolveOptions(undefined), defaults)
  assert.deepEqual(resolveOptions({}), defaults)
  assert.deepEqual(
    resolveOptions({ grace: undefined, leave: { deadline: undefined, exitCodes: {} } }),
    defaults,
  )
})

test('every option is taken over', () => {
  const fn = (): undefined => undefined
  const given = {
    classify: fn,
    expected: fn,
    answer: fn,
    expose: true,
    escapes: false,
    grace: 0,
    runaway: { after: 100 },
    errorHandler: fn,
    onFault: fn,
    leave: {
      deadline: 5,
      drainDelay: 6,
      drainFatal: true,
      recycleAfter: Number.POSITIVE_INFINITY,
      recycleSpread: 7,
      sickAfter: Number.POSITIVE_INFINITY,
      signals: ['SIGTERM', 'SIGINT'],
      onLeave: fn,
      exitCodes: { fatal: 80, recycle: 80, loop: 80 },
      reportDir: '/tmp/reports',
      terminationLog: '/tmp/log',
      readiness: '/readyz',
      exit: fn,
    },
    log: { burst: Number.POSITIVE_INFINITY, window: 0 },
    recorder: { dir: '/tmp/flights' },
    loop: { window: 0, limit: 2, action: 'park', liveness: '/live' },
    quarantine: {
      store: new MemoryStore(),
      deaths: 2,
      coolDown: 1,
      build: '1.0.0',
      loadTimeout: 2,
    },
    onQuarantine: () => {},
  }
  assert.deepEqual(resolveOptions(given), given)
  assert.equal(resolveOptions({ expected: 'branded' }).expected, 'branded')
  assert.equal(resolveOptions({ answer: 'problem' }).answer, 'problem')
})

test('the termination log is on by default in Kubernetes only', () => {
  process.env.KUBERNETES_SERVICE_HOST = '10.0.0.1'
  assert.equal(resolveOptions({}).leave.terminationLog, '/dev/termination-log')
  assert.equal(resolveOptions({ leave: { terminationLog: false } }).leave.terminationLog, false)
})

test('a wrong value names the option, what was expected and what was given', () => {
  refused(
    { leave: { deadline: '10s' } },
    'Expected `leave.deadline` to be a number of milliseconds >= 0, got `"10s"` (string)',
  )
  refused({ expose: 'yes' }, 'Expected `expose` to be a boolean, got `"yes"` (string)')
  refused({ classify: 'fatal' }, 'Expected `classify` to be a function, got `"fatal"` (string)')
  refused({ onFault: null }, 'Expected `onFault` to be a function, got `null`')
  refused(
    { expected: 'brand' },
    "Expected `expected` to be 'convention' or 'branded' or a function, got `\"brand\"` (string)",
  )
  refused(
    { answer: 'xml' },
    "Expected `answer` to be 'json' or 'problem' or a function, got `\"xml\"` (string)",
  )
  refused({ leave: 10 }, 'Expected `leave` to be an object, got `10` (number)')
  refused('x', 'Expected `options` to be an object, got `"x"` (string)')
  refused([], 'Expected `options` to be an object, got `[]` (array)')
})

for (const options of [
  { grace: -1 },
  { quarantine: {} },
  { quarantine: true },
  { quarantine: null },
  { quarantine: { deaths: 1 } },
  { quarantine: { store: { load: () => {} } } },
  { quarantine: { build: '' } },
  { recorder: true },
  { recorder: null },
  { recorder: {} },
  { recorder: { dir: '' } },
  { loop: true },
  { loop: null },
  { loop: { window: -1 } },
  { loop: { limit: 1 } },
  { loop: { limit: 2.5 } },
  { loop: { action: 'wait' } },
  { loop: { liveness: 'live' } },
  { runaway: true },
  { runaway: null },
  { runaway: 1000 },
  { runaway: {} },
  { runaway: { after: 99 } },
  { runaway: { after: 2 ** 31 } },
  { runaway: { after: '1000' } },
  { grace: Number.NaN },
  { grace: '1' },
  { grace: Number.POSITIVE_INFINITY },
  { grace: 2 ** 31 },
  { grace: [] },
  { grace: null },
  { grace: true },
  { grace: { rejection: -1 } },
  { grace: { exception: '1s' } },
  { escapes: 1 },
  { errorHandler: {} },
  { log: { burst: -1 } },
  { log: { burst: 1.5 } },
  { log: { window: Number.POSITIVE_INFINITY } },
  { leave: { deadline: Number.POSITIVE_INFINITY } },
  { leave: { drainDelay: -0.1 } },
  { leave: { drainDelay: 2 ** 31 } },
  { leave: { drainFatal: 'no' } },
  { leave: { recycleAfter: -1 } },
  { leave: { sickAfter: -1 } },
  { leave: { recycleAfter: 2 ** 31 } },
  { leave: { recycleSpread: -1 } },
  { leave: { recycleSpread: Number.POSITIVE_INFINITY } },
  { leave: { onLeave: [] } },
  { leave: { exit: 1 } },
  { leave: { reportDir: '' } },
  { leave: { reportDir: true } },
  { leave: { terminationLog: true } },
  { leave: { terminationLog: '' } },
  { leave: { readiness: 'readyz' } },
  { leave: { readiness: true } },
  { leave: { signals: 'SIGTERM' } },
  { leave: { signals: ['SIGNOPE'] } },
  { leave: { signals: [15] } },
  { leave: { signals: ['toString'] } },
  { leave: { signals: ['SIGKILL'] } },
  { leave: { signals: ['SIGTERM', 'SIGSTOP'] } },
  { leave: { exitCodes: 70 } },
  { leave: { exitCodes: { fatal: 0 } } },
  { leave: { exitCodes: { fatal: 1 } } },
  { leave: { exitCodes: { fatal: 13 } } },
  { leave: { exitCodes: { fatal: 126 } } },
  { leave: { exitCodes: { fatal: 70.5 } } },
  { leave: { exitCodes: { recycle: '75' } } },
  { leave: { exitCodes: { recycle: 12 } } },
  { leave: { exitCodes: { loop: 12 } } },
]) {
  test(`refused: ${show(options)} ${JSON.stringify(options)}`, () => {
    const [outer, value] = Object.entries(options)[0] ?? []
    const [name] = Object.keys(Object(value))
    const inner = name === undefined || typeof value === 'string' ? '' : `.${name}`
    refused(options, new RegExp(`^Expected \`${outer}${inner}`))
  })
}

test('the crash-loop guard has defaults of its own, and needs the recorder', () => {
  const recorder = { dir: '/tmp/flights' }
  const defaults = { window: 60_000, limit: 5, action: 'exit', liveness: undefined }
  assert.deepEqual(resolveOptions({ recorder, loop: {} }).loop, defaults)
  refused(
    { loop: {} },
    /^Expected `recorder` beside `loop`, .*: add `recorder: \{ dir: '\/var\/lib\/my-app' \}`/,
  )
  refused({ recorder, loop: { limt: 3 } }, /^Unknown option `loop\.limt`\. Did you mean `loop\.limit`\?/)
  refused(
    { recorder, loop: { action: 'wait' } },
    /to be 'exit' or 'park' or 'backOff', got `"wait"` \(string\)$/,
  )
})

test('the graces are one number, or one for each kind of escape', () => {
  refused(
    { grace: '1s' },
    'Expected `grace` to be a number of milliseconds >= 0, or an object with `rejection` and `exception`, ' +
      'got `"1s"` (string)',
  )
  refused(
    { grace: { rejections: 5 } },
    'Unknown option `grace.rejections`. Did you mean `grace.rejection`? Known: `rejection`, `exception`',
  )
  assert.equal(resolveOptions({ grace: 500 }).grace, 500)
  assert.deepEqual(resolveOptions({ grace: { rejection: 5 } }).grace, { rejection: 5, exception: 1_000 })
  assert.deepEqual(resolveOptions({ grace: { exception: 5 } }).grace, { rejection: 10_000, exception: 5 })
  assert.deepEqual(resolveRouteOptions({ grace: { exception: 5 } }, 'GET /x'), { grace: { exception: 5 } })
})

test('limits say why', () => {
  refused({ grace: 2 ** 31 }, /of at most 2147483647, the longest that a timer takes/)
  refused({ leave: { recycleAfter: 2 ** 31 } }, /or Infinity for never/)
  refused({ leave: { exitCodes: { fatal: 1 } } }, /14 to 125, since 1 to 13 are Node's own, got `1`/)
  refused({ leave: { exitCodes: { recycle: 1 } } }, /, or 0, got/)
  refused(
    { leave: { signals: ['SIGTERM', 'SIGKILL'] } },
    /`leave.signals\[1\]` to be a signal that a process can/,
  )
})

test('limits themselves are allowed', () => {
  assert.equal(resolveOptions({ grace: 2 ** 31 - 1 }).grace, 2 ** 31 - 1)
  assert.deepEqual(
    resolveOptions({ leave: { exitCodes: { fatal: 14, recycle: 0, loop: 0 } } }).leave.exitCodes,
    {
      fatal: 14,
      recycle: 0,
      loop: 0,
    },
  )
  assert.equal(resolveOptions({ leave: { exitCodes: { fatal: 125 } } }).leave.exitCodes.fatal, 125)
})

test('an unknown option names the nearest known one, and all', () => {
  refused(
    { leave: { dedline: 1 } },
    /^Unknown option `leave\.dedline`\. Did you mean `leave\.deadline`\? Known: `deadline`, /,
  )
  refused(
    { onfault: () => 1 },
    /^Unknown option `onfault`\. Did you mean `onFault`\? Known: `classify`, `expected`, /,
  )
  refused(
    { leave: { exitCodes: { fatl: 1 } } },
    /`leave\.exitCodes\.fatl`\. Did you mean `leave\.exitCodes\.fatal`\?/,
  )
})

test('a guess that is far away is not made', () => {
  refused({ somethingElse: 1 }, /^Unknown option `somethingElse`\. Known: /)
  refused({ ['x'.repeat(10_000)]: 1 }, /^Unknown option `x{80}…`\. Known: /)
})

test('routes: false opts out, nothing overrides nothing', () => {
  assert.equal(resolveRouteOptions(false, 'GET /x'), false)
  assert.deepEqual(resolveRouteOptions(undefined, 'GET /x'), {})
  assert.deepEqual(resolveRouteOptions(true, 'GET /x'), {})
  assert.deepEqual(resolveRouteOptions({}, 'GET /x'), {})
})

test('routes: only what was given is overridden', () => {
  assert.deepEqual(resolveRouteOptions({ grace: 5, expose: undefined }, 'GET /x'), { grace: 5 })
  const fn = (): undefined => undefined
  const all = { classify: fn, expected: fn, answer: 'problem', expose: true, escapes: false, grace: 1 }
  assert.deepEqual(resolveRouteOptions(all, 'GET /x'), all)
})

test('routes: errors name the route', () => {
  const refuses = (value: unknown, message: RegExp): void =>
    assert.throws(() => resolveRouteOptions(value, 'GET /x'), { code: 'FST_ISOLATE_BAD_OPTION', message })
  refuses({ grace: 'x' }, /^Route GET \/x: Expected `config\.isolate\.grace` to be a number of milliseconds/)
  refuses(
    { clasify: 1 },
    /^Route GET \/x: Unknown option `config\.isolate\.clasify`\. Did you mean `config\.isolate\.classify`\?/,
  )
  refuses({ leave: {} }, /^Route GET \/x: Unknown option `config\.isolate\.leave`/)
  refuses(null, /^Route GET \/x: Expected `config\.isolate` to be an object, got `null`/)
  refuses('off', /^Route GET \/x: Expected `config\.isolate` to be an object/)
})

for (const [name, value] of hostileValues()) {
  test(`an option that is ${name} is either fine or a readable error`, () => {
    for (const options of [
      value,
      { grace: value },
      { expose: value },
      { expected: value },
      { leave: value },
      { leave: { signals: value } },
      { leave: { signals: [value] } },
      { leave: { exitCodes: value } },
      { leave: { exitCodes: { fatal: value } } },
      { leave: { readiness: value } },
    ]) {
      try {
        resolveOptions(options)
      } catch (error) {
        assert.ok(error instanceof TypeError)
        assert.equal((error as { code?: unknown }).code, 'FST_ISOLATE_BAD_OPTION')
        assert.ok(error.message.length < 500, error.message)
      }
    }
  })
}

test('an object that cannot be read is refused', () => {
  refused(throwingProxy(), /an object whose properties can be read/)
  refused({ leave: revokedProxy() }, /^Expected `leave` to be an object whose properties can be read/)
  const getter = {
    get grace(): number {
      throw new Error('no')
    },
  }
  refused(getter, /an object whose properties can be read/)
})

test('values in errors are bounded, on one line, and show their type', () => {
  assert.equal(show('a\nb'), '`"a\\nb"` (string)')
  assert.equal(show('x'.repeat(1000)).length < 110, true)
  assert.equal(show({ a: { b: 1 } }), '`{ a: [Object] }` (Object)')
  assert.doesNotMatch(show(new Error('x')), /\n/)
  assert.equal(show(5n), '`5n` (bigint)')
  assert.equal(show(undefined), '`undefined`')
  assert.equal(show(revokedProxy()), '`<Revoked Proxy>` (object)')
  const wide = Object.fromEntries(Array.from({ length: 201 }, (_, i) => [`key${i}`, i]))
  assert.equal(show(wide), '`…` (Object)')
  assert.equal(show({ error: new Error('x'.repeat(20_000)) }), '`…` (Object)')
})
