import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { codeOf, makeRecipes, type Recipes } from './support/recipe.ts'
import { FAULTS, faultOf, spansFor } from './support/spans.ts'

describe('the recipe for OpenTelemetry', () => {
  let recipes: Recipes
  before(() => {
    recipes = makeRecipes('opentelemetry', { recipe: codeOf('OpenTelemetry') }, 'spans')
  })

  for (const [path, message, verdict] of FAULTS) {
    test(`gives the fault of ${path} to the span of its request`, async (t) => {
      const child = await recipes.start(t, 'recipe')
      const spans = await spansFor(child, path)
      const { fault } = await child.line((line) => line.fault !== undefined)
      assert.deepEqual(spans.map(faultOf), [
        { status: 'ERROR', exceptions: [message], verdict, id: fault.id },
      ])
      assert.equal(spans[0]?.attributes['fault.fingerprint'], fault.fingerprint)
    })
  }

  test('leaves spans of expected errors alone, and spans that ended', async (t) => {
    const child = await recipes.start(t, 'recipe')
    const untouched = { status: 'UNSET', exceptions: [], verdict: undefined, id: undefined }
    assert.deepEqual((await spansFor(child, '/expected')).map(faultOf), [untouched])
    assert.deepEqual((await spansFor(child, '/late')).map(faultOf), [untouched])
    const { err, fault } = await child.line((line) => line.fault !== undefined)
    assert.deepEqual([err.message, fault.origin], ['thrown after the answer', 'exception'])
  })
})
