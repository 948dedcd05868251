import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  DEATHS_KEPT,
  EMPTY_STATE,
  LARGEST_STATE,
  LIVES_KEPT,
  ROUTES_KEPT,
  type State,
} from '../../src/deaths/state.ts'
import { STATE_FILE, StateFile } from '../../src/deaths/state-file.ts'
import { startFixture } from '../support/child.ts'
import { temporaryFolder } from '../support/folder.ts'
import { fillDisk, mountSmallDisk } from '../support/small-disk.ts'
import { death, life, routeState } from '../support/state.ts'

const FULL: State = {
  version: 1,
  build: '1.0.0',
  deaths: [death(), death({ id: 'other', listenedAt: undefined, culprit: 'GET /a' })],
  routes: {
    'GET /a': routeState({ trial: { by: 'host-12-1000', until: 9_000 } }),
    'GET /b': routeState({ status: 'released', until: undefined }),
  },
  lives: [life(), life({ how: 'signal', listenedAt: 1_100, endedAt: undefined })],
  addresses: [{ host: '127.0.0.1', port: 3_000 }, { path: '/run/app.sock' }],
}

function open(folder: string): { file: StateFile; warnings: string[] } {
  const warnings: string[] = []
  const file = new StateFile(folder, (message, error) => {
    assert.ok(error instanceof Error)
    warnings.push(message)
  })
  return { file, warnings }
}

const addLife =
  (id: string) =>
  (state: State): State => ({ ...state, lives: [...state.lives, life({ id })] })

const idsOf = (state: State): string[] => state.lives.map(({ id }) => id)

test('what one process writes the next one reads, from a private file', (t) => {
  const folder = join(temporaryFolder(t), 'made', 'on', 'demand')
  const { file, warnings } = open(folder)
  assert.deepEqual(file.read(), EMPTY_STATE)
  assert.deepEqual(
    file.update(() => FULL),
    FULL,
  )
  assert.deepEqual(JSON.parse(JSON.stringify(open(folder).file.read())), JSON.parse(JSON.stringify(FULL)))
  assert.equal(statSync(join(folder, STATE_FILE)).mode & 0o777, 0o600)
  assert.equal(statSync(folder).mode & 0o777, 0o700)
  assert.deepEqual(readdirSync(folder), [STATE_FILE])
  const before = statSync(join(folder, STATE_FILE)).ino
  file.update((state) => state)
  assert.equal(statSync(join(folder, STATE_FILE)).ino, before, 'no change writes nothing')
  assert.deepEqual(warnings, [])
})

test('a state that cannot be read is empty, which is said once, and is replaced', (t) => {
  const whole = JSON.stringify(FULL)
  const wrong = {
    'half written': whole.slice(0, whole.length / 2),
    empty: '',
    'no object': '[]',
    later: JSON.stringify({ ...FULL, version: 2 }),
    'without lives': JSON.stringify({ ...FULL, lives: undefined }),
    'a death without a cause': whole.replaceAll('"sudden"', '"unknown"'),
    'a route with a wrong status': whole.replace('"released"', '"ajar"'),
    'a share that is a text': whole.replaceAll('"GET /a":0.5', '"GET /a":"0.5"'),
    'a time that no date shows': whole.replace('"since":', '"since":9e99,"was":'),
    'too large': `${whole}${' '.repeat(2 * LARGEST_STATE)}`,
  }
  for (const [what, text] of Object.entries(wrong)) {
    const folder = temporaryFolder(t)
    writeFileSync(join(folder, STATE_FILE), text)
    const { file, warnings } = open(folder)
    assert.deepEqual(file.read(), EMPTY_STATE, what)
    file.read()
    file.update(addLife('a'))
    assert.deepEqual(idsOf(open(folder).file.read()), ['a'], what)
    assert.equal(warnings.length, 1, what)
    assert.match(warnings[0] as string, /state\.json cannot be read: what was known of .* is forgotten/)
  }
})

test('a state is bounded: the oldest goes first', (t) => {
  const folder = temporaryFolder(t)
  const { file } = open(folder)
  const many = (count: number): string[] => Array.from({ length: count }, (_, n) => String(n))
  file.update((state) => ({
    ...state,
    deaths: many(DEATHS_KEPT + 5).map((id) => death({ id })),
    lives: many(LIVES_KEPT + 5).map((id) => life({ id })),
    routes: Object.fromEntries(
      many(ROUTES_KEPT + 5).map((name) => [name, routeState({ since: -Number(name) })]),
    ),
  }))
  const kept = file.read()
  assert.deepEqual(
    [kept.deaths.length, kept.deaths[0]?.id, kept.lives.length, kept.lives[0]?.id],
    [DEATHS_KEPT, '5', LIVES_KEPT, '5'],
  )
  assert.equal(Object.keys(kept.routes).length, ROUTES_KEPT)
  assert.ok(!(String(ROUTES_KEPT + 4) in kept.routes), 'the route that changed first is dropped')

  const large = Object.fromEntries(many(6_000).map((name) => [`GET /${'x'.repeat(20)}/${name}`, 0.5]))
  file.update((state) => ({
    ...state,
    deaths: many(DEATHS_KEPT).map((id) => death({ id, presence: large })),
  }))
  const { deaths } = file.read()
  assert.equal(deaths.at(-1)?.id, String(DEATHS_KEPT - 1))
  assert.ok(deaths.length < DEATHS_KEPT)
  assert.ok(statSync(join(folder, STATE_FILE)).size <= LARGEST_STATE)
})

