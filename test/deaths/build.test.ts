import assert from 'node:assert/strict'
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { buildOf } from '../../src/deaths/build.ts'
import { temporaryFolder } from '../support/folder.ts'

test('a build is what the user or the platform says, else the version and the newest code', (t) => {
  const folder = temporaryFolder(t)
  const write = (path: string, at: string, text = ''): void => {
    writeFileSync(join(folder, path), text)
    utimesSync(join(folder, path), new Date(at), new Date(at))
  }
  for (const name of ['src', 'src/routes', 'src/node_modules', 'src/.cache']) mkdirSync(join(folder, name))
  write('package.json', '2026-01-01', '{"version":"1.2.3"}')
  write('src/server.js', '2026-02-01')
  write('src/routes/users.ts', '2026-03-01')
  const source = { env: {}, main: join(folder, 'src/server.js'), folder: '/' }
  const build = '1.2.3+2026-03-01T00:00:00.000Z'
  assert.equal(buildOf(undefined, source), build)

  write('src/state.json', '2026-04-01')
  write('src/app.log', '2026-04-01')
  write('src/node_modules/index.js', '2026-04-01')
  write('src/.cache/index.js', '2026-04-01')
  assert.equal(buildOf(undefined, source), build, 'what the app writes is no release')

  const cli = { ...source, main: '/usr/lib/node_modules/fastify-cli/cli.js', folder }
  assert.equal(buildOf(undefined, cli), build)
  assert.equal(buildOf(undefined, { ...source, env: { SOURCE_VERSION: '', K_REVISION: 'app-7' } }), 'app-7')
  assert.equal(buildOf('mine', { ...source, env: { SOURCE_VERSION: 'abc' } }), 'mine')
  assert.match(buildOf(undefined, { env: {}, main: undefined, folder: '/none' }), /^0\.0\.0\+1970-/)
  assert.equal(buildOf(undefined), buildOf(undefined), 'of this process')
})
