import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import type { Child } from '../support/child.ts'
import { askLogged } from './support/ask-logged.ts'
import { codeOf, makeRecipes, program, type Recipes } from './support/recipe.ts'

const HEADING = 'From a hand-written setErrorHandler'

async function answer(child: Child, path: string, method = 'GET') {
  const { status, body } = await askLogged(child, path, { method })
  return { status, body: JSON.parse(body) }
}

const errorLines = (child: Child) => child.log().filter((line) => line.level >= 50)

describe('coming from a hand-written setErrorHandler', () => {
  let recipes: Recipes
  before(() => {
    const [old, shaped, ownStatus, handler] = [0, 1, 2, 3].map((index) => codeOf(HEADING, index)) as [
      string,
      string,
      string,
      string,
    ]
    recipes = makeRecipes('set-error-handler', {
      before: program(old, 'without'),
      kept: program(old, 'with'),
      after: program(shaped, 'its own'),
      ownStatus: program(ownStatus, 'with'),
      handler: program(handler, 'its own'),
    })
  })

  test('before: it hides errors of handlers, and a throw in a timer ends the process', async (t) => {
    const child = await recipes.start(t, 'before')
    assert.deepEqual(await answer(child, '/throw/1'), {
      status: 500,
      body: { error: 'Something went wrong' },
    })
    assert.equal(errorLines(child).length, 1)
    assert.equal((await answer(child, '/own-status')).body.message, 'bad input')
    assert.equal((await child.ask('/timer/1')).status, 0)
    assert.deepEqual(await child.exited, [1, null])
  })

  test('after: the same answers without it, and the process goes on', async (t) => {
    const child = await recipes.start(t, 'after')
    for (const path of ['/throw/1', '/timer/1']) {
      const { fault, ...seen } = { ...(await answer(child, path)), fault: errorLines(child).at(-1) }
      const body = { error: 'Something went wrong', requestId: fault?.reqId }
      assert.deepEqual(seen, { status: 500, body })
    }
    assert.equal(errorLines(child).length, 2)
    assert.equal((await answer(child, '/own-status')).body.message, 'bad input')
    assert.equal((await child.ask('/fine')).body, 'fine')
  })

  test('kept beside the plugin, it owns the answers; each error has two lines, the first the plugin’s', async (t) => {
    const child = await recipes.start(t, 'kept')
    assert.deepEqual(await answer(child, '/throw/1'), {
      status: 500,
      body: { error: 'Something went wrong' },
    })
    assert.deepEqual(
      errorLines(child).map((line) => [line.err.message, line.fault !== undefined]),
      [
        ['thrown', true],
        ['thrown', false],
      ],
    )
  })

  test('an error with a status of its own needs no handler', async (t) => {
    const child = await recipes.start(t, 'ownStatus')
    const { status, body } = await answer(child, '/orders', 'POST')
    assert.deepEqual([status, body.message], [409, 'the last one was sold a minute ago'])
    assert.deepEqual(errorLines(child), [])
  })

  test('given to the plugin, it answers, and faults are logged', async (t) => {
    const child = await recipes.start(t, 'handler')
    assert.deepEqual(await answer(child, '/throw/1'), { status: 500, body: { error: 'failed' } })
    assert.equal(errorLines(child).length, 1)
    assert.deepEqual(await answer(child, '/own-status'), { status: 400, body: { error: 'failed' } })
    assert.equal(errorLines(child).length, 1)
  })
})
