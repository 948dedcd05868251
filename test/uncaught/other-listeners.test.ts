import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { addHandler, type EscapeHandler, removeHandler } from '../../src/uncaught/listener.ts'
import {
  findOtherListeners,
  findOtherSignalListeners,
  type OtherListener,
  otherListenerLine,
} from '../../src/uncaught/other-listeners.ts'
import { testApp } from '../support/app.ts'
import type { LogLine } from '../support/child.ts'

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
  // As @sentry/node 11 marks it: the function itself has no name.
  const errorHandler = Object.assign(() => {}, { _errorHandler: true })
  function sendUnhandledPromise() {}
  const packageName = (event: Event, listener: () => unknown) =>
    find(event, listener).map((other) => other.packageName)
  assert.deepEqual(packageName('uncaughtException', handleUnhandled.bind(null)), [
    'Watt (@platformatic/runtime)',
  ])
  assert.deepEqual(packageName('uncaughtException', uncaughtListener), ['PM2 (cluster mode)'])
  const [ofSentry] = find('uncaughtException', errorHandler)
  assert.equal(ofSentry?.packageName, 'Sentry')
  assert.match(ofSentry.remedy, /OnUncaughtException.*exitEvenIfOtherHandlersAreRegistered: false/)
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

describe('other listeners on the signals of `leave.signals`', () => {
  const SIGNAL = 'SIGUSR2'

  function findOnSignal(listener: () => unknown): OtherListener[] {
    process.on(SIGNAL, listener)
    try {
      return findOtherSignalListeners(['SIGTERM', SIGNAL])
    } finally {
      process.removeListener(SIGNAL, listener)
    }
  }

  // what the runner of the tests listens to is named first
  before(() => {
    findOtherSignalListeners(['SIGTERM', SIGNAL])
  })

  test('those of Nest and of close-with-grace are known, with what to do', () => {
    const NestApplicationContext = class {}
    const run = (_: unknown): void => {}
    // The functions as @nestjs/core 11 and 12 and close-with-grace 2.5.0 have them.
    const cleanup = async (): Promise<void> => void NestApplicationContext.name
    function onSignal(signal?: unknown) {
      run({ signal })
    }
    const [ofNest] = findOnSignal(cleanup)
    assert.match(
      otherListenerLine(ofNest as OtherListener),
      /on process 'SIGUSR2', cleanup of Nest .*: .* leave\.drainDelay .* leave\.onLeave/,
    )
    const [ofGrace] = findOnSignal(onSignal)
    assert.match(otherListenerLine(ofGrace as OtherListener), /onSignal of close-with-grace .*: .* skip/)
  })

  test('an unknown one is named once, with a remedy', () => {
    const close = (): void => {}
    assert.match(otherListenerLine(findOnSignal(close)[0] as OtherListener), /close: .* leave\.signals$/)
    assert.deepEqual(findOnSignal(close), [])
  })

  test('one on another signal is no rival', () => {
    const listener = (): void => {}
    process.on('SIGHUP', listener)
    assert.deepEqual(findOtherSignalListeners([SIGNAL]), [])
    process.removeListener('SIGHUP', listener)
  })

  test('an app warns of it when it is ready, not of its own nor of another app', async (t) => {
    function rival(): void {}
    process.on(SIGNAL, rival)
    t.after(() => process.removeListener(SIGNAL, rival))
    const logs: LogLine[][] = []
    for (const signals of [[], [SIGNAL], [SIGNAL]] as NodeJS.Signals[][]) {
      const { app, troubleLines } = testApp(t, { isolate: { leave: { signals } } })
      await app.ready()
      logs.push(troubleLines())
    }
    assert.deepEqual(
      logs.map((lines) =>
        lines.map(({ msg }) => /another listener on process '(\w+)', (\w+):/.exec(msg)?.[2]),
      ),
      [[], ['rival'], []],
    )
  })
})

test('a capture callback, which takes every exception, is named once', () => {
  process.setUncaughtExceptionCaptureCallback(() => {})
  try {
    const [found, ...others] = findOtherListeners()
    assert.equal(found?.listener, 'setUncaughtExceptionCaptureCallback')
    assert.deepEqual([others, findOtherListeners()], [[], []])
  } finally {
    process.setUncaughtExceptionCaptureCallback(null)
  }
})

test("the package's own listeners are no others", () => {
  const handler: EscapeHandler = {
    serving: () => true,
    inFlight: () => 0,
    takeOwn: () => 'unknown',
    takeAsOnlyRequest: () => 'unknown',
    takeUnowned: () => 'unknown',
    handledLate: () => false,
    endLoop: () => false,
    leaveContext: () => {},
  }
  addHandler(handler)
  const others = findOtherListeners()
  removeHandler(handler)
  assert.deepEqual(others, [])
})
