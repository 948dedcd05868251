import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Fault } from '../../src/fault/fault.ts'
import { Exit } from '../../src/leave/exit.ts'
import { LeaveLog } from '../../src/leave/leave-log.ts'
import { Recycling } from '../../src/leave/recycle.ts'
import { Signals } from '../../src/leave/signals.ts'
import { startWatchdog } from '../../src/leave/watchdog.ts'
import { eventLoopDelay, unwatchEventLoop, watchEventLoop } from '../../src/report/event-loop-delay.ts'
import { leavingApp } from '../support/leaving-app.ts'
import { until } from '../support/until.ts'

test('interrupt: every `leave.exit` is called at once, with the code', () => {
  const { made, codes } = leavingApp()
  const exit = new Exit([made], 70, new LeaveLog([made]))
  exit.fixCode()
  exit.now(130)
  assert.deepEqual(codes, [130])
})

test('recycling: the earliest demand counts, Infinity never comes, and a far one is waited for in parts', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let uptime = 0
  t.mock.method(process, 'uptime', () => uptime)
  const longest = 2 ** 31 - 1
  let recycled = 0
  const recycling = new Recycling(() => {
    recycled += 1
  })
  const wait = (milliseconds: number) => {
    uptime += milliseconds / 1_000
    t.mock.timers.tick(milliseconds)
  }
  recycling.demand(Infinity, 0)
  wait(longest)
  assert.equal(recycled, 0)
  recycling.demand(uptime * 1_000 + longest * 1.5, 0)
  recycling.demand(Infinity, 0)
  wait(longest)
  assert.equal(recycled, 0)
  wait(longest)
  assert.equal(recycled, 1)
  recycling.demand(0, 0)
  recycling.cancel()
  wait(longest)
  assert.equal(recycled, 1)
})

test('recycling: a due one waits for its part of the spread, and later demands do not change that', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 5_000_000 })
  let uptime = 1_000
  t.mock.method(process, 'uptime', () => uptime)
  const wait = (milliseconds: number) => {
    uptime += milliseconds / 1_000
    t.mock.timers.tick(milliseconds)
  }
  const made = (share: number): { recycling: Recycling; left: () => number } => {
    let left = 0
    return { recycling: new Recycling(() => void left++, share), left: () => left }
  }
  const [first, second, young] = [made(0.25), made(0.75), made(0.5)] as const
  assert.equal(first.recycling.dueAt, undefined)
  for (const { recycling } of [first, second]) assert.equal(recycling.demand(600_000, 60_000), true)
  young.recycling.demand(1_600_000, 60_000)
  assert.deepEqual(
    [first, second, young].map(({ recycling }) => recycling.dueAt),
    [5_015_000, 5_045_000, 5_630_000],
  )
  wait(14_000)
  for (const { recycling } of [first, second]) assert.equal(recycling.demand(600_000, 60_000), false)
  assert.deepEqual([first.left(), second.left()], [0, 0])
  wait(1_000)
  assert.deepEqual([first.left(), second.left()], [1, 0])
  assert.equal(first.recycling.dueAt, undefined)
  wait(30_000)
  assert.deepEqual([first.left(), second.left(), young.left()], [1, 1, 0])
  wait(585_000)
  assert.equal(young.left(), 1)
})

test('recycling: it is the fault of the earliest demand, and a cancelled one is forgotten', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  t.mock.method(process, 'uptime', () => 0)
  const faults: unknown[] = []
  const recycling = new Recycling((fault) => faults.push(fault?.id))
  const fault = (id: string) => ({ id }) as Fault
  recycling.demand(3_000, 0, fault('late'))
  recycling.demand(1_000, 0, fault('early'))
  recycling.demand(2_000, 0, fault('between'))
  t.mock.method(process, 'uptime', () => 1)
  t.mock.timers.tick(1_000)
  recycling.demand(3_000, 0, fault('cancelled'))
  recycling.cancel()
  recycling.demand(2_000, 0)
  t.mock.method(process, 'uptime', () => 2)
  t.mock.timers.tick(1_000)
  assert.deepEqual(faults, ['early', undefined])
})

test('recycling: each process has a part of its own', () => {
  const due = Array.from({ length: 20 }, () => {
    const recycling = new Recycling(() => {})
    recycling.demand(0, 1e9)
    const { dueAt } = recycling
    recycling.cancel()
    return dueAt
  })
  assert.ok(new Set(due).size > 10, `${due}`)
})

test('signals are counted, and those that nobody may handle are left alone', () => {
  const before = process.listenerCount('SIGUSR2')
  const signals = new Signals(() => {})
  signals.want(['SIGUSR2', 'SIGUSR2', 'SIGKILL'])
  signals.want(['SIGUSR2'])
  assert.equal(process.listenerCount('SIGUSR2'), before + 1)
  signals.release(['SIGUSR2'])
  assert.equal(process.listenerCount('SIGUSR2'), before + 1)
  signals.release(['SIGUSR2', 'SIGKILL'])
  assert.equal(process.listenerCount('SIGUSR2'), before)
})

test('a watchdog that cannot be had is told, and one that is called off kills nothing', async () => {
  const failures: unknown[] = []
  // No thread gets what cannot be cloned.
  startWatchdog(60_000, { uncloneable() {} }, (failure) => failures.push(failure)).callOff()
  assert.equal(failures.length, 1)
  startWatchdog(60_000, {}, (failure) => failures.push(failure)).callOff()
  assert.equal(failures.length, 1)
})

test('the delay of the event loop: milliseconds with two digits at most, null where nothing was measured', async () => {
  assert.equal(eventLoopDelay(), null)
  watchEventLoop()
  watchEventLoop()
  await until(() => eventLoopDelay() !== null)
  for (const value of Object.values(eventLoopDelay() ?? {})) {
    assert.ok(value >= 0 && String(value).replace(/^\d+\.?/, '').length <= 2, `${value}`)
  }
  unwatchEventLoop()
  unwatchEventLoop()
  assert.equal(eventLoopDelay(), null)
})
