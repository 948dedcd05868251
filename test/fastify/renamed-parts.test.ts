import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import cookie from '@fastify/cookie'
import Fastify, { type FastifyInstance } from 'fastify'
import { PARTS } from '../../src/fastify/parts.ts'
import { isolate } from '../../src/index.ts'
import { requireEdited } from '../support/edited-package.ts'
import { temporaryFolder } from '../support/folder.ts'
import { RENAMINGS } from './renamings.ts'

const SECRET = 'secret'

function fail(): never {
  throw new Error(SECRET)
}

function addRoutes(app: FastifyInstance): void {
  app.get('/fine', async () => 'fine')
  app.get('/fails', fail)
  app.register(async (child) => void child.get('/child/fails', fail))
  app.setNotFoundHandler(fail)
  const validatorCompiler = () => (async () => fail()) as never
  for (const part of ['body', 'headers', 'params', 'querystring']) {
    app.post(`/${part}/:id`, { schema: { [part]: {} }, validatorCompiler }, fail)
  }
}

async function validate(app: FastifyInstance, check: (body: string, status: number) => void): Promise<void> {
  for (const part of ['body', 'headers', 'params', 'querystring']) {
    const { body, statusCode } = await app.inject({ method: 'POST', url: `/${part}/1`, payload: {} })
    check(body, statusCode)
  }
}

function makeApp(t: TestContext, fastify: typeof Fastify): FastifyInstance {
  const app = fastify() as unknown as FastifyInstance
  t.after(() => app.close())
  return app
}

describe('a Fastify that keeps a private part elsewhere', () => {
  it('is tried for every part', () => {
    assert.deepEqual(new Set(RENAMINGS.map(({ part }) => part)), new Set(Object.keys(PARTS)))
  })

  for (const { part, what, edits } of RENAMINGS) {
    it(`is refused by name where ${what}`, async (t) => {
      const fastify = requireEdited<typeof Fastify>(temporaryFolder(t), 'fastify', edits)

      const bare = makeApp(t, fastify)
      addRoutes(bare)
      assert.equal((await bare.inject('/fine')).body, 'fine')
      for (const path of ['/fails', '/child/fails', '/nowhere']) {
        assert.match((await bare.inject(path)).body, /secret/, 'what masking is for')
      }
      await validate(bare, (body) => assert.match(body, /secret/, 'what masking is for'))

      const isolated = makeApp(t, fastify)
      isolated.get('/before', fail)
      isolated.register(isolate())
      addRoutes(isolated)
      // `inject()` waits for `ready()`: an app that became ready would answer here
      await assert.rejects(isolated.inject('/before'), (error: Error) => {
        assert.ok(error.message.includes(`needs Fastify's ${PARTS[part].called},`), error.message)
        assert.ok(error.message.includes(`Fastify ${isolated.version} `), error.message)
        assert.match(error.message, /peer dependency of fastify-isolate/)
        return true
      })
    })
  }

  it('boots and masks where no part is renamed', async (t) => {
    const fastify = requireEdited<typeof Fastify>(temporaryFolder(t), 'fastify', [])
    assert.notEqual(fastify, Fastify)
    const app = makeApp(t, fastify)
    app.get('/before', fail)
    app.register(isolate())
    addRoutes(app)
    assert.equal((await app.inject('/fine')).body, 'fine')
    for (const path of ['/before', '/fails', '/child/fails', '/nowhere']) {
      const { statusCode, body } = await app.inject(path)
      assert.equal(statusCode, 500)
      assert.doesNotMatch(body, /secret/)
    }
    await validate(app, (body, status) => {
      assert.equal(status, 500)
      assert.doesNotMatch(body, /secret/)
    })
  })
})

describe('a @fastify/cookie that keeps its cookies elsewhere', () => {
  it('loses no more than that the cookies of the success go out', async (t) => {
    const edited = requireEdited<typeof cookie>(join(temporaryFolder(t), 'at'), '@fastify/cookie', [
      ["Symbol('fastify.reply.setCookies')", "Symbol('moved')"],
    ])
    const cookiesOf = async (plugin: typeof cookie): Promise<unknown> => {
      const app = makeApp(t, Fastify)
      app.register(plugin)
      app.register(isolate())
      app.get('/fails', async (_request, reply) => {
        reply.setCookie('session', 'x')
        fail()
      })
      const { statusCode, body, cookies } = await app.inject('/fails')
      assert.equal(statusCode, 500)
      assert.doesNotMatch(body, /secret/)
      return cookies.map(({ name }) => name)
    }
    assert.deepEqual(await cookiesOf(cookie), [])
    assert.deepEqual(await cookiesOf(edited), ['session'])
  })
})
