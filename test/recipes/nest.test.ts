import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { before, describe, test } from 'node:test'
import type { Child } from '../support/child.ts'
import { NEST } from '../support/docs-code.ts'
import { ROOT } from '../support/markdown.ts'
import { until } from '../support/until.ts'
import { askLogged } from './support/ask-logged.ts'
import { makeNestApps } from './support/nest.ts'
import { changed, codeOf, type Recipes } from './support/recipe.ts'

const PAGE = 'docs/nest.md'

/** What Nest catches, with the path that throws it. */
const CAUGHT = [
  ['/throw', 'secret of a controller'],
  ['/string', 'secret that is a string'],
  ['/guard', 'secret of a guard'],
  ['/pipe?x=1', 'secret of a pipe'],
  ['/interceptor', 'secret of an interceptor'],
  ['/middleware', 'secret of a middleware'],
] as const

const faultLines = (child: Child) => child.log().filter((line) => line.fault !== undefined)
const messages = (child: Child) => child.log().map(({ msg }) => msg)

async function answer(child: Child, path: string) {
  const { status, body } = await askLogged(child, path)
  return { status, body: JSON.parse(body) }
}

/** Its hooks ran in Nest's order, and the request that was in flight got its answer. */
async function closesNest(child: Child, slow: Promise<{ body: string }>): Promise<void> {
  assert.equal((await slow).body, 'slow')
  await child.exited
  assert.deepEqual(
    messages(child).filter((msg) => /^on[A-Z]/.test(msg)),
    ['onModuleDestroy', 'onApplicationShutdown'],
  )
}

describe('Nest', () => {
  let apps: Recipes
  before(() => {
    const main = codeOf('main.ts', 0, PAGE)
    apps = makeNestApps({
      main,
      unfiltered: changed(main, '  nest.useGlobalFilters(new FaultFilter(nest.getHttpAdapter()))\n', ''),
      silent: changed(main, 'new FastifyAdapter({ logger: true })', 'new FastifyAdapter()'),
      reporting: codeOf('A filter that answers by itself', 0, PAGE),
      accessor: codeOf('app.isolation', 0, PAGE),
      counting: `import { faultsOf } from './accessor.ts'\n${changed(
        main,
        'await nest.listen(3000)',
        'await nest.listen(3000)\n  console.log(JSON.stringify({ faults: faultsOf(nest) }))',
      )}`,
    })
  })

  test('pins a Fastify other than the one of the plugin: both are in what was compiled', () => {
    const versions = [NEST, '.'].map(
      (folder) =>
        JSON.parse(readFileSync(`${ROOT}${folder}/node_modules/fastify/package.json`, 'utf8')).version,
    )
    assert.notEqual(versions[0], versions[1])
  })

  test('`getDecorator` finds what `app.isolation` is', async (t) => {
    const child = await apps.start(t, 'counting')
    await child.line((line) => line.faults === 0)
  })

  test('without `logger: true` faults go to stderr', async (t) => {
    const child = await apps.start(t, 'silent')
    assert.equal((await child.ask('/throw')).status, 500)
    await until(() => child.stderr().includes('secret of a controller'))
  })

  test('without the filter: no fault, and a FatalError does nothing', async (t) => {
    const child = await apps.start(t, 'unfiltered')
    for (const path of ['/throw', '/fatal']) assert.equal((await answer(child, path)).status, 500)
    assert.deepEqual(faultLines(child), [])
    assert.equal((await child.ask('/fine')).body, 'fine')
  })

  test('whatever throws is one fault, answered by the plugin', async (t) => {
    const child = await apps.start(t, 'main')
    for (const [path, message] of CAUGHT) {
      const { status, body } = await answer(child, path)
      const fault = faultLines(child).at(-1)
      assert.deepEqual([fault?.err.message, fault?.fault.verdict], [message, 'contain'])
      const text = 'Internal Server Error'
      assert.deepEqual(
        { status, body },
        { status: 500, body: { statusCode: 500, error: text, message: text, requestId: fault?.reqId } },
      )
    }
    assert.equal(child.log().filter((line) => line.level >= 40).length, CAUGHT.length)
  })

  test('an answer stays one: exceptions of Nest below 500, and what the plugin expects', async (t) => {
    const child = await apps.start(t, 'main')
    assert.deepEqual(await answer(child, '/conflict'), {
      status: 409,
      body: { statusCode: 409, error: 'Conflict', message: 'taken' },
    })
    assert.deepEqual(await answer(child, '/out-of-stock'), {
      status: 410,
      body: { statusCode: 410, error: 'Gone', message: 'sold' },
    })
    assert.equal((await answer(child, '/nowhere')).status, 404)
    const json = { 'content-type': 'application/json' }
    const { status } = await child.ask('/fine', { method: 'POST', body: '{', headers: json })
    assert.equal(status, 400)
    assert.deepEqual(
      child.log().filter((line) => line.level >= 40),
      [],
    )
  })

  test('an exception of Nest of 500 or more is a fault with its status', async (t) => {
    const child = await apps.start(t, 'main')
    const { status, body } = await answer(child, '/unavailable')
    assert.deepEqual([status, body.message], [503, 'Service Unavailable'])
    assert.equal(faultLines(child).length, 1)
  })

  test('what escapes from a controller is a fault of its request, which answers by itself', async (t) => {
    const child = await apps.start(t, 'main')
    for (const [path, origin] of [
      ['/rejection', 'rejection'],
      ['/timer', 'exception'],
    ]) {
      assert.equal((await child.ask(path as string)).body, 'fine')
      const line = await child.line(({ fault }) => fault?.origin === origin)
      assert.equal(line.req.route, path)
    }
    assert.equal((await child.ask('/fine')).body, 'fine')
  })

  test('a FatalError: its client gets the 500, others their answers, Nest closes, and the process leaves', async (t) => {
    const child = await apps.start(t, 'main')
    const slow = child.ask('/slow')
    await child.line((line) => line.req?.url === '/slow')
    assert.equal((await child.ask('/fatal')).status, 500)
    await closesNest(child, slow)
    assert.deepEqual(await child.exited, [70, null])
    assert.equal(faultLines(child).length, 1)
  })

  test('a signal: Nest closes too', async (t) => {
    const child = await apps.start(t, 'main')
    const slow = child.ask('/slow')
    await child.line((line) => line.req?.url === '/slow')
    child.kill('SIGTERM')
    await closesNest(child, slow)
    assert.deepEqual(await child.exited, [0, null])
  })

  test('a filter that answers by itself: report() makes the fault, and a fatal one leaves', async (t) => {
    const child = await apps.start(t, 'reporting')
    const { status, body } = await answer(child, '/throw')
    assert.deepEqual([status, body], [500, { statusCode: 500, message: 'Internal Server Error' }])
    assert.equal((await answer(child, '/middleware')).status, 500)
    assert.equal((await answer(child, '/conflict')).status, 409)
    assert.deepEqual(
      faultLines(child).map(({ err, req }) => [err.message, req.route]),
      [
        ['secret of a controller', '/throw'],
        ['secret of a middleware', '/middleware'],
      ],
    )
    assert.equal((await child.ask('/fatal')).status, 500)
    assert.deepEqual(await child.exited, [70, null])
  })
})
