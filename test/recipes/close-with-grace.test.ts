import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { before, describe, test } from 'node:test'
import type { Child } from '../support/child.ts'
import { ROOT } from '../support/markdown.ts'
import { changed, codeOf, makeRecipes, type Recipes } from './support/recipe.ts'

const HEADING = 'From close-with-grace'

/** Ends it with SIGTERM while a request is in flight: that request is answered all the same. */
async function endsInOrder(child: Child): Promise<void> {
  const slow = child.ask('/slow')
  await child.line((line) => line.req?.url === '/slow')
  child.kill('SIGTERM')
  assert.equal((await slow).body, 'slow')
  assert.deepEqual(await child.exited, [0, null])
}

async function servesOn(child: Child): Promise<void> {
  assert.equal((await child.ask('/rejection')).body, 'fine')
  await child.line((line) => line.fault?.origin === 'rejection')
  assert.equal((await child.ask('/fine')).body, 'fine')
}

describe('coming from close-with-grace', () => {
  let recipes: Recipes
  before(() => {
    const kept = codeOf(HEADING, 2)
    recipes = makeRecipes('close-with-grace', {
      before: codeOf(HEADING, 0),
      after: codeOf(HEADING, 1),
      kept,
      signalled: changed(kept, 'isolate()', "isolate({ leave: { signals: ['SIGTERM'] } })"),
      unskipped: changed(kept, "skip: ['uncaughtException', 'unhandledRejection']", ''),
    })
  })

  test('before: it listens to eleven signals, the first escape ends the process with 1', async (t) => {
    const load = createRequire(`${ROOT}test/recipes/`)
    assert.equal(load('close-with-grace/events/signal.events').signalEvents.length, 11)
    await endsInOrder(await recipes.start(t, 'before'))
    const child = await recipes.start(t, 'before')
    await child.ask('/rejection')
    assert.deepEqual(await child.exited, [1, null])
    assert.ok(child.log().some((line) => line.msg === 'server closing with error'))
  })

  test('after: the same signals end it in order, the verdict decides about errors', async (t) => {
    const child = await recipes.start(t, 'after')
    await servesOn(child)
    await endsInOrder(child)
    const fatal = await recipes.start(t, 'after')
    await fatal.ask('/fatal')
    assert.deepEqual(await fatal.exited, [70, null])
  })

  test('kept for signals: escapes are contained, SIGTERM is its own', async (t) => {
    const child = await recipes.start(t, 'kept')
    await servesOn(child)
    await endsInOrder(child)
    assert.deepEqual(
      child.log().filter((line) => /listener/.test(line.msg) || line.leave !== undefined),
      [],
    )
  })

  test('with `leave.signals` beside it, the plugin warns', async (t) => {
    const child = await recipes.start(t, 'signalled')
    const { level, msg } = await child.line((line) => /another listener/.test(line.msg))
    assert.equal(level, 40)
    assert.match(msg, /'SIGTERM', onSignal of close-with-grace.*skip/)
    await endsInOrder(child)
  })

  test('without `skip` it ends the process at the first escape, and the plugin warns', async (t) => {
    const child = await recipes.start(t, 'unskipped')
    const { level, msg } = await child.line((line) => /another listener/.test(line.msg))
    assert.equal(level, 40)
    assert.match(msg, /close-with-grace.*skip/)
    await child.ask('/rejection')
    assert.deepEqual(await child.exited, [1, null])
  })
})
