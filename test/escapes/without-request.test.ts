import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SECRET } from '../fixtures/escape-catalogue.ts'
import { startFixture } from '../support/child.ts'
import { crowd, faults, startCase } from '../support/escapes.ts'
import { until } from '../support/until.ts'

const [major = 0] = process.versions.node.split('.').map(Number)

for (const [path, what, message] of [
  ['/timer', 'a timer that throws', 'a timer failed'],
  ['/rejection', 'a promise that rejects', 'a promise floats'],
  ['/pool', 'a pool whose connection dies, without a listener,', 'read ECONNRESET'],
  ['/native', 'a native callback that throws without a context,', 'a native callback failed'],
] as const) {
  test(`${what} outside of any request ends nobody`, async (t) => {
    const child = await startFixture(t, 'unowned', { nodeArgs: ['--expose-gc'] })
    const others = await crowd(child)
    assert.equal((await child.ask(path)).status, 200)
    const line = await child.line(({ fault }) => fault !== undefined)
    assert.equal((await child.ask('/open')).status, 200)
    assert.deepEqual(
      (await others.answered).map(({ status }) => status),
      Array(20).fill(200),
    )
    assert.equal(faults(child).length, 1)
    assert.equal(line.level, 50)
    assert.equal(line.err.message, message)
    assert.equal(line.req, undefined)
    assert.equal(line.phase, undefined)
    assert.equal(line.fault.attributedTo, 'none')
    assert.equal(line.fault.verdict, 'recycle')
    assert.match(line.msg, /outside of any request/)
  })
}

test('ten connections that die together are one line, and one with the count', async (t) => {
  const child = await startFixture(t, 'unowned', {
    nodeArgs: ['--expose-gc'],
    env: { POOL_SIZE: '10', OPTIONS: JSON.stringify({ log: { window: 1_000_000 } }) },
  })
  await child.ask('/pool')
  await until(async () => JSON.parse((await child.ask('/counts')).body).total === 10)
  child.kill('SIGUSR2')
  const told = await child.line(({ fault }) => fault?.heldBack !== undefined)
  const [first, ...more] = faults(child).filter(({ fault }) => fault.id !== undefined)
  assert.deepEqual(more, [])
  assert.equal(first?.err.message, 'read ECONNRESET')
  assert.deepEqual(told.fault, { fingerprint: first.fault.fingerprint, heldBack: 9, window: 1_000_000 })
  assert.deepEqual(await child.exited, [0, null])
})

test('the one line of the README makes an error without a request fatal, and the others are answered', async (t) => {
  const child = await startCase(t, 'background-fatal')
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
  assert.equal(line.fault.verdict, 'fatal')
})

test('classify can contain an error without a request', async (t) => {
  const child = await startCase(t, 'background-contained')
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
  const child = await startCase(t, 'microtask')
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
  const child = await startCase(t, 'microtask')
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
    assert.equal(line.fault.verdict, 'recycle')
    // nobody can say whose it is, so its own request gets no answer
    child.kill()
    assert.equal((await answer).status, 0)
  }
})
