import assert from 'node:assert/strict'
import net from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { SECRET, SLOW_BYTES } from '../fixtures/escape-catalogue.ts'
import { type Child, type LogLine, startFixture } from '../support/child.ts'
import { type Answer, connectRaw } from '../support/client.ts'
import { until } from '../support/until.ts'

const [major = 0] = process.versions.node.split('.').map(Number)
const start = (t: TestContext, name: string, env: Record<string, string> = {}) =>
  startFixture(t, 'escapes-edges', { env: { CASE: name, ...env } })
const faults = (child: Child): LogLine[] => child.log().filter((line) => line.fault !== undefined)

/** Twenty requests that wait until the fixture lets them go. */
async function crowd(child: Child): Promise<{ answered: Promise<Answer[]> }> {
  const others = Array.from({ length: 20 }, () => child.ask('/slow'))
  await until(async () => JSON.parse((await child.ask('/waiting')).body).waiting === 20)
  return { answered: Promise.all(others) }
}

test('an error without a request is fatal, and the others are answered', async (t) => {
  const child = await start(t, 'background')
  const others = await crowd(child)
  await child.ask('/bomb')
  assert.deepEqual(
    (await others.answered).map((other) => other.status),
    Array(20).fill(200),
  )
  assert.deepEqual(await child.exited, [70, null])
  const [line, ...more] = faults(child)
  assert.equal(more.length, 0)
  assert.equal(line?.level, 60)
  assert.equal(line.req, undefined)
  assert.equal(line.phase, undefined)
  assert.equal(line.fault.attributedTo, 'none')
  assert.equal(line.fault.verdict, 'fatal')
  assert.match(line.msg, /outside of any request/)
})

test('classify can contain an error without a request', async (t) => {
  const child = await start(t, 'background-contained')
  await child.ask('/bomb')
  const line = await child.line((line) => line.fault !== undefined)
  assert.equal(line.fault.verdict, 'contain')
  assert.equal((await child.ask('/waiting')).status, 200)
})

for (const name of ['boot', 'boot-rejection']) {
  test(`${name}: before the server listens it is a boot failure`, async (t) => {
    const child = await startFixture(t, 'escapes-edges', { env: { CASE: name }, ready: false })
    assert.deepEqual(await child.exited, [70, null])
    const [line] = faults(child)
    assert.equal(line?.phase, 'boot')
    assert.equal(line.fault.origin, name === 'boot' ? 'exception' : 'rejection')
    assert.equal(line.fault.verdict, 'fatal')
  })
}

test('a throw in a microtask belongs to the only request there is, on every Node', async (t) => {
  const child = await start(t, 'microtask')
  const answer = await child.ask('/bomb', { headers: { 'x-request-id': 'mine' } })
  assert.equal(answer.status, 500)
  assert.ok(!answer.body.includes(SECRET))
  const line = await child.line((line) => line.fault !== undefined)
  assert.equal(line.reqId, 'mine')
  assert.equal(line.fault.attributedTo, 'context')
  t.diagnostic('escape | timers | queueMicrotask, the only request in flight | context')
  assert.equal((await child.ask('/waiting')).status, 200)
})

test('a throw in a microtask among others is found where Node tells (24 and later)', async (t) => {
  const child = await start(t, 'microtask')
  const others = await crowd(child)
  const answer = child.ask('/bomb', { headers: { 'x-request-id': 'mine' } })
  if (major >= 24) await answer.then(() => child.ask('/open'))
  assert.deepEqual(
    (await others.answered).map((other) => other.status),
    Array(20).fill(200),
  )
  const line = await child.line((line) => line.fault !== undefined)
  t.diagnostic(`escape | timers | queueMicrotask, with other requests in flight | ${line.fault.attributedTo}`)
  if (major >= 24) {
    assert.equal((await answer).status, 500)
    assert.equal(line.reqId, 'mine')
  } else {
    assert.equal(line.fault.attributedTo, 'none')
    assert.equal(line.fault.verdict, 'fatal')
    // nobody can say whose it is, so it is cut at the deadline of the way out
    assert.equal((await answer).status, 0)
    assert.deepEqual(await child.exited, [70, null])
  }
})

