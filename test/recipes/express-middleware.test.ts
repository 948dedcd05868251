import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { askLogged } from './support/ask-logged.ts'
import { makeRecipes, type Recipes } from './support/recipe.ts'

/** No recipe: what the plugin knows by itself of the packages that run middleware of Express. */
const program = (name: string, register: string) => `import runner from '${name}'
import Fastify from 'fastify'
import { isolate } from 'fastify-isolate'

const app = Fastify({ logger: true })
${register}
await app.register(runner)
app.use((request: { url?: string }, _response: unknown, next: (error?: unknown) => void) => {
  const status = Number(/status=(\\d+)/.exec(request.url ?? '')?.[1])
  if (!(status > 0)) return next()
  const error = Object.assign(new Error('Invalid token'), { name: 'UnauthorizedError', status })
  if (request.url?.includes('throw')) throw error
  next(error)
})
await app.listen({ port: 3000 })
`

describe('middleware of Express', () => {
  let recipes: Recipes
  before(() => {
    const programs = ['express', 'middie'].flatMap((name) => [
      [name, program(`@fastify/${name}`, 'app.register(isolate())')],
      [`${name}-bare`, program(`@fastify/${name}`, 'void isolate')],
    ])
    recipes = makeRecipes('express-middleware', Object.fromEntries(programs))
  })

  for (const name of ['express', 'middie']) {
    test(`an error with a status of 401 through @fastify/${name} is an answer, as in bare Fastify`, async (t) => {
      const bare = await recipes.start(t, `${name}-bare`)
      const child = await recipes.start(t, name)
      for (const path of ['/fine?status=401', '/fine?status=401&throw']) {
        const { status, body } = await askLogged(child, path)
        const expected = await bare.ask(path)
        assert.equal(status, 401)
        assert.deepEqual({ status, body }, { status: expected.status, body: expected.body })
      }
      assert.deepEqual(
        child.log().filter((line) => line.level >= 50),
        [],
      )
    })

    test(`one with a status of 503 through @fastify/${name} is a fault with that status`, async (t) => {
      const child = await recipes.start(t, name)
      const { status, body } = await askLogged(child, '/fine?status=503')
      assert.deepEqual([status, JSON.parse(body).message], [503, 'Service Unavailable'])
      const { fault } = await child.line((line) => line.fault !== undefined)
      assert.equal(fault.origin, 'hook')
      assert.equal((await child.ask('/fine')).body, 'fine')
    })
  }
})
