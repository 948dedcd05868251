import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testApp } from '../support/app.ts'
import { type FixtureOptions, startFixture } from '../support/child.ts'

/** Since Node 25 the permission model holds for the network too. */
const ALLOW_NET: string[] = process.allowedNodeEnvironmentFlags.has('--allow-net') ? ['--allow-net'] : []

const CASES: Record<string, FixtureOptions & { warning: RegExp; skip?: boolean }> = {
  'a Worker thread': { env: { WHERE: 'thread' }, warning: /this is a Worker thread/ },
  'a Node that has changed its own parts': {
    env: { WHERE: 'renamed' },
    warning: /does not have the process\._fatalException where it was/,
  },
  'a process whose threads may not reach the inspector': {
    nodeArgs: ['--permission', '--allow-worker', '--allow-fs-read=*', ...ALLOW_NET],
    warning: /the permission model keeps threads from the inspector/,
    // such a Node reads TypeScript in a thread
    skip: !('typescript' in process.features),
  },
  'a process that may start no thread': {
    nodeArgs: ['--permission', '--allow-inspector', '--allow-fs-read=*', ...ALLOW_NET],
    warning: /the thread that watches could not be started/,
    skip: !process.allowedNodeEnvironmentFlags.has('--allow-inspector'),
  },
}

for (const [where, { warning, skip = false, ...options }] of Object.entries(CASES)) {
  test(`it warns, and serves, in ${where}`, { skip }, async (t) => {
    const child = await startFixture(t, 'runaway-off', options)
    assert.equal((await child.ask('/plain')).body, 'plain')
    const messages = child.log().map(({ msg }) => msg)
    assert.equal(messages.length, 1)
    assert.match(messages[0], warning)
  })
}

test('it warns in a Node that is built without its inspector', async (t) => {
  const own = Object.getOwnPropertyDescriptor(process.features, 'inspector') as PropertyDescriptor
  Object.defineProperty(process.features, 'inspector', { value: false, configurable: true })
  t.after(() => Object.defineProperty(process.features, 'inspector', own))
  const { app, troubleLines } = testApp(t, { isolate: { runaway: { after: 1_000 } } })
  app.get('/', async () => 'plain')
  await app.ready()
  assert.deepEqual(
    troubleLines().map(({ msg }) => msg),
    ['runaways are not ended: this Node is built without its inspector'],
  )
})

test('it warns where no route keeps a context', async (t) => {
  const { app, troubleLines } = testApp(t, { isolate: { escapes: false, runaway: { after: 1_000 } } })
  app.get('/', async () => 'plain')
  await app.ready()
  assert.deepEqual(
    troubleLines().map(({ msg }) => msg),
    ['runaways are not ended: no route has `runaway` and `escapes`'],
  )
})
