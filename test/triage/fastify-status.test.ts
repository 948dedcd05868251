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

test('a bug in an asynchronous validator is a fault, though Fastify puts a 400 on it', async (t) => {
  const looksUp = { keyword: 'looksUp', async: true, validate: async () => Promise.reject(new Error(SECRET)) }
  const { app, ask, faults } = testApp(t, { fastify: { ajv: { customOptions: { keywords: [looksUp] } } } })
  const rejects = (error: unknown) => ({
    schema: { body: {} },
    validatorCompiler: () => (async () => Promise.reject(error)) as never,
  })
  class SchemaValidationError extends Error {}
  const answers = new Map<string, unknown>([
    ['zod', Object.assign(new Error('unfit'), { name: 'ZodError' })],
    ['own-class', new SchemaValidationError('unfit')],
    ['status', Object.assign(new Error('unfit'), { statusCode: 400 })],
  ])
  app.post('/rejects', rejects(new TypeError(SECRET)), () => 'fine')
  for (const [path, error] of answers) app.post(`/${path}`, rejects(error), () => 'fine')
  const error = new Error('unfit')
  app.post('/returns', { schema: { body: {} }, validatorCompiler: () => () => ({ error }) }, () => 'fine')
  // Ajv: a keyword that looks something up, and one that finds the data wrong
  const content = { 'application/json': { schema: { $async: true, looksUp: true, type: 'object' } } }
  app.post('/keyword', { schema: { body: { content } } }, () => 'fine')
  app.post('/wrong', { schema: { body: { $async: true, type: 'array' } } }, () => 'fine')
  app.post('/fine', { schema: { body: { $async: true, type: 'object' } } }, () => 'fine')
  app.post('/none', { schema: { body: {} }, validatorCompiler: () => undefined as never }, () => 'fine')
  const noContent = { 'application/json': { schema: {} } }
  app.post(
    '/none-of-type',
    { schema: { body: { content: noContent } }, validatorCompiler: () => null as never },
    () => 'fine',
  )
  // a validator of its own that says by a property what is wrong, as Fastify documents
  const errors = [{ instancePath: '/a', message: 'must be b' }]
  app.post(
    '/errors',
    { schema: { body: {} }, validatorCompiler: () => Object.assign(() => false, { errors }) as never },
    () => 'fine',
  )

  for (const path of ['/rejects', '/keyword']) {
    const { status, body } = await ask(path, post)
    assert.equal(status, 500, path)
    assert.ok(!body.includes(SECRET), path)
  }
  assert.deepEqual(
    faults.map(({ error }) => (error as Error).message),
    [SECRET, SECRET],
  )
  for (const path of [...answers.keys(), 'returns']) {
    const { status, body } = await ask(`/${path}`, post)
    assert.equal(status, 400, path)
    assert.match(body, /unfit/)
  }
  assert.match((await ask('/errors', post)).body, /body\/a must be b/)
  assert.equal((await ask('/wrong', post)).status, 400)
  for (const path of ['/fine', '/none', '/none-of-type']) assert.equal((await ask(path, post)).status, 200)
  assert.equal(faults.length, 2)
})
