import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import Fastify, { type FastifyInstance } from 'fastify'
import { isolate } from '../../src/isolate.ts'
import { bodyOf, MASKED, testApp } from '../support/app.ts'

const fail = async (): Promise<never> => {
  throw new Error('secret')
}

/** An envelope for successes, as many apps have it. */
function addEnvelope(app: FastifyInstance): void {
  app.addHook('preSerialization', async (_request, _reply, data) => ({ success: true, data }))
}

const xml = (payload: unknown): string => {
  const { rows } = payload as { rows?: unknown[] }
  if (rows === undefined) throw new Error('not a table')
  return `<rows>${rows.length}</rows>`
}

describe('the masked answer, as Fastify answers an error', () => {
  it('does not go through preSerialization hooks', async (t) => {
    const test = testApp(t)
    addEnvelope(test.app)
    test.app.get('/fine', async () => ({ a: 1 }))
    test.app.get('/x', fail)
    test.app.get('/problem', { config: { isolate: { answer: 'problem' } } }, fail)
    test.app.get('/none', { preSerialization: async () => null }, fail)
    assert.deepEqual(JSON.parse((await test.ask('/fine')).body), { success: true, data: { a: 1 } })
    for (const path of ['/x', '/none']) {
      const answer = await test.ask(path)
      assert.equal(answer.status, 500)
      assert.equal(answer.headers['content-type'], 'application/json; charset=utf-8')
      assert.deepEqual(bodyOf(answer), MASKED)
    }
    const problem = await test.ask('/problem')
    assert.equal(problem.headers['content-type'], 'application/problem+json; charset=utf-8')
    assert.equal(bodyOf(problem).title, 'Internal Server Error')
  })

  it('does not go through the serializer of the app or of the reply', async (t) => {
    const test = testApp(t)
    test.app.get('/reply', async (_request, reply) => {
      reply.serializer(xml)
      throw new Error('secret')
    })
    test.app.register(async (child) => {
      child.setReplySerializer(xml)
      child.get('/fine', async () => ({ rows: [1] }))
      child.get('/app', fail)
    })
    assert.equal((await test.ask('/fine')).body, '<rows>1</rows>')
    for (const path of ['/app', '/reply']) assert.deepEqual(bodyOf(await test.ask(path)), MASKED)
    assert.equal(test.troubleLines().length, 2)
  })

  it('goes through onSend hooks as a string', async (t) => {
    const test = testApp(t)
    test.app.addHook('onSend', async (_request, reply, payload) => {
      reply.header('x-body', typeof payload)
      return String(payload).replace('Internal Server Error', 'Sorry')
    })
    test.app.get('/x', fail)
    const answer = await test.ask('/x')
    assert.equal(answer.headers['x-body'], 'string')
    assert.equal(answer.headers['content-length'], String(answer.body.length))
    assert.match(answer.body, /"error":"Sorry"/)
  })

  it('takes the schema of its media type, or that of all', async (t) => {
    const test = testApp(t)
    const of = (type: string, field: string) => ({
      [type]: {
        schema: { type: 'object', properties: { [field]: { type: 'string', default: 'by schema' } } },
      },
    })
    const content = { ...of('application/json', 'own'), ...of('*/*', 'any') }
    test.app.get('/types', { schema: { response: { '5xx': { content } } } }, fail)
    const other = of('text/html', 'own')
    test.app.get('/other', { schema: { response: { 500: { content: other } } } }, fail)
    const bodyFor = async (path: string, accept: string) =>
      JSON.parse((await test.ask(path, { headers: { accept } })).body)
    assert.deepEqual(await bodyFor('/types', '*/*'), { own: 'by schema' })
    assert.deepEqual(await bodyFor('/types', 'application/problem+json'), { any: 'by schema' })
    assert.equal((await bodyFor('/other', '*/*')).message, MASKED.message)
  })

  it('may be a Buffer that a serializer compiler of the app made', async (t) => {
    const test = testApp(t)
    test.app.setSerializerCompiler(() => (data) => Buffer.from(JSON.stringify(data)) as never)
    test.app.get('/x', { schema: { response: { 500: { type: 'object' } } } }, fail)
    const answer = await test.ask('/x')
    assert.equal(answer.headers['content-type'], 'application/json; charset=utf-8')
    assert.deepEqual(bodyOf(answer), MASKED)
  })

  const failures: Record<string, () => unknown> = {
    throws: () => {
      throw new Error('no serializer')
    },
    'returns an object': () => ({ no: 'text' }),
  }
  for (const [way, serialize] of Object.entries(failures)) {
    it(`is raw where the serializer of its schema ${way}, which is a fault of its own`, async (t) => {
      const test = testApp(t)
      addEnvelope(test.app)
      test.app.setSerializerCompiler(() => serialize as never)
      test.app.get('/x', { schema: { response: { 500: { type: 'object' } } } }, fail)
      assert.deepEqual(bodyOf(await test.ask('/x')), MASKED)
      assert.deepEqual(
        test.faults.map((fault) => fault.origin),
        ['handler', 'reply'],
      )
    })
  }
})

