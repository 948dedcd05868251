import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fatalMessages, leavesAmidOthers, startAdverse } from '../support/adverse.ts'
import { type Child, jsonLines, type LogLine } from '../support/child.ts'
import { temporaryFolder } from '../support/folder.ts'
import { fillDisk, mountSmallDisk } from '../support/small-disk.ts'
import { until } from '../support/until.ts'

const DESCRIPTORS = 64
const NO_REPORT = 'the crash report could not be written'
const NO_TERMINATION_LOG = 'the termination log could not be written'

/** Opens connections until the server has no descriptor left. */
async function useUpDescriptors(t: TestContext, { port, pid }: Child): Promise<void> {
  for (let i = 0; i < DESCRIPTORS; i += 1) {
    const socket = net.connect(port, '127.0.0.1')
    t.after(() => socket.destroy())
    socket.on('error', () => {})
  }
  await until(() => readdirSync(`/proc/${pid}/fd`).length >= DESCRIPTORS - 1)
}

/** What the log says of what could not be written, with the code of the error. */
function troubles(lines: readonly LogLine[]): [string, string][] {
  return lines.flatMap(({ msg, err }) =>
    /^the .* could not be /.test(msg) ? [[msg, err?.code] as [string, string]] : [],
  )
}

test('no descriptor is left: the log says what could not be written', {
  skip: process.platform !== 'linux' && 'the descriptors are counted in /proc',
}, async (t) => {
  const leave = { reportDir: temporaryFolder(t), terminationLog: join(temporaryFolder(t), 'log') }
  const through = ['sh', '-c', `ulimit -n ${DESCRIPTORS}; exec "$@"`, 'sh']
  const child = await startAdverse(t, { leave }, { through })
  await leavesAmidOthers(child, { before: () => useUpDescriptors(t, child) })
  assert.deepEqual(fatalMessages(child.log()), ['the end'])
  // The answers to the others may have closed a connection before, whose descriptor serves for one of the files.
  const isThere = [readdirSync(leave.reportDir).length > 0, existsSync(leave.terminationLog)]
  assert.deepEqual(troubles(child.log()).sort(), [
    ...(isThere[0] ? [] : [[NO_REPORT, 'EMFILE']]),
    ...(isThere[1] ? [] : [[NO_TERMINATION_LOG, 'EMFILE']]),
    ['the watchdog could not be started', 'ERR_WORKER_INIT_FAILED'],
  ])
})

test('a heap of 64 MB, two thirds of it in use', async (t) => {
  const reportDir = temporaryFolder(t)
  const nodeArgs = ['--max-old-space-size=64']
  const child = await startAdverse(t, { fill: 40, leave: { reportDir } }, { nodeArgs })
  await leavesAmidOthers(child)
  assert.deepEqual([readdirSync(reportDir).length, troubles(child.log())], [1, []])
})

test('one full disk for the log, the report and the termination log: stderr has all that is lost', async (t) => {
  const folder = mountSmallDisk(t)
  if (folder === undefined) return t.skip('only root may mount a disk')
  const leave = { reportDir: folder, terminationLog: join(folder, 'termination-log') }
  const child = await startAdverse(t, { log: 'async', logFile: join(folder, 'log'), leave })
  await leavesAmidOthers(child, { before: () => fillDisk(folder) })
  const lines = jsonLines(child.stderr())
  assert.deepEqual(fatalMessages(lines), ['the end'])
  assert.deepEqual(troubles(lines), [
    [NO_REPORT, 'ENOSPC'],
    [NO_TERMINATION_LOG, 'ENOSPC'],
  ])
})

test('FIFOs where the folder of reports and the termination log should be', async (t) => {
  const folder = temporaryFolder(t)
  const leave = { reportDir: join(folder, 'reports'), terminationLog: join(folder, 'termination-log') }
  execFileSync('mkfifo', [leave.reportDir, leave.terminationLog])
  const child = await startAdverse(t, { leave })
  await leavesAmidOthers(child)
  assert.deepEqual(troubles(child.log()), [
    [NO_REPORT, 'ENOTDIR'],
    [NO_TERMINATION_LOG, 'ENXIO'],
  ])
  const { err } = child.log().find(({ msg }) => msg === NO_REPORT) as LogLine
  assert.equal(err.type, 'Error')
  assert.match(err.message, /^ENOTDIR: /)
  assert.match(err.stack, /^Error: ENOTDIR: /)
})

test('the permission model, which allows no thread and no file', {
  // Such a Node reads TypeScript in a thread.
  skip: !('typescript' in process.features) && 'this Node needs a thread for TypeScript',
}, async (t) => {
  const allowNet = process.allowedNodeEnvironmentFlags.has('--allow-net') ? ['--allow-net'] : []
  const nodeArgs = ['--permission', '--allow-fs-read=*', ...allowNet]
  const child = await startAdverse(t, { leave: { reportDir: temporaryFolder(t) } }, { nodeArgs })
  await leavesAmidOthers(child)
  assert.deepEqual(troubles(child.log()), [
    ['the watchdog could not be started', 'ERR_ACCESS_DENIED'],
    [NO_REPORT, 'ERR_ACCESS_DENIED'],
  ])
})
