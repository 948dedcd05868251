import assert from 'node:assert/strict'
import { openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { temporaryFolder } from '../support/folder.ts'
import { startLeaving } from '../support/leaving.ts'

const LINES = 1500
/** More than a pipe holds: 1 500 lines of 300 bytes. */
const LOGGERS = ['sync', 'async', 'held', 'transport', 'pretty', 'custom']

function assertWhole(text: string): void {
  const found = new Set(Array.from(text.matchAll(/"?\bline (\d+)/g), (match) => match[1]))
  assert.equal(found.size, LINES)
  assert.match(text, /nothing works any more/)
  const last = text.trimEnd().split('\n')
  assert.ok(
    last.slice(-10).some((line) => line.includes('left: exit code 70')),
    last.slice(-10).join('\n'),
  )
}

for (const logger of LOGGERS) {
  test(`${logger}: every line is on its destination before the exit`, { concurrency: true }, async (t) => {
    const cases: Promise<unknown>[] = []
    cases.push(
      t.test('stdout is a pipe', async (t) => {
        const child = await startLeaving(t, { logger })
        await child.ask(`/log?lines=${LINES}`)
        assert.equal((await child.ask('/fatal')).status, 500)
        assert.deepEqual(await child.exited, [70, null])
        assertWhole(child.stdout())
      }),
    )

    cases.push(
      t.test('stdout is a file', async (t) => {
        const path = join(temporaryFolder(t), 'log')
        const child = await startLeaving(t, { logger, ready: 'stderr' }, { stdout: openSync(path, 'w') })
        await child.ask(`/log?lines=${LINES}`)
        assert.equal((await child.ask('/fatal')).status, 500)
        assert.deepEqual(await child.exited, [70, null])
        assertWhole(readFileSync(path, 'utf8'))
      }),
    )

    cases.push(
      t.test('stdout is a pipe that nobody reads for a second', async (t) => {
        const child = await startLeaving(t, { logger, ready: 'stderr' }, { stdout: 'unread' })
        const answers = [child.ask(`/log?lines=${LINES}`), child.ask('/fatal')]
        await sleep(1000)
        child.readStdout()
        await Promise.all(answers)
        assert.deepEqual(await child.exited, [70, null])
        assertWhole(child.stdout())
      }),
    )
    await Promise.all(cases)
  })
}

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
