import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { WebSocket } from 'ws'
import { jsonLines, startFixture } from '../support/child.ts'
import { connectRaw } from '../support/client.ts'
import { temporaryFolder } from '../support/folder.ts'
import { until } from '../support/until.ts'

// The fixture's deadline is a minute, and a forgotten one is killed after 30 s: only a way out that needs none of it ends.

const ORDER = ['preClose: with a callback', 'preClose: one that fails', 'preClose: of a child', 'onClose']

test('preClose hooks run once, when the server stops accepting; in flight finishes, then onClose runs', async (t) => {
  const child = await startFixture(t, 'leaving-open')
  const events = child.ask('/events')
  const slow = child.ask('/slow')
  await child.line((line) => line.req?.url === '/events')
  await child.line((line) => line.req?.url === '/slow')
  child.kill('SIGTERM')
  const ended = await events
  assert.deepEqual([ended.body, ended.error], ['hello bye', undefined])
  assert.equal((await slow).body, 'slow but whole')
  assert.deepEqual(await child.exited, [0, null])
  const messages = child.log().map(({ msg }) => msg)
  assert.deepEqual(
    messages.filter((message) => ORDER.includes(message)),
    ORDER,
  )
  const completed = messages.lastIndexOf('request completed')
  assert.ok(messages.indexOf('preClose: of a child') < completed && completed < messages.indexOf('onClose'))
  const failed = child.log().filter(({ err }) => err?.message === 'this hook fails')
  assert.deepEqual(
    failed.map(({ msg, level }) => [msg, level]),
    [['a preClose hook failed', 50]],
  )
  assert.ok(!messages.some((message) => / cut at the deadline/.test(message)))
})

test('an app that closes itself while the process leaves has its hooks run once too', async (t) => {
  const child = await startFixture(t, 'leaving-open', { env: { ON_LEAVE: 'close' } })
  const slow = child.ask('/slow')
  await child.line((line) => line.req?.url === '/slow')
  child.kill('SIGTERM')
  assert.equal((await slow).body, 'slow but whole')
  assert.deepEqual(await child.exited, [0, null])
  const messages = child.log().map(({ msg }) => msg)
  assert.deepEqual(
    messages.filter((message) => ORDER.includes(message)),
    ORDER,
  )
})

test('a preClose hook that never ends is left at the deadline, and the others and onClose run', async (t) => {
  const child = await startFixture(t, 'leaving-open', { env: { HANG: 'yes', DEADLINE: '500' } })
  child.kill('SIGTERM')
  assert.deepEqual(await child.exited, [0, null])
  const messages = child.log().map(({ msg }) => msg)
  assert.deepEqual(
    messages.filter((message) => ORDER.includes(message)),
    ORDER,
  )
})

for (const [kind, heard] of Object.entries({ plugin: [], goodbye: ['goodbye'], ws: [] })) {
  test(`an open WebSocket is closed with 1001 when the process stops accepting (${kind})`, async (t) => {
    const child = await startFixture(t, 'leaving-open', { env: { WEB_SOCKETS: kind } })
    const socket = new WebSocket(`ws://127.0.0.1:${child.port}/socket`)
    const messages: string[] = []
    socket.on('message', (message) => messages.push(String(message)))
    await once(socket, 'open')
    await child.line((line) => line.msg === 'a WebSocket is open')
    child.kill('SIGTERM')
    const [code] = await once(socket, 'close')
    assert.equal(code, 1001)
    assert.deepEqual(messages, heard)
    assert.deepEqual(await child.exited, [0, null])
    assert.ok(!child.log().some((line) => line.leave?.cut))
  })
}

test('a WebSocket whose client never says goodbye is cut at the deadline', async (t) => {
  const child = await startFixture(t, 'leaving-open', { env: { DEADLINE: '500' } })
  const silent = await connectRaw(
    child.port,
    'GET /socket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n',
  )
  await child.line((line) => line.msg === 'a WebSocket is open')
  child.kill('SIGTERM')
  await silent.closed
  assert.deepEqual(await child.exited, [0, null])
  assert.ok(child.log().some((line) => line.leave?.cut?.length === 1))
})

test('`node --watch` starts the app anew with an open WebSocket', async (t) => {
  const watched = join(temporaryFolder(t), 'watched.mjs')
  writeFileSync(watched, '// once\n')
  const child = await startFixture(t, 'leaving-open', { nodeArgs: ['--watch'], env: { WATCHED: watched } })
  const socket = new WebSocket(`ws://127.0.0.1:${child.port}/socket`)
  await once(socket, 'open')
  writeFileSync(watched, '// and again\n')
  const [code] = await once(socket, 'close')
  assert.equal(code, 1001)
  const started = () => jsonLines(child.stdout()).filter((line) => line.ready === true)
  await until(() => started().length === 2)
  assert.notEqual(started()[1]?.pid, started()[0]?.pid)
  child.kill('SIGTERM')
  await child.exited
})
