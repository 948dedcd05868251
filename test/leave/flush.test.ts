import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { assertWhole, LINES, testFlush } from '../support/flushed.ts'
import { temporaryFolder } from '../support/folder.ts'
import { startLeaving } from '../support/leaving.ts'

for (const logger of ['sync', 'async', 'held']) testFlush(logger)

test('a destination of its own, not stdout', async (t) => {
  const logFile = join(temporaryFolder(t), 'log')
  for (const logger of ['sync', 'async', 'transport']) {
    const path = `${logFile}-${logger}`
    const child = await startLeaving(t, { logger, logFile: path })
    await child.ask(`/log?lines=${LINES}`)
    await child.ask('/fatal')
    assert.deepEqual(await child.exited, [70, null])
    assertWhole(readFileSync(path, 'utf8'))
  }
})

test('logger: false still says on stderr what was fatal', async (t) => {
  const child = await startLeaving(t, { logger: 'off' })
  assert.equal((await child.ask('/fatal')).status, 500)
  assert.deepEqual(await child.exited, [70, null])
  assert.match(child.stderr(), /nothing works any more/)
})
