import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { join, type Keeper, part } from '../../src/uncaught/listener.ts'
import { findRivals, nameRival, type Rival } from '../../src/uncaught/other-listeners.ts'

type Event = Rival['event']

function find(event: Event, listener: (...args: never[]) => unknown): Rival[] {
  process.on(event as 'exit', listener as never)
  try {
    return findRivals()
  } finally {
    process.removeListener(event, listener as never)
  }
}

before(() => {
  findRivals() // names what the test runner listens with
})

test('close-with-grace is known by its listener, also where it listens once', () => {
  const run = (_: unknown): void => {}
  // The function as close-with-grace 2.5.0 has it; fastify-cli 8 installs it for `fastify start`.
  function onError(err: unknown) {
    run({ err })
  }
  process.once('unhandledRejection', onError)
  const [rival, ...more] = findRivals()
  process.removeListener('unhandledRejection', onError)
  assert.equal(more.length, 0)
  assert.equal(rival?.listener, 'onError')
  assert.equal(rival.event, 'unhandledRejection')
  assert.match(rival.owner ?? '', /close-with-grace \(fastify-cli start\)/)
  assert.match(nameRival(rival), /'unhandledRejection', onError of close-with-grace .*: .* skip: /)
})

test('a listener whose name is no text is anonymous', () => {
  const listener = Object.defineProperty(() => {}, 'name', { value: 7 })
  assert.equal(find('uncaughtException', listener)[0]?.listener, 'anonymous')
})

test('a namesake of a known listener is a stranger', () => {
  function onError() {}
  assert.equal(find('uncaughtException', onError)[0]?.owner, undefined)
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
  const owner = (event: Event, listener: () => unknown) => find(event, listener).map((rival) => rival.owner)
  assert.deepEqual(owner('uncaughtException', handleUnhandled.bind(null)), ['Watt (@platformatic/runtime)'])
  assert.deepEqual(owner('uncaughtException', uncaughtListener), ['PM2 (cluster mode)'])
  assert.deepEqual(owner('uncaughtException', errorHandler), ['Sentry'])
  assert.deepEqual(owner('unhandledRejection', sendUnhandledPromise), ['Sentry'])
})

test('a stranger is named, once, with a remedy', () => {
  const [rival] = find('uncaughtException', () => process.exit(1))
  assert.equal(rival?.listener, 'anonymous')
  assert.match(nameRival(rival), /anonymous: if it ends the process/)
  function mine() {}
  assert.equal(find('uncaughtException', mine).length, 1)
  assert.equal(find('uncaughtException', mine).length, 0)
})

test("the guard's own listeners are no rivals", () => {
  const member: Keeper = {
    serving: () => true,
    inFlight: () => 0,
    claim: () => 'unknown',
    claimSole: () => 'unknown',
    adopt: () => 'unknown',
    handledLate: () => false,
    leaveContext: () => {},
  }
  join(member)
  const rivals = findRivals()
  part(member)
  assert.deepEqual(rivals, [])
})
