import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import Fastify, { type FastifyInstance, type RouteOptions } from 'fastify'
import { routesOf } from '../../src/fastify/routes.ts'

const answer = async (): Promise<string> => 'fine'

/** Routes of every shape, of which none may look like one that was not found. */
function addRoutes(app: FastifyInstance): void {
  app.get('/', answer)
  app.all('/all', answer)
  app.get('/users/:id', answer)
  app.get('/teams/:id/:optional?', answer)
  app.get('/files/:name.:type(^png|jpg$)', answer)
  app.get('/other/:name(^\\d+$)', answer)
  app.get('/static/*', answer)
  app.get('/deep/static/*', answer)
  app.get('*', answer)
  app.get('/(GET)', answer)
  app.post('/ends in (GET, HEAD)', answer)
  app.get('/no-head', { exposeHeadRoute: false }, answer)
  app.route({ method: ['GET', 'POST', 'DELETE'], url: '/several', handler: answer })
  app.head('/head-first', answer)
  app.get('/head-first', answer)
  app.get('/constrained', { constraints: { host: 'a.example' } }, answer)
  app.get('/constrained', { constraints: { host: /^b (GET)$/ } }, answer)
  app.get('/constrained', { constraints: { version: '2.0.0', host: 'c.example' } }, answer)
  app.get('/constrained', answer)
  app.register(
    async (child) => {
      child.get('/', answer)
      child.get('/below', answer)
      child.get('*', answer)
    },
    { prefix: '/prefix' },
  )
}

describe('the list of routes', () => {
  it('has every method of every route, and takes none for missing', async (t) => {
    const app = Fastify()
    t.after(() => app.close())
    const added: string[] = []
    app.addHook('onRoute', ({ method, url }: RouteOptions & { url: string }) => {
      for (const one of [method].flat()) added.push(`${one} ${url}`)
    })
    addRoutes(app as unknown as FastifyInstance)
    await app.ready()
    const found = routesOf(app as unknown as FastifyInstance).flatMap(({ method, context }) =>
      method.split(',').map((one) => `${one} ${context.config.url}`),
    )
    // whether hooks are told of both paths of a prefix depends on the version
    const expected = new Set([...added, 'GET /prefix', 'HEAD /prefix', 'GET /prefix/', 'HEAD /prefix/'])
    const paths = new Set([...found, 'GET /prefix/', 'HEAD /prefix/'])
    assert.deepEqual(paths, expected)
    assert.ok(found.length >= added.length)
  })

  it('is empty where there is no route', async (t) => {
    const app = Fastify()
    t.after(() => app.close())
    await app.ready()
    assert.deepEqual(routesOf(app as unknown as FastifyInstance), [])
  })
})
