import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { jsonLines, startFixture } from '../support/child.ts'
import { temporaryFolder } from '../support/folder.ts'

for (const FAILS of [
  'a plugin that throws',
  'a plugin whose callback throws',
  'an onReady hook whose callback throws',
  'a plugin that rejects',
]) {
  test(`${FAILS} while it boots: nothing is waited for, and one fatal line says why`, async (t) => {
    // Fastify itself gives up on a plugin after 10 s, the deadline is a minute.
    const child = await startFixture(t, 'failing-boot', { ready: false, env: { FAILS }, lifetime: 9_000 })
    assert.deepEqual(await child.exited, [70, null])
    const log = child.log()
    assert.deepEqual(
      log.map(({ level, msg }) => [level, msg.replace(/: .*/, '')]),
      [
        [60, 'the start failed'],
        [40, 'leaving'],
        [40, 'left'],
      ],
    )
    assert.equal(log[1]?.msg, 'leaving: the start failed')
    assert.equal(log[1]?.leave.phase, 'boot')
  })
}

/** Before Fastify loads the plugin, its app is not known. */
const BEFORE_LOAD = [
  'a ping that is awaited after register()',
  'a ping that floats after register()',
  'a timer after register()',
]
for (const FAILS of [
  ...BEFORE_LOAD,
  'a ping that floats while the plugins load',
  'a ping that is awaited between ready() and listen()',
  'a ping that floats between ready() and listen()',
]) {
  for (const LOGGER of ['yes', 'no']) {
    test(`${FAILS} ends with 70, one line and a report, with a logger: ${LOGGER}`, async (t) => {
      const DIR = temporaryFolder(t)
      const child = await startFixture(t, 'failing-start', { ready: false, env: { FAILS, LOGGER, DIR } })
      assert.deepEqual(await child.exited, [70, null])
      const isOnStderr = LOGGER === 'no' || BEFORE_LOAD.includes(FAILS)
      const lines = jsonLines(isOnStderr ? child.stderr() : child.stdout())
      const [line, ...more] = lines.filter(({ fault }) => fault !== undefined)
      assert.deepEqual(more, [])
      assert.equal(line?.level, 60)
      assert.equal(line.err.message, 'the database does not answer')
      assert.equal(line.fault.verdict, 'fatal')
      assert.equal(line.phase, 'boot')
      const [name = '', ...others] = readdirSync(DIR)
      assert.deepEqual(others, [])
      const report = JSON.parse(readFileSync(join(DIR, name), 'utf8'))
      assert.deepEqual([report.phase, report.exitCode, report.fault.id], ['boot', 70, line.fault.id])
    })
  }
}

for (const FAILS of [
  'a FatalError that is thrown at top level',
  'a FatalError that is thrown once the plugin has loaded',
  'a FatalError of an onReady hook',
]) {
  test(`${FAILS} ends with 70, a report and a termination message`, async (t) => {
    const DIR = temporaryFolder(t)
    const TERMINATION_LOG = join(temporaryFolder(t), 'termination-log')
    const env = { FAILS, DIR, TERMINATION_LOG }
    const child = await startFixture(t, 'failing-start', { ready: false, env })
    assert.deepEqual(await child.exited, [70, null])
    assert.equal(readdirSync(DIR).length, 1)
    const message = readFileSync(TERMINATION_LOG, 'utf8')
    assert.match(message, /^fatal fault while booting: FatalError: no database\nat .*, exit code 70\n/)
  })
}

test('an app whose boot failed is gone: no memory, no listener, and it does not leave once more', async (t) => {
  const child = await startFixture(t, 'failing-boots', { ready: false, nodeArgs: ['--expose-gc'] })
  assert.deepEqual(await child.exited, [0, null])
  const { before, after, inMemory, left } = await child.line(({ msg }) => msg === 'exit')
  assert.deepEqual(after, before)
  // The last one may still be held by what runs.
  assert.ok(inMemory <= 1, `${inMemory} of 20 apps`)
  assert.equal(left, 1)
  assert.equal(child.log().filter(({ msg }) => msg === 'left: exit code 0').length, 1)
})