test('the classifier of the README makes every escape fatal', async (t) => {
  const child = await start(t, 'all-fatal')
  const answer = await child.ask('/bomb')
  assert.equal(answer.status, 500)
  assert.deepEqual(await child.exited, [70, null])
  assert.equal(faults(child)[0]?.level, 60)
})

for (const name of ['escapes-false', 'route-without-escapes', 'route-opted-out']) {
  test(`${name}: the process dies as in bare Node`, async (t) => {
    const child = await start(t, name)
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
  const child = await start(t, 'route-with-escapes')
  assert.equal((await child.ask('/bomb')).status, 500)
  assert.equal(JSON.parse((await child.ask('/listeners')).body).count, 1)
})

test('escapes while the answer to another fault is made', async (t) => {
  const child = await start(t, 'while-answering')
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
  const child = await start(t, 'while-writing')
  const answer = await child.ask('/bomb')
  assert.equal(answer.status, 500)
  assert.equal(answer.error, undefined)
  assert.deepEqual(JSON.parse(answer.body), { custom: true })
  await until(() => faults(child).length === 2)
})

test('a hundred requests that each let an error escape in the same tick', async (t) => {
  const child = await start(t, 'hundred')
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
  const child = await start(t, 'rival')
  const lines = child.log().filter((line) => line.msg.includes('another listener'))
  assert.deepEqual(
    lines.map((line) => line.level),
    [40],
  )
  assert.match(lines[0]?.msg, /'uncaughtException', myTracker: if it ends the process/)
})

test('what escapes because the client went away is no fault', async (t) => {
  const child = await start(t, 'client-gone', { LEVEL: 'info' })
  const client = await connectRaw(child.port, 'GET /bomb HTTP/1.1\r\nhost: a\r\n\r\n')
  await until(async () => JSON.parse((await child.ask('/waiting')).body).waiting === 1)
  client.socket.destroy()
  const line = await child.line((line) => line.msg?.includes('client went away'))
  assert.equal(line.level, 30)
  assert.equal((await child.ask('/waiting')).status, 200)
  assert.equal(faults(child).length, 0)
})

test('the grace is the route\u2019s own', async (t) => {
  const child = await start(t, 'grace')
  const [long, none] = await Promise.all([child.ask('/bomb'), child.ask('/none')])
  assert.deepEqual([long.status, none.status], [500, 500])
  assert.ok(long.ms >= 680, `${long.ms} ms`)
  assert.ok(none.ms < long.ms, `${none.ms} ms`)
})

test('a rejection that is handled late takes back its own 500 only', async (t) => {
  const child = await start(t, 'late')
  const statuses = async (path: string) => (await child.ask(path)).status
  assert.equal(await statuses('/two'), 500)
  assert.equal(await statuses('/one-of-two'), 500)
  assert.equal(await statuses('/too-late'), 500)
  assert.equal(await statuses('/answers-later'), 200)
  assert.equal(await statuses('/gone'), 200)
  const levels = (route: string) =>
    child.log().flatMap((line) => (line.req?.route === route ? [line.level] : []))
  await until(() => levels('/gone').length === 2)
  assert.deepEqual(levels('/two'), [50, 40, 50])
  assert.deepEqual(levels('/one-of-two').sort(), [40, 50, 50])
  // its 500 was sent before
  assert.deepEqual(levels('/too-late'), [50])
  assert.deepEqual(levels('/answers-later'), [50, 40])
  assert.deepEqual(levels('/gone'), [50, 40])
})

test('an exception recycles the process once it is old enough, and harms nobody', async (t) => {
  const child = await start(t, 'recycle')
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
  const child = await start(t, 'recycle-later')
  const answers = await Promise.all(Array.from({ length: 10 }, () => child.ask('/bomb')))
  assert.deepEqual(
    answers.map((answer) => answer.status),
    Array(10).fill(500),
  )
  assert.equal((await child.ask('/waiting')).status, 200)
})

test('an answer that is on its way to a slow client is never cut', async (t) => {
  const child = await start(t, 'slow-client')
  const socket = net.connect(child.port, '127.0.0.1')
  socket.write('GET /bomb HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')
  await until(() => faults(child).length === 1)
  await sleep(400) // four times the grace, in which the client reads nothing
  let bytes = 0
  for await (const chunk of socket) bytes += chunk.length
  assert.ok(bytes > SLOW_BYTES, `${bytes} of ${SLOW_BYTES} bytes`)
})
