import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { addApp, leave, processLeave, removeApp } from '../../src/leave/leave.ts'
import type { LeavingApp } from '../../src/leave/leaving-app.ts'
import type { InFlightRequest } from '../../src/report/crash-report.ts'
import { leavingApp } from '../support/leaving-app.ts'
import { until } from '../support/until.ts'

function live(t: TestContext, made: LeavingApp): void {
  addApp(made)
  t.after(() => removeApp(made))
}

test('steps that throw or reject, and a `leave.exit` that throws, are logged and stop nothing', async (t) => {
  const fails = (what: string) => () => {
    throw new Error(what)
  }
  const broken = leavingApp(
    { deadline: 0, exit: fails('exit') },
    {
      startLeaving: fails('startLeaving'),
      stopAccepting: fails('stopAccepting'),
      drained: () => new Promise(() => {}),
      cut: fails('cut'),
      close: fails('close'),
    },
  )
  const other = leavingApp({}, { drained: async () => fails('drained')() })
  live(t, broken.made)
  live(t, other.made)
  const announce = fails('announce')
  await leave('requested', undefined, { announce })
  await until(() => !processLeave().isLeaving())
  assert.deepEqual(other.codes, [0])
  const failures = other.lines.flatMap(({ err }) => err?.message ?? [])
  for (const what of ['startLeaving', 'stopAccepting', 'announce', 'close', 'drained', 'exit']) {
    assert.ok(failures.includes(what), what)
  }
})

test('a cut that fails, and what is cut, are logged', async (t) => {
  const request: InFlightRequest = { id: '1', method: 'GET', route: '/', age: 1 }
  const stuck = () => new Promise<void>(() => {})
  const failing = leavingApp(
    { deadline: 0 },
    {
      drained: stuck,
      cut: () => {
        throw new Error('cut')
      },
    },
  )
  const many = leavingApp({ deadline: 0 }, { drained: stuck, cut: () => [request, request] })
  const most = leavingApp({ deadline: 0 }, { drained: stuck, cut: () => Array(150).fill(request) })
  live(t, failing.made)
  live(t, many.made)
  live(t, most.made)
  await leave('signal')
  await until(() => !processLeave().isLeaving())
  assert.ok(many.lines.some(({ err }) => err?.message === 'cut'))
  assert.ok(many.messages().includes('2 requests were cut at the deadline'))
  assert.ok(many.messages().includes('leaving: a signal'))
  const cut = most.lines.find(({ msg }) => msg === '150 requests were cut at the deadline')
  assert.equal(cut?.leave?.cut?.length, 100)
})

test('a logger that throws does not stop the way out', async (t) => {
  const { made, codes } = leavingApp()
  const mute = {
    ...made,
    log: {
      info: () => {
        throw new Error('no log')
      },
    } as unknown as LeavingApp['log'],
  }
  live(t, mute)
  await leave('requested')
  assert.deepEqual(codes, [0])
  await until(() => !processLeave().isLeaving())
})

test('an escape while the process leaves is logged, the same one once', async (t) => {
  const { made, lines } = leavingApp()
  let drain = () => {}
  const waiting = { ...made, drained: () => new Promise<void>((resolve) => (drain = resolve)) }
  live(t, waiting)
  const others = process.listeners('uncaughtException')
  const left = leave('requested')
  const own = process.listeners('uncaughtException').find((listener) => !others.includes(listener))
  for (const listener of others) process.off('uncaughtException', listener)
  try {
    const escaped = new Error('an escape')
    own?.(escaped, 'uncaughtException')
    own?.(escaped, 'uncaughtException')
  } finally {
    for (const listener of others) process.on('uncaughtException', listener)
  }
  drain()
  await left
  assert.equal(lines.filter(({ err }) => err?.message === 'an escape').length, 1)
  await until(() => !processLeave().isLeaving())
})
