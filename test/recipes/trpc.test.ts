import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import type { Child } from '../support/child.ts'
import { askLogged } from './support/ask-logged.ts'
import { changed, codeOf, makeRecipes, type Recipes } from './support/recipe.ts'

const PROCEDURES = `  price: t.procedure.query(() => 42),
  secret: t.procedure.query((): number => {
    throw new Error('db password is hunter2')
  }),
  unavailable: t.procedure.query((): number => {
    throw new OwnError({ code: 'SERVICE_UNAVAILABLE', message: 'hunter2 is down' })
  }),
  missing: t.procedure.query((): number => {
    throw new OwnError({ code: 'NOT_FOUND', message: 'no such price' })
  }),
  fatal: t.procedure.query((): number => {
    throw new FatalError('the ledger does not add up')
  }),
`

const faultLines = (child: Child) => child.log().filter((line) => line.fault !== undefined)

describe('the recipe for tRPC', () => {
  let recipes: Recipes
  before(() => {
    const code = changed(codeOf('tRPC'), '  price: t.procedure.query(() => 42),\n', PROCEDURES)
    const recipe = `import { TRPCError as OwnError } from '@trpc/server'\nimport { FatalError } from 'fastify-isolate'\n${code}`
    recipes = makeRecipes('trpc', {
      recipe,
      unreported: changed(recipe, 'if (isFault(error)) app.isolation', 'if (!isFault(error)) app.isolation'),
      unmasked: changed(recipe, 'if (!isFault(error)) return shape', 'return shape'),
    })
  })

  test('reports what a procedure threw, once, and masks it', async (t) => {
    const child = await recipes.start(t, 'recipe')
    const { status, body } = await askLogged(child, '/trpc/secret')
    assert.deepEqual(
      { status, body: JSON.parse(body) },
      {
        status: 500,
        body: {
          error: {
            message: 'INTERNAL_SERVER_ERROR',
            code: -32603,
            data: { code: 'INTERNAL_SERVER_ERROR', httpStatus: 500, path: 'secret' },
          },
        },
      },
    )
    assert.deepEqual(
      faultLines(child).map(({ err, req, fault }) => [err.message, req.url, fault.verdict]),
      [['db password is hunter2', '/trpc/secret', 'contain']],
    )
    const batch = await askLogged(child, '/trpc/price,unavailable?batch=1&input={}')
    assert.doesNotMatch(batch.body, /hunter2/)
    assert.deepEqual(JSON.parse(batch.body)[0], { result: { data: 42 } })
    assert.equal(faultLines(child).length, 2)
  })

  test('leaves answers alone', async (t) => {
    const child = await recipes.start(t, 'recipe')
    const { status, body } = await askLogged(child, '/trpc/missing')
    assert.deepEqual([status, JSON.parse(body).error.message], [404, 'no such price'])
    assert.equal((await askLogged(child, '/trpc/nowhere')).status, 404)
    assert.deepEqual(faultLines(child), [])
  })

  test('a FatalError makes the process leave', async (t) => {
    const child = await recipes.start(t, 'recipe')
    assert.equal((await child.ask('/trpc/fatal')).status, 500)
    assert.deepEqual(await child.exited, [70, null])
  })

  test('without it there is no fault, and the client gets the message', async (t) => {
    const unreported = await recipes.start(t, 'unreported')
    await askLogged(unreported, '/trpc/secret')
    assert.deepEqual(faultLines(unreported), [])
    const unmasked = await recipes.start(t, 'unmasked')
    const { error } = JSON.parse((await unmasked.ask('/trpc/secret')).body)
    assert.equal(error.message, 'db password is hunter2')
    assert.match(error.data.stack, /hunter2/)
  })
})
