import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SECRET } from '../fixtures/escape-catalogue.ts'
import { crowd, faults, startCase } from '../support/escapes.ts'
import { until } from '../support/until.ts'

test('the classifier of the docs makes every escape fatal', async (t) => {
  const child = await startCase(t, 'all-fatal')
  const answer = await child.ask('/bomb')
  assert.equal(answer.status, 500)
  assert.deepEqual(await child.exited, [70, null])
  assert.equal(faults(child)[0]?.level, 60)
})

for (const name of ['escapes-false', 'route-without-escapes', 'route-opted-out']) {
  test(`${name}: the process dies as in bare Node`, async (t) => {
    const child = await startCase(t, name)
    const { count } = JSON.parse((await child.ask('/listeners')).body)
    assert.equal(count, name === 'escapes-false' ? 0 : 1)
    const answer = await child.ask('/bomb')
    assert.equal(answer.status, 0)
    assert.deepEqual(await child.exited, [1, null])
    assert.match(child.stderr(), new RegExp(`Error: ${SECRET}`))
    assert.equal(faults(child).length, 0)
  })
}

test('a route can ask for what the plugin does not do', async (t) => {
  const child = await startCase(t, 'route-with-escapes')
  assert.equal((await child.ask('/bomb')).status, 500)
  assert.equal(JSON.parse((await child.ask('/listeners')).body).count, 1)
})

test('escapes while the answer to another fault is made', async (t) => {
  const child = await startCase(t, 'while-answering')
  const answer = await child.ask('/bomb')
  assert.equal(answer.status, 500)
  assert.deepEqual(JSON.parse(answer.body), { custom: true })
  await until(() => faults(child).length === 3)
  assert.deepEqual(
    faults(child)
      .map((line) => line.fault.origin)
      .sort(),
    ['exception', 'handler', 'rejection'],
  )
  assert.equal((await child.ask('/waiting')).status, 200)
})

test('an escape while the answer to another fault is written', async (t) => {
  const child = await startCase(t, 'while-writing')
  const answer = await child.ask('/bomb')
  assert.equal(answer.status, 500)
  assert.equal(answer.error, undefined)
  assert.deepEqual(JSON.parse(answer.body), { custom: true })
  await until(() => faults(child).length === 2)
})

test('a hundred requests that each let an error escape in the same tick', async (t) => {
  const child = await startCase(t, 'hundred')
  const asked = Array.from({ length: 100 }, (_, index) =>
    child.ask('/bomb', { headers: { 'x-request-id': `id-${index}` } }),
  )
  const statuses = (await Promise.all(asked)).map((answer) => answer.status)
  assert.deepEqual(statuses, Array(100).fill(500))
  // the log comes through a pipe of its own, and may be later than the answers
  await until(() => faults(child).length >= 100)
  const ids = faults(child).map((line) => line.reqId)
  assert.equal(ids.length, 100)
  assert.equal(new Set(ids).size, 100)
  await until(async () => JSON.parse((await child.ask('/waiting')).body).waiting === 0)
})

test('a listener that may end the process is named once, when the app is ready', async (t) => {
  const child = await startCase(t, 'rival')
  const lines = await child.lines(1, (line) => line.msg?.includes('another listener'))
  assert.deepEqual(
    lines.map((line) => line.level),
    [40],
  )
  assert.match(lines[0]?.msg, /'uncaughtException', myTracker: if it ends the process/)
})

test('an exception recycles the process once it is old enough, and harms nobody', async (t) => {
  const child = await startCase(t, 'recycle')
  const others = await crowd(child)
  const answer = await child.ask('/bomb')
  assert.equal(answer.status, 500)
  assert.deepEqual(
    (await others.answered).map((other) => other.status),
    Array(20).fill(200),
  )
  assert.deepEqual(await child.exited, [75, null])
  assert.equal(faults(child)[0]?.fault.verdict, 'recycle')
})

test('a process that never recycles goes on after any number of exceptions', async (t) => {
  const child = await startCase(t, 'recycle-later')
  const answers = await Promise.all(Array.from({ length: 10 }, () => child.ask('/bomb')))
  assert.deepEqual(
    answers.map((answer) => answer.status),
    Array(10).fill(500),
  )
  assert.equal((await child.ask('/waiting')).status, 200)
})
