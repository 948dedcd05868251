import assert from 'node:assert/strict'
import { openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { temporaryFolder } from './folder.ts'
import { startLeaving } from './leaving.ts'

/** More than a pipe holds: 1 500 lines of 300 bytes. */
export const LINES = 1500

/** Fails unless a log has all its lines, and among the last that the process has left. */
export function assertWhole(text: string): void {
  const found = new Set(Array.from(text.matchAll(/"?\bline (\d+)/g), (match) => match[1]))
  assert.equal(found.size, LINES)
  assert.match(text, /nothing works any more/)
  const last = text.trimEnd().split('\n')
  assert.ok(
    last.slice(-10).some((line) => line.includes('left: exit code 70')),
    last.slice(-10).join('\n'),
  )
}

/** Tests a logger of the fixture `leaving` on every kind of stdout. */
export function testFlush(logger: string): void {
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
