import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { startFixture } from '../support/child.ts'
import { ask } from '../support/client.ts'
import { temporaryFolder } from '../support/folder.ts'

test('a fatal fault while the app boots is a boot failure', async (t) => {
  const DIR = temporaryFolder(t)
  const child = await startFixture(t, 'leaving-boot', { ready: false, env: { DIR } })
  assert.deepEqual(await child.exited, [70, null])
  const leaving = child.log().find((line) => line.msg === 'leaving: the start failed')
  assert.equal(leaving?.leave.phase, 'boot')
  const [file] = readdirSync(DIR)
  assert.equal(JSON.parse(readFileSync(join(DIR, file as string), 'utf8')).phase, 'boot')
})

test('a signal that comes while the app boots ends it in order, and nothing fails', async (t) => {
  const child = await startFixture(t, 'leaving-boot', { ready: false, env: { SIGNAL: 'SIGTERM' } })
  assert.deepEqual(await child.exited, [0, null])
  assert.equal(child.log().find(({ leave }) => leave !== undefined)?.leave.phase, 'boot')
  assert.deepEqual(
    child.log().filter(({ level }) => level > 30),
    [],
  )
})

test('two instances leave by one way out: the longest deadline, and both are told and served out', async (t) => {
  const DIR = temporaryFolder(t)
  const child = await startFixture(t, 'leaving-two', { env: { DIR } })
  const slow = [ask(child.port, '/slow'), ask(child.ready.other, '/slow')]
  await child.line((line) => line.name === 'first' && line.req?.url === '/slow')
  await child.line((line) => line.name === 'second' && line.req?.url === '/slow')
  const fatal = await Promise.all([ask(child.port, '/fatal'), ask(child.ready.other, '/fatal')])
  assert.ok(fatal.some(({ status }) => status === 500))
  assert.deepEqual(
    (await Promise.all(slow)).map(({ body }) => body),
    ['second', 'first'],
  )
  assert.deepEqual(await child.exited, [70, null])
  for (const name of ['first', 'second']) {
    const lines = child.log().filter((line) => line.name === name)
    assert.equal(lines.filter((line) => line.msg === 'told').length, 1)
    assert.equal(lines.filter((line) => line.msg === 'leaving: a fault was fatal').length, 1)
    assert.equal(readdirSync(join(DIR, name)).length, 1)
  }
})

test('in a Worker thread the thread ends, and the process goes on', async (t) => {
  const child = await startFixture(t, 'leaving-worker')
  const never = ask(child.ready.inWorker, '/never')
  await child.line((line) => line.req?.url === '/never')
  assert.equal((await ask(child.ready.inWorker, '/fatal')).status, 500)
  assert.equal((await never).error, 'ECONNRESET')
  assert.equal((await child.line((line) => line.msg === 'worker exited')).code, 70)
  assert.equal((await child.ask('/ok')).body, 'ok')
})

test('in a cluster worker the worker leaves with its code', async (t) => {
  const child = await startFixture(t, 'leaving-cluster')
  const slow = child.ask('/slow')
  await child.line((line) => line.req?.url === '/slow')
  assert.equal((await child.ask('/fatal')).status, 500)
  assert.equal((await slow).body, 'slow but whole')
  assert.deepEqual(await child.exited, [0, null])
  assert.equal(child.log().find((line) => line.msg === 'worker exited')?.code, 70)
})
