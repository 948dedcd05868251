import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Ended, runNode, runTool } from './support/run-tool.ts'

/** An uncaught error in a test has to fail it, as it does without the plugin. */

const RUNNERS: Record<string, (name: string) => Promise<Ended>> = {
  Vitest: (name) => runTool('vitest', 'vitest/vitest.mjs', 'run', name),
  'Vitest in threads': (name) => runTool('vitest', 'vitest/vitest.mjs', 'run', '--pool=threads', name),
  Jest: (name) => runTool('jest-uncaught', 'jest/bin/jest.js', name),
  'node --test': (name) => runNode('node-test', '--test', `${name}.spec.js`),
}

for (const [runner, run] of Object.entries(RUNNERS)) {
  describe(runner, () => {
    for (const [name, event] of [
      ['exception', 'uncaught exception'],
      ['rejection', 'unhandled rejection'],
    ] as const) {
      test(`fails for an ${event} that belongs to no request, and the process does not leave`, async () => {
        const { code, output } = await run(name)
        assert.equal(code, 1, output)
        assert.match(output, /nobody caught this/)
        assert.doesNotMatch(output, /error outside of any request|the start failed/)
      })
    }

    // Jest's tests have a `process` that emits neither event, and `node --test` fails for each that is emitted.
    if (!runner.startsWith('Vitest')) return
    test('passes where the error belongs to a request', async () => {
      const { code, output } = await run('contained')
      assert.equal(code, 0, output)
    })
  })
}
