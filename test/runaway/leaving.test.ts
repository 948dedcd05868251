import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFixture } from '../support/child.ts'
import { temporaryFolder } from '../support/folder.ts'
import { crowdOf, INNOCENTS, onlyReport } from '../support/runaways.ts'

test('the third time that a request runs away, everybody is answered and the process leaves', async (t) => {
  const reportDir = temporaryFolder(t)
  const child = await startFixture(t, 'runaways', {
    env: { SETUP: JSON.stringify({ leave: { reportDir } }) },
  })
  const { answers } = await crowdOf(child)
  const answer = child.ask('/thrice')
  assert.deepEqual(await child.exited, [70, null])
  assert.equal((await answer).status, 500)
  for (const { status, headers } of await answers) {
    assert.deepEqual([status, headers['retry-after'], headers.connection], [503, '1', 'close'])
  }
  const faults = child.log().filter((line) => line.fault !== undefined)
  assert.deepEqual(
    faults.map((line) => [line.req.route, line.fault.origin, line.fault.verdict]),
    ['recycle', 'recycle', 'fatal'].map((verdict) => ['/thrice', 'runaway', verdict]),
  )
  assert.equal(onlyReport(reportDir).fault?.origin, 'runaway')
})

test('where a termination is not safe everybody is answered, and the process leaves', async (t) => {
  const child = await startFixture(t, 'runaways', { env: { SETUP: JSON.stringify({ captures: true }) } })
  const { answers } = await crowdOf(child)
  const answer = child.ask('/sync-handler/one')
  assert.deepEqual(await child.exited, [70, null])
  assert.equal((await answer).status, 500)
  assert.deepEqual(
    (await answers).map(({ status }) => status),
    INNOCENTS.map(() => 503),
  )
})

test('a job of no request is ended, and the process serves on', async (t) => {
  const child = await startFixture(t, 'runaways')
  const { answers } = await crowdOf(child)
  child.kill('SIGUSR2')
  await child.line((line) => line.fault !== undefined)
  assert.deepEqual(
    (await answers).map(({ status }) => status),
    INNOCENTS.map(() => 200),
  )
  const [line, ...more] = child.log().filter((each) => each.fault !== undefined)
  assert.deepEqual(more, [])
  const { origin, verdict, attributedTo } = line?.fault ?? {}
  assert.deepEqual([origin, verdict, attributedTo, line?.level], ['runaway', 'recycle', 'none', 50])
  assert.match(line?.msg, /^code of no request blocked the event loop for \d+ ms and was ended at /)
  assert.equal((await child.ask('/plain')).status, 200)
})
