import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFixture } from '../support/child.ts'

// On Node 20 pino itself does not load with the flag.
const flags = process.versions.node.startsWith('20.') ? [[]] : [[], ['--frozen-intrinsics']]

for (const nodeArgs of flags) {
  test(`errors are contained in a hardened realm${nodeArgs.map((flag) => ` (${flag})`)}`, async (t) => {
    const child = await startFixture(t, 'frozen-intrinsics', { nodeArgs })
    for (const path of ['/throws', '/throws-no-error', '/hook', '/escapes', '/floats']) {
      const { status, body } = await child.ask(path)
      assert.equal(status, 500, path)
      assert.doesNotMatch(body, /secret/, path)
    }
    assert.equal((await child.ask('/fine')).body, 'fine')
    assert.equal((await child.ask('/fatal')).status, 500)
    assert.deepEqual(await child.exited, [70, null])
    const faults = child.log().filter(({ fault }) => fault?.id !== undefined)
    assert.deepEqual(
      faults.map(({ fault }) => fault.origin),
      ['handler', 'handler', 'hook', 'exception', 'rejection', 'handler'],
    )
  })
}
