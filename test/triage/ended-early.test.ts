import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Child, startFixture } from '../support/child.ts'
import { connectRaw } from '../support/client.ts'
import { awaitFaults } from '../support/escapes.ts'
import { PROTOCOLS } from '../support/protocols.ts'

const INFO = 30

async function totalOf(child: Child): Promise<number> {
  return JSON.parse((await child.ask('/faults')).body).total
}

/** Asks on a connection that the client closes once the handler runs. */
async function leave(child: Child, path: string): Promise<void> {
  const connection = await connectRaw(child.port, `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)
  await child.line((line) => line.req?.url === path)
  connection.socket.destroy()
  await child.line((line) => line.ended === path)
}

test('what a client that left has aborted is one line at info and no fault', async (t) => {
  const child = await startFixture(t, 'client-left')
  for (const path of ['/fetch', '/floating', '/undici', '/axios', '/got', '/pipeline', '/events']) {
    await leave(child, path)
    const line = await child.line(
      (line) => line.msg?.startsWith('the client went away') && line.reqId === idOf(child, path),
    )
    assert.equal(line.level, INFO, path)
  }
  assert.equal(await totalOf(child), 0)
  assert.equal(child.log().filter((line) => line.level > INFO).length, 0)
})

test('a client that leaves while a pipelined response waits for another causes no fault', async (t) => {
  const child = await startFixture(t, 'client-left')
  const paths = ['/fetch', '/got']
  const requests = paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)
  const connection = await connectRaw(child.port, requests.join(''))
  for (const path of paths) await child.line((line) => line.req?.url === path)
  connection.socket.destroy()
  for (const path of paths) await child.line((line) => line.ended === path)
  assert.equal(await totalOf(child), 0)
  assert.equal(child.log().filter((line) => line.level > INFO).length, 0)
})

test('what is written to an HTTP/2 stream whose client has just left is no fault', async (t) => {
  const child = await startFixture(t, 'client-left', { env: { PROTOCOL: 'http2' } })
  const client = PROTOCOLS.http2(child, t)
  await client.leave('/written-late', () => child.line(({ req }) => req?.url === '/written-late'))
  await child.line((line) => line.ended === '/written-late')
  assert.equal(JSON.parse(await client.body('/faults')).total, 0)
  assert.equal(child.log().filter((line) => line.level > INFO).length, 0)
})

test('another error of a request whose client has left is a fault', async (t) => {
  const child = await startFixture(t, 'client-left')
  await leave(child, '/bug')
  const line = await child.line((line) => line.fault !== undefined)
  assert.equal(line.err.message, 'a bug after the client had left')
  assert.equal(await totalOf(child), 1)
})

test('what a handlerTimeout has aborted is no fault beside the timeout', async (t) => {
  const child = await startFixture(t, 'client-left')
  assert.equal((await child.ask('/timeout')).status, 503)
  await child.line((line) => line.ended === '/timeout')
  assert.equal(await totalOf(child), 1)
  const [fault, ...more] = await awaitFaults(child, 1)
  assert.equal(fault?.err.code, 'FST_ERR_HANDLER_TIMEOUT')
  assert.equal(more.length, 0)
})

for (const [path, message] of [
  ['/objects', /chunk/],
  ['/destroyed', /destroyed by the server/],
  ['/destroyed-and-thrown', /destroyed by the server/],
  ['/late', /timed out/i],
] as const) {
  for (const [protocol, connect] of Object.entries(PROTOCOLS)) {
    test(`a response that the server destroys with an error is one fault: ${path} over ${protocol}`, async (t) => {
      const child = await startFixture(t, 'client-left', { env: { PROTOCOL: protocol } })
      const client = connect(child, t)
      await client.ask(path)
      const line = await child.line((line) => line.fault !== undefined)
      assert.match(line.err.message, message)
      assert.equal(line.req.route, path)
      assert.equal(JSON.parse(await client.body('/faults')).total, 1)
      assert.ok(!child.log().some((line) => line.msg?.startsWith('the client went away')))
    })
  }
}

test('what a forced answer ends is no second fault', async (t) => {
  const child = await startFixture(t, 'client-left')
  assert.equal((await child.ask('/forced')).status, 500)
  assert.equal(await totalOf(child), 1)
  await awaitFaults(child, 1)
  assert.deepEqual(
    child.log().flatMap((line) => (line.err === undefined ? [] : [line.err.message])),
    ['escaped'],
  )
})

for (const name of ['forced', 'timed-out']) {
  test(`a handler that is aborted while its error handler answers costs no answer: ${name}`, async (t) => {
    const child = await startFixture(t, 'client-left')
    const answered = await child.ask(`/${name}/error-handler-answers`)
    assert.deepEqual([answered.status, answered.body], [502, 'of the error handler'])
    assert.equal(await totalOf(child), 1)
  })

  test(`an error handler that is aborted too leaves the masked answer: ${name}`, async (t) => {
    const child = await startFixture(t, 'client-left')
    const { status, body } = await child.ask(`/${name}/error-handler-aborted`)
    assert.equal(status, name === 'forced' ? 500 : 503)
    assert.equal(JSON.parse(body).statusCode, status)
    assert.equal(await totalOf(child), 1)
    await child.line(({ msg }) => msg === 'the answer to a failed request could not be made')
  })
}

test('a response that is being written is left alone, whatever escaped', async (t) => {
  const child = await startFixture(t, 'client-left')
  for (const path of ['/flowing/rejection', '/flowing/exception']) {
    const answer = await child.ask(path)
    assert.equal(answer.error, undefined, path)
    assert.equal(answer.body, 'x'.repeat(20))
  }
  assert.equal(await totalOf(child), 2)
})

test('a response to which nothing was written for the whole grace is cut', async (t) => {
  const child = await startFixture(t, 'client-left')
  const answer = await child.ask('/stuck')
  assert.equal(answer.status, 200)
  assert.notEqual(answer.error, undefined)
})

function idOf(child: Child, path: string): string {
  return child.log().find((line) => line.req?.url === path)?.reqId
}
