import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Child, startFixture } from '../support/child.ts'

/** No request was ended, and the process goes on. */
async function assertNoFiring(child: Child): Promise<void> {
  assert.equal((await child.ask('/plain')).status, 200)
  assert.deepEqual(
    child.log().filter((line) => line.fault !== undefined),
    [],
  )
}

test('a route that opted out, or has more time, is not ended', async (t) => {
  const child = await startFixture(t, 'runaways')
  assert.equal((await child.ask('/opted-out')).body, 'opted out')
  assert.equal((await child.ask('/patient')).body, 'patient')
  await assertNoFiring(child)
})

test('many requests that block for less than the limit are not ended', async (t) => {
  const child = await startFixture(t, 'runaways', { env: { SETUP: JSON.stringify({ after: 800 }) } })
  const answers = await Promise.all(Array.from({ length: 10 }, () => child.ask('/block?ms=200')))
  assert.deepEqual(
    answers.map(({ body }) => body),
    answers.map(() => 'blocked'),
  )
  await assertNoFiring(child)
})

test('a stopped process is not blocked', async (t) => {
  const child = await startFixture(t, 'runaways')
  for (let i = 0; i < 10; i += 1) {
    const answer = child.ask('/block?ms=50')
    child.kill('SIGSTOP')
    await sleep(100)
    child.kill('SIGCONT')
    assert.equal((await answer).body, 'blocked')
  }
  await assertNoFiring(child)
})

test('a heap snapshot is not ended', async (t) => {
  const child = await startFixture(t, 'runaways', { env: { SETUP: JSON.stringify({ after: 200 }) } })
  await child.ask('/ballast')
  assert.equal((await child.ask('/snapshot')).body, 'snapshot')
  await assertNoFiring(child)
})

test('nothing is ended while a debugger may be attached, and the log says so', async (t) => {
  const child = await startFixture(t, 'runaways', { nodeArgs: ['--inspect=127.0.0.1:0'] })
  assert.equal((await child.ask('/block?ms=900')).body, 'blocked')
  await assertNoFiring(child)
  assert.equal(child.log().filter(({ msg }) => /debugger/.test(msg)).length, 1)
})
