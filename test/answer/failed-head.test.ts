import assert from 'node:assert/strict'
import http2 from 'node:http2'
import { PassThrough } from 'node:stream'
import { describe, it, type TestContext } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { MASKED, testApp } from '../support/app.ts'
import { connectRaw } from '../support/client.ts'

/** Node refuses a character beyond Latin-1 in a header, after it has prepared a head without a body. */
const REFUSED = 'deleted – for ever'

function install(app: FastifyInstance): void {
  app.get('/fine', async () => 'fine')
  for (const status of [204, 304]) {
    app.get(`/reply/${status}`, async (_request, reply) => {
      reply.code(status).header('x-note', REFUSED)
    })
    app.get(`/raw/${status}`, (_request, reply) => {
      reply.hijack()
      reply.raw.writeHead(status, { 'x-note': REFUSED })
    })
  }
  app.get('/name', async (_request, reply) => {
    reply.code(204).header('x note', 'a name that HTTP/2 refuses too')
  })
  app.get('/trailers', async (_request, reply) => {
    reply.code(204).trailer('x-end', async () => 'end')
    reply.header('x-note', REFUSED)
  })
}

/** The answers on one connection that carries two requests at once. */
async function pipelined(t: TestContext, path: string): Promise<string> {
  const test = testApp(t)
  install(test.app)
  const get = (target: string, headers = '') => `GET ${target} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`
  const connection = await connectRaw(await test.listen(), get(path) + get('/fine', 'Connection: close\r\n'))
  await connection.closed
  return connection.received()
}

describe('a status without a body whose head Node refuses becomes a whole 500', () => {
  for (const path of ['/reply/204', '/reply/304', '/raw/204', '/raw/304', '/trailers', '/name']) {
    it(`on HTTP/1, and the next answer of the connection is whole too: ${path}`, async (t) => {
      const received = await pipelined(t, path)
      const [, head, length, rest] =
        /^(HTTP\/1\.1 500 Internal Server Error\r\n(?:.*\r\n)*?content-length: (\d+)\r\n(?:.*\r\n)*?\r\n)([\s\S]*)$/i.exec(
          received,
        ) ?? []
      assert.ok(head, received)
      const { requestId, ...body } = JSON.parse((rest as string).slice(0, Number(length)))
      assert.deepEqual(body, MASKED)
      assert.match(requestId, /^req-/)
      assert.match((rest as string).slice(Number(length)), /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nfine$/)
    })
  }

  it('on HTTP/2', async (t) => {
    const test = testApp(t, { fastify: { http2: true } as object })
    install(test.app)
    const session = http2.connect(`http://127.0.0.1:${await test.listen()}`)
    t.after(() => session.destroy())
    const stream = session.request({ ':path': '/name' })
    let body = ''
    let status: unknown
    stream.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
    stream.once('response', (headers) => (status = headers[':status']))
    await new Promise((resolve, reject) => stream.once('end', resolve).once('error', reject))
    assert.equal(status, 500)
    const { requestId: _id, ...masked } = JSON.parse(body)
    assert.deepEqual(masked, MASKED)
  })
})

it('a stream whose head Node refuses is one fault, and ended', async (t) => {
  const { app, ask, faults } = testApp(t)
  const body = new PassThrough()
  const closed = new Promise((resolve) => body.once('close', resolve))
  app.get('/stream', async (_request, reply) => {
    reply.header('x-note', REFUSED)
    return body
  })
  assert.equal((await ask('/stream')).status, 500)
  await closed
  await new Promise(setImmediate)
  assert.equal(faults.length, 1)
})
