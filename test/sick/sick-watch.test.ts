import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Sickness } from '../../src/report/crash-report.ts'
import type { RouteHealth } from '../../src/sick/route-health.ts'
import { SickWatch, type WaitingRequest } from '../../src/sick/sick-watch.ts'

/** A watch whose time goes by when the test says so. */
function watchOf(t: TestContext) {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const waiting: WaitingRequest[] = []
  const told: Sickness[] = []
  const watch = new SickWatch(
    () => waiting,
    (sickness) => told.push(sickness),
  )
  const end = (route: RouteHealth, good: number, bad: number) => {
    for (let i = 0; i < good; i++) route.add(true)
    for (let i = 0; i < bad; i++) route.add(false)
  }
  /** Lets seconds go by, in each of which so many requests end. */
  const pass = (seconds: number, route?: RouteHealth, good = 0, bad = 0) => {
    for (let i = 0; i < seconds; i++) {
      if (route !== undefined) end(route, good, bad)
      t.mock.timers.tick(1_000)
    }
  }
  return { watch, waiting, told, end, pass }
}

test('half of 20 requests in 10 seconds are sick, and not one less', (t) => {
  const { watch, told, end, pass } = watchOf(t)
  const route = watch.addRoute()
  end(route, 5, 0)
  watch.start()
  pass(9, route, 1, 1)
  assert.deepEqual(told, [])
  pass(1, route, 1, 1)
  assert.deepEqual(told, [{ ended: 20, failed: 10, waiting: 0 }])
  pass(1, route, 2, 0)
  assert.equal(told.length, 1)
})

test('20 lost connections in 10 seconds are sick where no request is answered, on whichever route', (t) => {
  const { watch, told, end, pass } = watchOf(t)
  const broken = watch.addRoute()
  const lose = (connections: number) => {
    for (let i = 0; i < connections; i++) watch.lostConnection()
  }
  lose(20)
  watch.start()
  lose(19)
  pass(10)
  assert.deepEqual(told, [])
  end(broken, 0, 1)
  lose(20)
  pass(10)
  assert.deepEqual(told, [])
  lose(20)
  pass(1)
  assert.deepEqual(told, [{ ended: 0, failed: 0, waiting: 0, lost: 20 }])
})

test('fewer than 20 requests say nothing, and those of routes that were never fine do not count', (t) => {
  const { watch, told, end, pass } = watchOf(t)
  const fine = watch.addRoute()
  const broken = watch.addRoute()
  end(fine, 5, 0)
  end(broken, 5, 5)
  watch.start()
  for (let i = 0; i < 30; i++) {
    end(broken, 0, 50)
    pass(1, fine, 0, 1)
  }
  assert.deepEqual(told, [])
})

test('what failed longer than 10 seconds ago does not count', (t) => {
  const { watch, told, end, pass } = watchOf(t)
  const route = watch.addRoute()
  end(route, 5, 0)
  watch.start()
  pass(5, route, 0, 10)
  pass(4, route, 10, 0)
  pass(1, route, 100, 0)
  assert.deepEqual(told, [])
  pass(10)
  assert.deepEqual(told, [])
})

test('a route that becomes fine under the watch counts from the next second on', (t) => {
  const { watch, told, pass } = watchOf(t)
  const route = watch.addRoute()
  watch.start()
  pass(1, route, 20, 0)
  pass(9, route, 0, 20)
  assert.equal(told.at(-1)?.failed, 180)
  assert.equal(told.at(-1)?.ended, 180)
})

test('a route that failed of late was not fine, however good its past', (t) => {
  const { watch, told, end, pass } = watchOf(t)
  const route = watch.addRoute()
  end(route, 100_000, 200)
  watch.start()
  pass(12, route, 0, 20)
  assert.deepEqual(told, [])
})

test('20 that wait too long while none ends, for 10 seconds without a break, are sick', (t) => {
  const { watch, waiting, told, end, pass } = watchOf(t)
  const route = watch.addRoute()
  const other = watch.addRoute()
  end(route, 5, 0)
  end(other, 5, 0)
  watch.start()
  const late = { route, age: 201, longestAnswer: 100 }
  const add = (count: number, request: WaitingRequest) => {
    for (let i = 0; i < count; i++) waiting.push(request)
  }
  add(19, late)
  add(100, { route, age: 200, longestAnswer: 100 })
  add(100, { route: watch.addRoute(), age: 900, longestAnswer: 0 })
  pass(12)
  assert.deepEqual(told, [])
  add(1, late)
  pass(9, other, 1, 0)
  // One ends: it was slow, and is not stuck.
  pass(1, route, 1, 0)
  pass(9, other, 1, 0)
  assert.deepEqual(told, [])
  pass(1, other, 1, 0)
  assert.deepEqual(told, [{ ended: 10, failed: 0, waiting: 20 }])
})

test('watches only from the first escape on, and until it is stopped', (t) => {
  const { watch, told, end, pass } = watchOf(t)
  const route = watch.addRoute()
  end(route, 50, 0)
  pass(20, route, 0, 1)
  assert.equal(watch.isOn, false)
  watch.start()
  watch.start()
  watch.stop()
  pass(20, route, 0, 10)
  assert.deepEqual(told, [])
  assert.equal(watch.isOn, false)
})
