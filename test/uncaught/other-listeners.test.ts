import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { addHandler, type EscapeHandler, removeHandler } from '../../src/uncaught/listener.ts'
import {
  findOtherListeners,
  type OtherListener,
  otherListenerLine,
} from '../../src/uncaught/other-listeners.ts'

type Event = OtherListener['event']

function find(event: Event, listener: (...args: never[]) => unknown): OtherListener[] {
  process.on(event as 'exit', listener as never)
  try {
    return findOtherListeners()
  } finally {
    process.removeListener(event, listener as never)
  }
}

before(() => {
  findOtherListeners() // names what the test runner listens with
})

test('close-with-grace is known by its listener, also where it listens once', () => {
  const run = (_: unknown): void => {}
  // The function as close-with-grace 2.5.0 has it; fastify-cli 8 installs it for `fastify start`.
  function onError(err: unknown) {
    run({ err })
  }
  process.once('unhandledRejection', onError)
  const [other, ...more] = findOtherListeners()
  process.removeListener('unhandledRejection', onError)
  assert.equal(more.length, 0)
  assert.equal(other?.listener, 'onError')
  assert.equal(other.event, 'unhandledRejection')
  assert.match(other.packageName ?? '', /close-with-grace \(fastify-cli start\)/)
  assert.match(otherListenerLine(other), /'unhandledRejection', onError of close-with-grace .*: .* skip: /)
})

test('a listener whose name is no text is anonymous', () => {
  const listener = Object.defineProperty(() => {}, 'name', { value: 7 })
  assert.equal(find('uncaughtException', listener)[0]?.listener, 'anonymous')
})

test('a listener with the name of a known one but another source is unknown', () => {
  function onError() {}
  assert.equal(find('uncaughtException', onError)[0]?.packageName, undefined)
})

test('Watt, PM2 and Sentry are known', () => {
  function handleUnhandled() {}
  function uncaughtListener() {}
  let caughtFirstError = false
  function errorHandler() {
    caughtFirstError = true
    return caughtFirstError
  }
  function sendUnhandledPromise() {}
  const packageName = (event: Event, listener: () => unknown) =>
    find(event, listener).map((other) => other.packageName)
  assert.deepEqual(packageName('uncaughtException', handleUnhandled.bind(null)), [
    'Watt (@platformatic/runtime)',
  ])
  assert.deepEqual(packageName('uncaughtException', uncaughtListener), ['PM2 (cluster mode)'])
  assert.deepEqual(packageName('uncaughtException', errorHandler), ['Sentry'])
  assert.deepEqual(packageName('unhandledRejection', sendUnhandledPromise), ['Sentry'])
})

test('an unknown listener is named, once, with a remedy', () => {
  const [other] = find('uncaughtException', () => process.exit(1))
  assert.equal(other?.listener, 'anonymous')
  assert.match(otherListenerLine(other), /anonymous: if it ends the process/)
  function mine() {}
  assert.equal(find('uncaughtException', mine).length, 1)
  assert.equal(find('uncaughtException', mine).length, 0)
})

test("the package's own listeners are no others", () => {
  const handler: EscapeHandler = {
    serving: () => true,
    inFlight: () => 0,
    takeOwn: () => 'unknown',
    takeAsOnlyRequest: () => 'unknown',
    takeUnowned: () => 'unknown',
    handledLate: () => false,
    leaveContext: () => {},
  }
  addHandler(handler)
  const others = findOtherListeners()
  removeHandler(handler)
  assert.deepEqual(others, [])
})
