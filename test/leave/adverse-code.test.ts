import assert from 'node:assert/strict'
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { fatalMessages, leavesAmidOthers, startAdverse } from '../support/adverse.ts'
import { temporaryFolder } from '../support/folder.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Node's flags for a library that does something when the first request comes. */
const atFirstRequest = (code: string): string[] => {
  const text = `
    import { subscribe, unsubscribe } from 'node:diagnostics_channel'
    const run = () => {
      unsubscribe('http.server.request.start', run)
      ${code}
    }
    subscribe('http.server.request.start', run)`
  return ['--import', `data:text/javascript,${encodeURIComponent(text)}`]
}

const ESCAPES = "setTimeout(() => { throw new Error('an escape') })"

for (const [what, code] of [
  [
    'removes all listeners all the time',
    `setInterval(() => { process.removeAllListeners('uncaughtException'); ${ESCAPES} }, 20).unref()`,
  ],
  [
    'sets a capture callback',
    `process.setUncaughtExceptionCaptureCallback(() => {}); setInterval(() => ${ESCAPES}, 20).unref()`,
  ],
] as const) {
  test(`a library that ${what}, amid escapes`, async (t) => {
    const child = await startAdverse(t, {}, { nodeArgs: atFirstRequest(code) })
    await leavesAmidOthers(child)
    assert.deepEqual(fatalMessages(child.log()), ['the end'])
  })
}

test('a polluted prototype of all objects says nothing of the way out', async (t) => {
  const code = `
    for (const name of ['path', 'reportDir', 'terminationLog', 'note', 'sick', 'cause', 'statusCode'])
      Object.prototype[name] = '/polluted'
    for (const name of ['exit', 'onLeave', 'announce']) Object.prototype[name] = () => {}
    for (const name of ['deadline', 'drainDelay']) Object.prototype[name] = 0`
  const leave = { reportDir: '/proc/nothing' }
  const child = await startAdverse(t, { leave }, { nodeArgs: atFirstRequest(code) })
  await leavesAmidOthers(child)
  assert.deepEqual(fatalMessages(child.log()), ['the end'])
  assert.ok(child.log().some(({ msg }) => msg === 'the crash report could not be written'))
})

test('two copies of different versions: one way out for the apps of both', async (t) => {
  const folder = temporaryFolder(t)
  cpSync(join(ROOT, 'src'), join(folder, 'src'), { recursive: true })
  cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'))
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  const file = join(folder, 'src/version.ts')
  const text = readFileSync(file, 'utf8')
  const edited = text.replace(/VERSION = '.*'/, "VERSION = '99.0.0'")
  assert.notEqual(edited, text)
  writeFileSync(file, edited)
  const copy = pathToFileURL(join(folder, 'src/index.ts')).href
  const child = await startAdverse(t, { copy })
  await leavesAmidOthers(child, { fatalPort: child.ready.otherPort })
  assert.deepEqual(fatalMessages(child.log()), ['the end of a copy'])
  // One in the log of each app.
  assert.equal(child.log().filter(({ msg }) => msg === 'left: exit code 70').length, 2)
})
