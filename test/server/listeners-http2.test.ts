import assert from 'node:assert/strict'
import { once } from 'node:events'
import http2 from 'node:http2'
import { describe, test } from 'node:test'
import { type Child, startFixture } from '../support/child.ts'
import { faults } from '../support/escapes.ts'
import { until } from '../support/until.ts'

function connect(child: Child): http2.ClientHttp2Session {
  const session = http2.connect(`http://127.0.0.1:${child.port}`)
  session.on('error', () => {})
  return session
}

interface StreamAnswer {
  readonly status: number | undefined
  readonly body: string
}

async function ask(
  session: http2.ClientHttp2Session,
  headers: http2.OutgoingHttpHeaders,
): Promise<StreamAnswer> {
  const stream = session.request(headers)
  let status: number | undefined
  let body = ''
  stream.on('response', (received) => {
    status = received[':status']
  })
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    body += chunk
  })
  stream.on('error', () => {})
  stream.end()
  await once(stream, 'close')
  return { status, body }
}

async function assertUnharmed(child: Child, others: http2.ClientHttp2Session): Promise<void> {
  assert.deepEqual(await ask(others, { ':path': '/plain' }), { status: 200, body: 'plain' })
  child.kill('SIGTERM')
  assert.deepEqual(await child.exited, [0, null])
}

describe('an HTTP/2 session', () => {
  test('whose listener throws or rejects: is ended, and no other', async (t) => {
    const child = await startFixture(t, 'server-listeners-http2', {
      env: { SESSIONS: 'none,throws,rejects' },
    })
    const others = connect(child)
    await once(others, 'remoteSettings')
    for (let i = 0; i < 2; i += 1) {
      const session = connect(child)
      await once(session, 'close')
      await until(() => faults(child).length === i + 1)
    }
    const lines = faults(child)
    assert.deepEqual(
      lines.map(({ req, fault }) => [req.url, req.remoteAddress, fault.origin, fault.verdict]),
      Array(2).fill([undefined, '127.0.0.1', 'handler', 'contain']),
    )
    await assertUnharmed(child, others)
  })

  test('from whose listener an error escapes: serves on', async (t) => {
    const child = await startFixture(t, 'server-listeners-http2', {
      env: { SESSIONS: 'floats,sets-a-timer' },
    })
    for (const [i, origin] of ['rejection', 'exception'].entries()) {
      const session = connect(child)
      await until(() => faults(child).length === i + 1)
      const { fault, req } = faults(child)[i] ?? {}
      assert.deepEqual([fault.origin, fault.attributedTo], [origin, 'context'])
      assert.deepEqual([req.url, req.remoteAddress], [undefined, '127.0.0.1'])
      assert.equal((await ask(session, { ':path': '/slow' })).body, 'slow')
      session.destroy()
    }
    await assertUnharmed(child, connect(child))
  })
})

test('a stream whose listener fails beside Fastify: Fastify answers', async (t) => {
  const child = await startFixture(t, 'server-listeners-http2')
  const session = connect(child)
  for (const [i, failure] of ['throws', 'rejects', 'floats'].entries()) {
    const path = `/stream/${failure}`
    assert.deepEqual(await ask(session, { ':path': path }), { status: 200, body: 'answered' })
    await until(() => faults(child).length === i + 1)
    assert.equal(faults(child)[i]?.req.url, path)
    assert.equal(faults(child)[i]?.fault.verdict, 'contain')
  }
  await assertUnharmed(child, session)
})

test('a CONNECT whose listener throws: 500', async (t) => {
  const child = await startFixture(t, 'server-listeners-http2')
  const session = connect(child)
  const answer = await ask(session, { ':method': 'CONNECT', ':authority': 'a:1' })
  assert.equal(answer.status, 500)
  assert.doesNotMatch(answer.body, /hunter2/)
  await until(() => faults(child).length === 1)
  assert.equal(faults(child)[0]?.req.method, 'CONNECT')
  await assertUnharmed(child, session)
})
