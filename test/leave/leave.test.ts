import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { addApp, leave, processLeave, recycle, removeApp } from '../../src/leave/leave.ts'
import type { LeavingApp } from '../../src/leave/leaving-app.ts'
import { WATCHDOG_MARGIN } from '../../src/leave/watchdog.ts'
import { leavingApp } from '../support/leaving-app.ts'
import { until } from '../support/until.ts'

function live(t: TestContext, made: LeavingApp): void {
  addApp(made)
  t.after(() => removeApp(made))
}

/** The listeners that a way out adds to the process. */
function listeners(): number {
  const events = ['SIGINT', 'SIGTERM', 'SIGHUP', 'exit', 'uncaughtException', 'unhandledRejection']
  return events.reduce((sum, event) => sum + process.listenerCount(event as 'exit'), 0)
}

test('where `leave.exit` lives on, nothing is left behind, and the process can leave again', async (t) => {
  const before = listeners()
  const { made, codes, calls } = leavingApp()
  live(t, made)
  for (const [reason, code] of [
    ['fatal', 70],
    ['recycle', 75],
    ['requested', 0],
  ] as const) {
    const left = leave(reason)
    assert.equal(processLeave().isLeaving(), true)
    assert.ok(listeners() > before)
    await left
    await until(() => !processLeave().isLeaving())
    assert.equal(listeners(), before)
    assert.equal(codes.at(-1), code)
  }
  assert.deepEqual(calls.slice(0, 4), ['startLeaving', 'stopAccepting', 'drained', 'close'])
})

test('one that joins while the process leaves, leaves too', async (t) => {
  let drain = () => {}
  const first = leavingApp({}, { drained: () => new Promise<void>((resolve) => (drain = resolve)) })
  const early = leavingApp()
  const late = leavingApp()
  live(t, first.made)
  const left = leave('requested')
  live(t, early.made)
  assert.deepEqual(early.calls.slice(0, 1), ['startLeaving'])
  await until(() => first.calls.includes('stopAccepting'))
  live(t, late.made)
  live(t, late.made)
  assert.deepEqual(late.calls, ['startLeaving', 'stopAccepting'])
  drain()
  await left
  assert.ok(late.calls.includes('close'))
  await until(() => !processLeave().isLeaving())
})

test('a second call does not leave twice, but says what it has to say', async (t) => {
  const { made, codes } = leavingApp()
  live(t, made)
  let said = 0
  const announce = () => {
    said += 1
  }
  await Promise.all([
    leave('fatal', undefined, { announce }),
    leave('fatal', undefined, { announce }),
    leave('fatal'),
  ])
  assert.equal(said, 2)
  assert.deepEqual(codes, [70])
  await until(() => !processLeave().isLeaving())
})

test('without any app the process leaves by the defaults', async (t) => {
  const original = process.exit
  t.after(() => {
    process.exit = original
  })
  const codes: unknown[] = []
  process.exit = ((code: unknown) => void codes.push(code)) as typeof process.exit
  await leave('fatal')
  await until(() => !processLeave().isLeaving())
  assert.deepEqual(codes, [70])
})

test('a replaced process.exit, as test runners have it, is given back, and no watchdog bites', async (t) => {
  const original = process.exit
  t.after(() => {
    process.exit = original
  })
  for (const replaced of [() => undefined, () => assert.fail('process.exit was called')]) {
    const codes: unknown[] = []
    const put = ((code: unknown) => {
      codes.push(code)
      return replaced()
    }) as typeof process.exit
    process.exit = put
    const { made } = leavingApp({ exit: undefined, deadline: 0 })
    addApp(made)
    await leave('requested')
    removeApp(made)
    await until(() => !processLeave().isLeaving())
    assert.deepEqual(codes, [0])
    assert.equal(process.exit, put)
  }
  // The watchdog would end the whole test.
  await sleep(WATCHDOG_MARGIN + 500)
})

test('a recycle is due only where somebody lives here', async (t) => {
  recycle(0, 0)
  const { made, codes } = leavingApp()
  live(t, made)
  recycle(0, 0)
  await until(() => codes.length > 0)
  assert.deepEqual(codes, [75])
  await until(() => !processLeave().isLeaving())
})
