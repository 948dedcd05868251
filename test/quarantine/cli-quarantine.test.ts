import assert from 'node:assert/strict'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { STATE_FILE, StateFile } from '../../src/deaths/state-file.ts'
import { runQuarantine } from '../../src/quarantine/cli-quarantine.ts'
import { temporaryFolder } from '../support/folder.ts'
import { routeState } from '../support/state.ts'

test('what the command prints of a route holds no control characters', (t) => {
  const folder = temporaryFolder(t)
  const file = new StateFile(folder, (message) => assert.fail(message))
  file.update((state) => ({ ...state, build: '1' }))
  const ask = (action: string, route?: string, reason?: string) =>
    runQuarantine({ folder, action, route, reason, asJson: false })
  ask('close', 'GET /a', 'it \x1b[31meats\x9b2J the database')
  assert.match(
    ask('list') ?? '',
    /^GET \/a {2}closed, until it is released; it \\x1b\[31meats\\x9b2J the database\n$/,
  )
  ask('release', 'GET /a')
  assert.equal(ask('list'), 'No route is closed.\n')
  file.update((state) => ({
    ...state,
    routes: { 'GET /b': routeState({ build: '1', evidence: '\x1b]0;' }) },
  }))
  assert.match(ask('list') ?? '', /^GET \/b {2}closed, .*\\x1b\]0;/)
})

test('a state that cannot be written or read is no success', (t) => {
  const folder = temporaryFolder(t)
  new StateFile(folder, (message) => assert.fail(message)).update((state) => ({
    ...state,
    build: '1',
    routes: { 'GET /a': routeState({ build: '1' }) },
  }))
  const ask = (action: string, reason?: string) =>
    runQuarantine({ folder, action, route: action === 'list' ? undefined : 'GET /a', reason, asJson: false })
  // As a disk that is read-only, also for root.
  const inTheWay = join(folder, `${STATE_FILE}.${process.pid}.tmp`)
  mkdirSync(inTheWay)
  assert.throws(() => ask('release'), /state\.json cannot be written: .*EEXIST/)
  assert.throws(() => ask('close', 'it is too dear'), /state\.json cannot be written: .*EEXIST/)
  rmSync(inTheWay, { recursive: true })
  assert.match(ask('list') ?? '', /^GET \/a {2}closed, tried after/)

  rmSync(join(folder, STATE_FILE))
  mkdirSync(join(folder, STATE_FILE))
  assert.throws(() => ask('list'), /state\.json cannot be read: .*EISDIR/)
})