/** What a disk that refuses must not stop: warns once, and remembers in memory. */
function holdsInMemory(folder: string, known: string[]): void {
  const { file, warnings } = open(folder)
  file.update(addLife('a'))
  file.update(addLife('b'))
  assert.deepEqual(idsOf(file.read()), [...known, 'a', 'b'])
  assert.equal(warnings.length, 1)
  assert.match(warnings[0] as string, /state\.json cannot be written: what this process learns is forgotten/)
}

test('a folder that cannot be made, and one that is gone meanwhile', (t) => {
  holdsInMemory('/proc/none/state', [])
  const folder = join(temporaryFolder(t), 'state')
  const { file, warnings } = open(folder)
  file.update(addLife('a'))
  rmSync(folder, { recursive: true })
  assert.deepEqual(file.read(), EMPTY_STATE)
  file.update(addLife('b'))
  assert.deepEqual(idsOf(open(folder).file.read()), ['b'])
  assert.deepEqual(warnings, [])
})

test('a full disk and a read-only disk cost a warning, and leave the old state and nothing else', (t) => {
  const folder = mountSmallDisk(t)
  if (folder === undefined) {
    t.skip('only root may mount a disk')
    return
  }
  open(folder).file.update(addLife('old'))
  fillDisk(folder)
  holdsInMemory(folder, ['old'])
  assert.deepEqual(readdirSync(folder).sort(), ['filler', STATE_FILE])
  assert.deepEqual(idsOf(open(folder).file.read()), ['old'])
  rmSync(join(folder, 'filler'))
  execFileSync('mount', ['-o', 'remount,ro', folder])
  holdsInMemory(folder, ['old'])
})

test('what root changes belongs to the owner of the folder', (t) => {
  if (process.getuid?.() !== 0) {
    t.skip('only root may give a folder away')
    return
  }
  const folder = temporaryFolder(t)
  chownSync(folder, 1_234, 5_678)
  open(folder).file.update(addLife('a'))
  const { uid, gid, mode } = statSync(join(folder, STATE_FILE))
  assert.deepEqual([uid, gid, mode & 0o777], [1_234, 5_678, 0o600])
})

test('a lock that its process left behind is taken, and what it had begun to write is removed', (t) => {
  const dead = 2 ** 22 + 1
  const old = new Date(Date.now() - 60_000)
  const locks: [string, string, Date?][] = [
    ['a process that is gone', `${dead} 0 ${hostname()} x`],
    ['an earlier process with the id of this one', `${process.pid} 0 ${hostname()} x`],
    ['a process of another host, long ago', '1 0 other-host x', old],
    ['one that died before it had written its name', '', old],
  ]
  for (const [what, text, at] of locks) {
    const folder = temporaryFolder(t)
    const lock = join(folder, `${STATE_FILE}.lock`)
    writeFileSync(lock, text)
    writeFileSync(join(folder, `${STATE_FILE}.${dead}.tmp`), '{')
    // A process may die while it removes a stale lock.
    writeFileSync(`${lock}.break`, '')
    utimesSync(`${lock}.break`, old, old)
    if (at !== undefined) utimesSync(lock, at, at)
    const { file, warnings } = open(folder)
    file.update(addLife('a'))
    assert.deepEqual(readdirSync(folder), [STATE_FILE], what)
    assert.deepEqual(warnings, [], what)
  }
})

test('a lock that nobody can remove holds a process up for seconds, and not for ever', async (t) => {
  const folder = temporaryFolder(t)
  const lock = join(folder, `${STATE_FILE}.lock`)
  // As that of another user, in a folder in which only the owner of a file may remove it.
  mkdirSync(lock)
  utimesSync(lock, new Date(0), new Date(0))
  const child = await startFixture(t, 'state-writer', { env: { DIR: folder, NAME: 'a', COUNT: '3' } })
  assert.deepEqual(await child.exited, [0, null])
  assert.deepEqual(
    child.log().map(({ error }) => error),
    [`Error: other processes hold ${lock}`],
  )
})

test('a process that lost its lock while it slept writes again, on top of what the others wrote', (t) => {
  const folder = temporaryFolder(t)
  const [{ file }, other] = [open(folder), open(folder)]
  let calls = 0
  file.update((state) => {
    calls += 1
    if (calls === 1) {
      const old = new Date(Date.now() - 60_000)
      utimesSync(join(folder, `${STATE_FILE}.lock`), old, old)
      other.file.update(addLife('other'))
    }
    return addLife('own')(state)
  })
  assert.deepEqual([calls, idsOf(file.read())], [2, ['other', 'own']])
})

test('a link that somebody planted is not written through', (t) => {
  const folder = temporaryFolder(t)
  const victim = join(temporaryFolder(t), 'victim')
  writeFileSync(victim, 'untouched')
  symlinkSync(victim, join(folder, STATE_FILE))
  open(folder).file.update(addLife('a'))
  assert.equal(readFileSync(victim, 'utf8'), 'untouched')
})

test('processes that change it at once lose nothing, and one that is killed stops nobody', async (t) => {
  const folder = temporaryFolder(t)
  mkdirSync(folder, { recursive: true })
  const start = (NAME: string, env: Record<string, string> = {}) =>
    startFixture(t, 'state-writer', { env: { DIR: folder, NAME, ...env } })
  const endless = await start('endless')
  const writers = await Promise.all(['a', 'b'].map((name) => start(name, { COUNT: '60' })))
  endless.kill()
  assert.deepEqual(
    await Promise.all(writers.map(({ exited }) => exited)),
    writers.map(() => [0, null]),
  )
  assert.deepEqual(
    writers.flatMap((writer) => writer.log()),
    [],
  )
  const names = Object.keys(open(folder).file.read().routes)
  for (const name of ['a', 'b']) {
    assert.equal(names.filter((route) => route.startsWith(`GET /${name}/`)).length, 60, name)
  }
})
