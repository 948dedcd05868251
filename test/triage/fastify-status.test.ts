import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { createGunzip } from 'node:zlib'
import createError from 'http-errors'
import { testApp } from '../support/app.ts'

const SECRET = 'a secret'
const failsWith = (error: unknown): Readable =>
  Readable.from(
    (async function* () {
      yield Buffer.from('{')
      throw error
    })(),
  )

const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"a":1}' } as const

test('a bug in a body that a preParsing hook returns is a fault, though Fastify puts a 400 on it', async (t) => {
  const { app, ask, faults } = testApp(t)
  const preParsing = {
    promise: async () => failsWith(new TypeError(SECRET)),
    callback: (
      _request: unknown,
      _reply: unknown,
      _payload: unknown,
      done: (e: null, body: Readable) => void,
    ) => done(null, failsWith(new TypeError(SECRET))),
  }
  for (const [name, hook] of Object.entries(preParsing)) {
    app.post(`/${name}`, { preParsing: hook as never }, async () => 'fine')
    app.post(
      `/${name}-branded`,
      { preParsing: hook as never, config: { isolate: { expected: 'branded' } } },
      () => '',
    )
  }
  for (const path of ['/promise', '/callback', '/promise-branded', '/callback-branded']) {
    const { status, body } = await ask(path, post)
    assert.equal(status, 500, path)
    assert.ok(!body.includes(SECRET), path)
  }
  assert.deepEqual(
    faults.map(({ error }) => (error as Error).message),
    Array(4).fill(SECRET),
  )
})

test('a status that the stream itself gave its error is the app’s word, and bad data is the client’s', async (t) => {
  const { app, ask, faults } = testApp(t)
  const bodies: [string, () => Readable][] = [
    ['own', () => failsWith(Object.assign(new Error('too long'), { statusCode: 413 }))],
    ['http-error', () => failsWith(createError(422, 'unfit'))],
    ['gzip', () => Readable.from([Buffer.from('no gzip')]).pipe(createGunzip())],
  ]
  for (const [name, make] of bodies) {
    app.post(`/${name}`, { preParsing: async () => make() as never }, async () => 'fine')
  }
  assert.equal((await ask('/own', post)).status, 413)
  assert.equal((await ask('/http-error', post)).status, 422)
  const { status, body } = await ask('/gzip', post)
  assert.equal(status, 400)
  assert.match(body, /incorrect header check/)
  assert.deepEqual(faults, [])
})
