import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { runaways } from '../fixtures/runaway-catalogue.ts'
import { jsonLines, startFixture } from '../support/child.ts'
import { checkKilled } from '../support/runaways.ts'

describe('no JavaScript can be interrupted, and the process is killed', { concurrency: true }, () => {
  for (const [name, expected] of Object.entries(runaways.killed)) {
    test(name, (t) => checkKilled(t, name, expected))
  }

  test('the line has the stack and the request of the last JavaScript that ran', async (t) => {
    const child = await startFixture(t, 'runaways')
    void child.ask('/spins-then-sleeps')
    assert.deepEqual(await child.exited, [null, 'SIGKILL'])
    const [line] = jsonLines(child.stderr())
    assert.match(line?.err.stack, /at block \(/)
    assert.deepEqual([line?.fault.attributedTo, line?.req.route], ['context', '/spins-then-sleeps'])
    assert.match(line?.msg, /^native code, perhaps of GET \/spins-then-sleeps, has blocked the event loop/)
  })
})