describe('what an error handler of the app sends', () => {
  /** Every answer to an error that an app has, with the plugin and without. */
  async function answersOf(install: (app: FastifyInstance) => void, isIsolated: boolean): Promise<unknown[]> {
    const app = Fastify() as unknown as FastifyInstance
    if (isIsolated) app.register(isolate({ onFault: () => {} }))
    install(app)
    app.get('/fault', fail)
    app.get('/own-serializer', async (_request, reply) => {
      reply.serializer((payload) => `own ${JSON.stringify(payload)}`)
      throw new Error('secret')
    })
    app.get('/404', async () => {
      throw Object.assign(new Error('no such user'), { statusCode: 404 })
    })
    app.get('/invalid', { schema: { querystring: { type: 'object', required: ['q'] } } }, async () => 'fine')
    const answers: unknown[] = []
    for (const path of ['/fault', '/own-serializer', '/404', '/invalid', '/nowhere']) {
      const { statusCode, body, headers } = await app.inject(path)
      answers.push({ path, statusCode, body, type: headers['content-type'] })
    }
    await app.close()
    return answers
  }

  const handlers: Record<string, (app: FastifyInstance) => void> = {
    'an object': (app) => {
      app.setErrorHandler((error, _request, reply) => {
        reply.code(503).send({ told: (error as Error).message })
      })
    },
    'an object that it returns': (app) => {
      app.setErrorHandler(async (error) => ({ told: (error as Error).message }))
    },
    'a string': (app) => {
      app.setErrorHandler((_error, _request, reply) => {
        reply.send('a string')
      })
    },
  }
  for (const [what, install] of Object.entries(handlers)) {
    it(`${what}: goes through what bare Fastify sends it through`, async () => {
      const withEnvelope = (app: FastifyInstance): void => {
        addEnvelope(app)
        install(app)
      }
      const withSerializer = (app: FastifyInstance): void => {
        app.setReplySerializer((payload, status) => `${status} ${JSON.stringify(payload)}`)
        install(app)
      }
      for (const both of [withEnvelope, withSerializer]) {
        assert.deepEqual(await answersOf(both, true), await answersOf(both, false))
      }
    })
  }

  it('and an expected error that Fastify answers: through neither', async () => {
    const install = (app: FastifyInstance): void => {
      addEnvelope(app)
      app.setReplySerializer(() => 'serialized')
    }
    const isExpected = (answer: unknown): boolean => (answer as { statusCode: number }).statusCode < 500
    const bare = (await answersOf(install, false)).filter(isExpected)
    assert.deepEqual((await answersOf(install, true)).filter(isExpected), bare)
    assert.equal(bare.length, 3)
  })
})

it('what the option `answer` returns goes through both, as from an error handler', async (t) => {
  const test = testApp(t, { isolate: { answer: () => ({ own: true }) } })
  addEnvelope(test.app)
  test.app.get('/x', fail)
  assert.deepEqual(JSON.parse((await test.ask('/x')).body), { success: true, data: { own: true } })
})
