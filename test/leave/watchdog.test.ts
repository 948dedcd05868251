import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { jsonLines } from '../support/child.ts'
import { temporaryFolder } from '../support/folder.ts'
import { startLeaving } from '../support/leaving.ts'
import { AS_PROCESS_1, NO_PROCESS_1 } from '../support/process-1.ts'
import { TEST_TIMEOUT } from '../support/timeouts.ts'

test('a blocked event loop is killed two seconds past the deadline, and the report is there', async (t) => {
  const reportDir = temporaryFolder(t)
  const child = await startLeaving(t, { leave: { deadline: 700, reportDir } })
  const start = performance.now()
  await child.ask('/fatal-then-block')
  assert.deepEqual(await child.exited, [null, 'SIGKILL'])
  const took = performance.now() - start
  assert.ok(took >= 2_600 && took < TEST_TIMEOUT, `${took} ms: a forgotten fixture is killed, too`)
  assert.equal(readdirSync(reportDir).length, 1)
})

test('process 1 of a container, which no SIGKILL of its own ends, is interrupted past the deadline', {
  skip: NO_PROCESS_1,
}, async (t) => {
  // Node crashes where an interrupt exits while coverage is taken: it ends, but not with the code.
  const env = { NODE_V8_COVERAGE: undefined }
  const child = await startLeaving(t, { leave: { deadline: 100 } }, { through: AS_PROCESS_1, env })
  await child.ask('/fatal-then-block')
  assert.deepEqual(await child.exited, [137, null])
  assert.equal(child.log().at(-1)?.pid, 1)
})

test('process 1 is killed in native code too, which nothing interrupts', {
  skip: NO_PROCESS_1,
}, async (t) => {
  const child = await startLeaving(t, { leave: { deadline: 100 } }, { through: AS_PROCESS_1 })
  await child.ask('/fatal-then-native')
  assert.deepEqual(await child.exited, [null, 'SIGTRAP'])
  const [line] = jsonLines(child.stderr())
  assert.deepEqual([line?.level, line?.err.message], [60, 'and then native code blocks'])
})

test('the watchdog leaves the drain delay its time', async (t) => {
  // Longer than the deadline and the watchdog's margin together.
  const child = await startLeaving(t, { leave: { deadline: 100, drainDelay: 2_500, signals: ['SIGTERM'] } })
  child.kill('SIGTERM')
  assert.deepEqual(await child.exited, [0, null])
  assert.equal(child.log().at(-1)?.msg, 'left: exit code 0')
})

test('the longest deadline is no reason to be killed at once', async (t) => {
  const leave = { deadline: 2 ** 31 - 1, drainDelay: 1_000, signals: ['SIGTERM'] }
  const child = await startLeaving(t, { leave })
  child.kill('SIGTERM')
  assert.deepEqual(await child.exited, [0, null])
  assert.equal(child.stderr(), '')
})
