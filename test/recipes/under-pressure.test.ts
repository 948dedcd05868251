import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import type { Child } from '../support/child.ts'
import type { Answer } from '../support/client.ts'
import { until } from '../support/until.ts'
import { askLogged } from './support/ask-logged.ts'
import { changed, codeOf, makeRecipes, type Recipes } from './support/recipe.ts'

/** Keeps the event loop busy until the app refuses a request. */
async function refusal(child: Child): Promise<Answer> {
  // on a busy machine it may refuse right after its start
  await until(async () => (await child.ask('/fine')).status === 200)
  await askLogged(child, '/busy')
  let answer: Answer | undefined
  await until(async () => {
    answer = await askLogged(child, '/fine')
    return answer.status !== 200
  })
  return answer as Answer
}

describe('the recipe for @fastify/under-pressure', () => {
  let recipes: Recipes
  before(() => {
    const recipe = codeOf('@fastify/under-pressure')
    const handler = / {2}pressureHandler\(.*?\n {2}\},\n/s.exec(recipe)?.[0]
    assert.ok(handler)
    recipes = makeRecipes('under-pressure', { recipe, thrown: changed(recipe, handler, '') })
  })

  test('answers 503 under pressure, which is no fault', async (t) => {
    const child = await recipes.start(t, 'recipe')
    const { status, headers, body } = await refusal(child)
    assert.deepEqual([status, headers['retry-after']], [503, '10'])
    const { message, ...rest } = JSON.parse(body)
    assert.deepEqual(rest, { statusCode: 503, error: 'Service Unavailable' })
    assert.match(message, /^eventLoop(?:Utilization|Delay)$/)
    assert.deepEqual(
      child.log().filter((line) => line.level >= 40),
      [],
    )
  })

  test('without `pressureHandler` the 503 passes too, and is a fault', async (t) => {
    const child = await recipes.start(t, 'thrown')
    const { status, headers, body } = await refusal(child)
    assert.equal(status, 503)
    assert.equal(headers['retry-after'], '10')
    assert.equal(JSON.parse(body).message, 'Service Unavailable')
    const { level, fault } = await child.line((line) => line.fault !== undefined)
    assert.deepEqual([level, fault.verdict], [50, 'contain'])
  })
})
