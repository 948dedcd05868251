import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { runaways } from '../fixtures/runaway-catalogue.ts'
import { jsonLines, startFixture } from '../support/child.ts'
import { temporaryFolder } from '../support/folder.ts'
import { AS_PROCESS_1, NO_PROCESS_1 } from '../support/process-1.ts'
import { checkKilled, onlyReport } from '../support/runaways.ts'

describe('no JavaScript can be interrupted, and the process is killed', { concurrency: true }, () => {
  for (const [name, expected] of Object.entries(runaways.killed)) {
    test(name, (t) => checkKilled(t, name, expected))
  }

  test('process 1 of a container, which no SIGKILL ends', { skip: NO_PROCESS_1 }, async (t) => {
    const reportDir = temporaryFolder(t)
    const env = { SETUP: JSON.stringify({ leave: { reportDir } }) }
    const child = await startFixture(t, 'runaways', { env, through: AS_PROCESS_1 })
    void child.ask('/spins-then-sleeps')
    assert.deepEqual(await child.exited, [null, 'SIGTRAP'])
    const [line] = jsonLines(child.stderr())
    assert.deepEqual([line?.level, line?.pid], [60, 1])
    assert.equal(onlyReport(reportDir).exitCode, 133)
  })

  test('the line has the stack and the request of the last JavaScript that ran', async (t) => {
    const child = await startFixture(t, 'runaways')
    void child.ask('/spins-then-sleeps')
    assert.deepEqual(await child.exited, [null, 'SIGKILL'])
    const [line] = jsonLines(child.stderr())
    assert.match(line?.err.stack, /at blockUntilNoted \(/)
    assert.deepEqual([line?.fault.attributedTo, line?.req.route], ['context', '/spins-then-sleeps'])
    assert.match(line?.msg, /^native code, perhaps of GET \/spins-then-sleeps, has blocked the event loop/)
  })
})
