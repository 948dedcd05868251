import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Child, startFixture } from '../support/child.ts'
import { halveCpu } from '../support/cpu-quota.ts'
import { TEST_TIMEOUT } from '../support/timeouts.ts'

/** Seconds under a quota of half a core: $QUOTA_SECONDS=60 is the minute that a runaway may not be seen in. */
const QUOTA_SECONDS = Number(process.env.QUOTA_SECONDS ?? 3)

/** No request was ended, and the process goes on. */
async function assertNoFiring(child: Child): Promise<void> {
  assert.equal((await child.ask('/plain')).status, 200)
  assert.deepEqual(
    child.log().filter((line) => line.fault !== undefined),
    [],
  )
}

// they wait more than they compute
describe('none of these is ended', { concurrency: 2 }, () => {
  test('a route that opted out, or has more time, is not ended, and a stopped process is not blocked', async (t) => {
    const child = await startFixture(t, 'runaways')
    assert.equal((await child.ask('/opted-out')).body, 'opted out')
    assert.equal((await child.ask('/patient')).body, 'patient')
    const answers: Promise<{ body: string }>[] = []
    // one long stop, and short ones that come while a request runs
    for (const stop of [5_000, ...Array<number>(5).fill(100)]) {
      answers.push(child.ask('/block?ms=50'))
      child.kill('SIGSTOP')
      await sleep(stop)
      child.kill('SIGCONT')
    }
    for (const { body } of await Promise.all(answers)) assert.equal(body, 'blocked')
    await assertNoFiring(child)
  })

  test('with half a core, requests that each block for most of the limit are not ended', async (t) => {
    const child = await startFixture(t, 'runaways', { lifetime: TEST_TIMEOUT + QUOTA_SECONDS * 1_000 })
    t.diagnostic(halveCpu(t, child))
    const end = performance.now() + QUOTA_SECONDS * 1_000
    const work = async (): Promise<void> => {
      do assert.equal((await child.ask('/block?ms=200')).body, 'blocked')
      while (performance.now() < end)
    }
    await Promise.all([work(), work(), work()])
    await assertNoFiring(child)
  })

  test('of many that block one after the other none is ended, and the log says so once', async (t) => {
    const child = await startFixture(t, 'runaways')
    const answers = await Promise.all(Array.from({ length: 12 }, () => child.ask('/herd?of=12')))
    for (const { body } of answers) assert.equal(body, 'blocked')
    await assertNoFiring(child)
    const [line, ...more] = child.log()
    assert.deepEqual(more, [])
    assert.deepEqual(
      [line?.level, line?.msg],
      [40, 'the event loop is blocked, and not by one request alone: none is ended'],
    )
    assert.match(line?.stack, /at block \(/)
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
})
