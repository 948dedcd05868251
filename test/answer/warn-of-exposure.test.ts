import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { IsolateOptions } from '../../src/index.ts'
import { testApp } from '../support/app.ts'

/** The warnings of an app with a route of each kind. */
async function warningsOf(t: TestContext, mode: string, isolate: IsolateOptions, ofRoute: object = {}) {
  const before = process.env.NODE_ENV
  process.env.NODE_ENV = mode
  t.after(() => {
    if (before === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = before
  })
  const { app, lines } = testApp(t, { isolate, logger: { level: 'warn' } })
  app.get('/plain', async () => 'fine')
  app.get('/one', { config: { isolate: ofRoute } }, async () => 'fine')
  await app.ready()
  return lines().map(({ level, msg }) => `${level} ${msg}`)
}

test('an app that exposes its errors in production says once what is shown to whom', async (t) => {
  const [line, ...more] = await warningsOf(t, 'production', { expose: true })
  assert.deepEqual(more, [])
  assert.match(line ?? '', /^40 .*every client that makes a route fail.*the stack.*source code/)
  assert.match(line ?? '', /`expose: process.env.NODE_ENV === 'development'`/)
})

test('the warning names the routes that are exposed', async (t) => {
  const [line] = await warningsOf(t, 'production', {}, { expose: true })
  assert.match(line ?? '', /That holds for \/one\. /)
})

test('nothing is said in development, nor where nothing is exposed', async (t) => {
  assert.deepEqual(await warningsOf(t, 'development', { expose: true }), [])
  assert.deepEqual(await warningsOf(t, 'production', {}), [])
  assert.deepEqual(
    await warningsOf(t, 'production', { expose: true }, { expose: false }).then((all) => all.length),
    1,
  )
})
