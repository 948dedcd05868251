import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFixture } from '../support/child.ts'

for (const [what, path, message] of [
  ['a loop of ticks that throw', '/loop', /^a tick that throws$/],
  [
    "a list of immediates that a throwing tick has broken, one of Node's own",
    '/broken-immediates',
    /_idleNext/,
  ],
] as const) {
  test(`${what} ends the process, and everybody who waits is answered`, async (t) => {
    const child = await startFixture(t, 'tick-loop')
    const others = [child.ask('/waits'), child.ask('/waits')]
    await child.lines(2, (line) => line.req?.url === '/waits')
    const answers = await Promise.all([...others, child.ask(path)])
    assert.deepEqual(
      answers.map(({ status, headers }) => [status, headers['retry-after']]),
      [503, 503, 503].map((status) => [status, '1']),
    )
    assert.deepEqual(await child.exited, [70, null])
    const fatal = child.log().filter(({ level }) => level === 60)
    assert.equal(fatal.length, 1)
    assert.match(fatal[0]?.err.message, message)
  })
}

test('as many ticks as a client likes are no loop, and an interval that throws 100 times is cleared', async (t) => {
  const child = await startFixture(t, 'tick-loop')
  const body = JSON.stringify(Array.from({ length: 1_500 }, () => ({})))
  const headers = { 'content-type': 'application/json' }
  assert.equal((await child.ask('/many', { method: 'POST', headers, body })).status, 500)
  assert.equal((await child.ask('/interval')).status, 200)
  const line = await child.line(({ msg }) => msg?.startsWith('an interval was cleared'))
  assert.equal(line.level, 50)
  const thrown = async () => JSON.parse((await child.ask('/thrown')).body).thrown
  const after = await thrown()
  assert.ok(after >= 100)
  await child.ask('/thrown')
  assert.equal(await thrown(), after)
})
