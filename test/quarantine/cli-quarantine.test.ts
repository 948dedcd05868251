import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StateFile } from '../../src/deaths/state-file.ts'
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
