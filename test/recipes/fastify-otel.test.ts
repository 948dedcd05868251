import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import type { Child } from '../support/child.ts'
import { changed, codeOf, makeRecipes, type Recipes } from './support/recipe.ts'
import { FAULTS, faultOf, type Span, spansFor } from './support/spans.ts'

/** The exceptions that all spans of a request recorded. */
async function exceptionsFor(child: Child, path: string): Promise<string[]> {
  return (await spansFor(child, path)).flatMap(({ exceptions }) => exceptions)
}

describe('the recipe for @fastify/otel', () => {
  let recipes: Recipes
  before(() => {
    const recipe = codeOf('@fastify/otel')
    const recording = changed(recipe, '{ recordExceptions: false }', '')
    recipes = makeRecipes('fastify-otel', { recipe, recording }, 'spans')
  })

  const isRequest = ({ name }: Span): boolean => name === 'request'

  for (const [path, message, verdict] of FAULTS) {
    test(`records the fault of ${path} once, on the span of its request`, async (t) => {
      const child = await recipes.start(t, 'recipe')
      const spans = await spansFor(child, path)
      const { fault } = await child.line((line) => line.fault !== undefined)
      assert.deepEqual(spans.filter(isRequest).map(faultOf), [
        { status: 'ERROR', exceptions: [message], verdict, id: fault.id },
      ])
      assert.deepEqual(
        spans.filter((span) => !isRequest(span)).flatMap(({ exceptions }) => exceptions),
        [],
      )
    })
  }

  test('records no expected error; that its span fails is the rule of @fastify/otel', async (t) => {
    const child = await recipes.start(t, 'recipe')
    const spans = await spansFor(child, '/expected')
    assert.deepEqual(spans.filter(isRequest).map(faultOf), [
      { status: 'ERROR', exceptions: [], verdict: undefined, id: undefined },
    ])
    assert.deepEqual(
      spans.flatMap(({ exceptions }) => exceptions),
      [],
    )
  })

  test('needs `recordExceptions: false`: there would be more of them, also of expected errors', async (t) => {
    const child = await recipes.start(t, 'recording')
    for (const [path, message] of FAULTS.slice(0, 3)) {
      const spans = await spansFor(child, path)
      assert.deepEqual(spans.filter(isRequest)[0]?.exceptions, [message, message])
    }
    assert.ok((await exceptionsFor(child, '/expected')).includes('no such thing'))
  })
})
