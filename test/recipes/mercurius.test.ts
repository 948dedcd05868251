import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import type { Child } from '../support/child.ts'
import { askLogged } from './support/ask-logged.ts'
import { changed, codeOf, makeRecipes, type Recipes } from './support/recipe.ts'

const RESOLVERS = `resolvers: {
    Query: {
      price: () => 42,
      secret: () => {
        throw new Error('db password is hunter2')
      },
      own: () => {
        throw new OwnError('no such price')
      },
      props: () => {
        throw new mercurius.ErrorWithProps('sold', { code: 'SOLD' })
      },
      fatal: () => {
        throw new FatalError('the ledger does not add up')
      },
    },
  },
  additionalRouteOptions: {
    preHandler: async (request: { url: string }) => {
      if (request.url.includes('hook')) throw new Error('a hook saw hunter2')
    },
  },`

const faultLines = (child: Child) => child.log().filter((line) => line.fault !== undefined)

async function query(child: Child, text: string) {
  const { status, body } = await askLogged(child, `/graphql?query=${encodeURIComponent(text)}`)
  return { status, ...JSON.parse(body) }
}

describe('the recipe for mercurius', () => {
  let recipes: Recipes
  before(() => {
    const schema = "schema: 'type Query { price: Int, secret: Int, own: Int, props: Int, fatal: Int }'"
    const code = changed(codeOf('mercurius'), "schema: 'type Query { price: Int }'", schema)
    const failing = changed(code, 'resolvers: { Query: { price: () => 42 } },', RESOLVERS)
    const recipe = `import { FatalError } from 'fastify-isolate'\nimport { GraphQLError as OwnError } from 'graphql'\n${failing}`
    recipes = makeRecipes('mercurius', {
      recipe,
      without: changed(
        recipe,
        'if (isAnswer(error)) return error',
        'if (isAnswer(error) || true) return error',
      ),
    })
  })

  test('reports what a resolver threw, once, and masks it', async (t) => {
    const child = await recipes.start(t, 'recipe')
    assert.deepEqual(await query(child, '{ price secret }'), {
      status: 200,
      data: { price: 42, secret: null },
      errors: [{ message: 'Internal Server Error', locations: [{ line: 1, column: 9 }], path: ['secret'] }],
    })
    assert.deepEqual(
      faultLines(child).map(({ err, req, fault }) => [err.message, req.route, fault.verdict]),
      [['db password is hunter2', '/graphql', 'contain']],
    )
  })

  test('an error of a hook of Fastify is one fault too, and masked', async (t) => {
    const child = await recipes.start(t, 'recipe')
    const { errors } = await query(child, '{ hook }')
    assert.deepEqual(errors, [{ message: 'Internal Server Error' }])
    assert.deepEqual(
      faultLines(child).map(({ err }) => err.message),
      ['a hook saw hunter2'],
    )
  })

  test('leaves answers alone', async (t) => {
    const child = await recipes.start(t, 'recipe')
    const { errors } = await query(child, '{ own props }')
    assert.deepEqual(
      errors.map(({ message, extensions }: { message: string; extensions?: object }) => [
        message,
        extensions,
      ]),
      [
        ['no such price', undefined],
        ['sold', { code: 'SOLD' }],
      ],
    )
    assert.match((await query(child, '{ nothing }')).errors[0].message, /nothing/)
    assert.match((await query(child, '{')).errors[0].message, /^Syntax Error/)
    assert.deepEqual(faultLines(child), [])
  })

  test('a FatalError makes the process leave', async (t) => {
    const child = await recipes.start(t, 'recipe')
    assert.equal((await query(child, '{ fatal }')).errors[0].message, 'Internal Server Error')
    assert.deepEqual(await child.exited, [70, null])
  })

  test('without it there is no fault, and the client gets the message', async (t) => {
    const child = await recipes.start(t, 'without')
    assert.equal((await query(child, '{ secret }')).errors[0].message, 'db password is hunter2')
    assert.deepEqual(faultLines(child), [])
  })
})
