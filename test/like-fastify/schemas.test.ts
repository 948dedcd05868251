import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { InjectOptions } from 'fastify'
import { type Scenario, staysTheSame } from '../support/differential.ts'

const json = (url: string, payload: unknown, headers = {}): InjectOptions => ({
  method: 'POST',
  url,
  payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
  headers: { 'content-type': 'application/json', ...headers },
})

const numbered = (name: string) => ({
  type: 'object',
  required: [name],
  properties: { [name]: { type: 'number', minimum: 1 } },
})

const validation: Scenario = {
  install(app, note) {
    app.addSchema({
      $id: 'user',
      type: 'object',
      required: ['name'],
      properties: { name: { type: 'string' } },
    })
    const schema = {
      body: { $ref: 'user#' },
      querystring: { ...numbered('q'), properties: { q: { type: 'number' }, d: { default: 'given' } } },
      params: numbered('id'),
      headers: numbered('x-n'),
    }
    const answer = async (request: { body: unknown; query: unknown; params: unknown }) => {
      const { body, query, params } = request
      return { body, query, params }
    }
    app.post('/all/:id', { schema }, answer)
    app.post('/attached/:id', { schema, attachValidation: true }, async ({ validationError }) => {
      note(validationError?.validationContext, validationError?.validation)
      return { message: validationError?.message }
    })
    app.register(async (child) => {
      child.setSchemaErrorFormatter((errors, context) => new Error(`${context}: ${errors.length}`))
      child.post('/formatted/:id', { schema }, answer)
    })
    app.register(async (child) => {
      child.setErrorHandler((error, _request, reply) => {
        const { validation, validationContext, statusCode, code } = error as typeof error &
          Record<string, unknown>
        reply.code(422).send({ validation, validationContext, statusCode, code })
      })
      child.post('/handled/:id', { schema }, answer)
    })
    app.register(async (child) => {
      child.setValidatorCompiler(
        ({ httpPart }) =>
          (data) =>
            httpPart === 'body' ? { error: new Error('the body is never good') } : { value: data },
      )
      child.post('/own-compiler/:id', { schema }, answer)
    })
    app.post('/by-hand', async (request) => {
      const good = request.validateInput({ q: 3 }, numbered('q'))
      const validate = request.compileValidationSchema(numbered('z'))
      return { good, bad: validate({ z: 0 }), errors: validate.errors }
    })
  },
  requests: ['/all', '/attached', '/formatted', '/handled', '/own-compiler'].flatMap((path) => [
    json(`${path}/1?q=1`, { name: 'a' }, { 'x-n': '1' }),
    json(`${path}/0?q=1`, { name: 'a' }, { 'x-n': '1' }),
    json(`${path}/1`, { name: 'a' }, { 'x-n': '1' }),
    json(`${path}/1?q=1`, { name: 'a' }),
    json(`${path}/1?q=1`, {}, { 'x-n': '1' }),
    json('/by-hand', {}),
  ]),
}

const serialization: Scenario = {
  install(app) {
    app.addSchema({ $id: 'shared', type: 'object', properties: { kept: { type: 'integer' } } })
    const response = {
      '2xx': { type: 'object', properties: { ok: { type: 'boolean' } } },
      201: { $ref: 'shared#' },
      404: { type: 'object', properties: { message: { type: 'string' } } },
      418: { content: { 'application/vnd.tea+json': { schema: { $ref: 'shared#' } } } },
      default: { type: 'object', properties: { fallback: { type: 'string' } } },
    }
    const data = { ok: 1, kept: '7', dropped: 'x', fallback: 2, message: 'm' }
    app.get('/:code', { schema: { response } }, async (request, reply) => {
      const code = Number((request.params as { code: string }).code)
      if (code === 418) reply.type('application/vnd.tea+json')
      return reply.code(code).send(data)
    })
    app.get('/thrown', { schema: { response } }, async () => {
      throw Object.assign(new Error('not here'), { statusCode: 404, extra: 1 })
    })
    app.get('/by-hand', async (_request, reply) => ({
      text: reply.serializeInput(
        { kept: '1', dropped: 1 },
        { type: 'object', properties: { kept: { type: 'number' } } },
      ),
      function: reply.compileSerializationSchema({ type: 'string' })('a' as never),
    }))
    app.register(async (child) => {
      child.setSerializerCompiler(
        ({ httpStatus }) =>
          (value) =>
            JSON.stringify({ httpStatus, value }),
      )
      child.get('/compiler', { schema: { response } }, async () => data)
    })
    app.register(async (child) => {
      child.setReplySerializer((payload, code) => `${code} ${JSON.stringify(payload)}`)
      child.get('/reply-serializer', async () => data)
    })
  },
  requests: [
    '/200',
    '/201',
    '/202',
    '/404',
    '/418',
    '/400',
    '/thrown',
    '/by-hand',
    '/compiler',
    '/reply-serializer',
  ],
}

const statusesOf = (answers: readonly unknown[]) =>
  answers.map((answer) => (answer as { statusCode: number }).statusCode)

describe('unchanged with the plugin', () => {
  test('validation of body, query, params and headers, and what is said about it', async (t) => {
    const { answers } = await staysTheSame(t, validation)
    assert.deepEqual(statusesOf(answers).slice(0, 6), [200, 400, 400, 400, 400, 200])
    for (const context of ['body', 'querystring', 'params', 'headers']) {
      assert.match(JSON.stringify(answers), new RegExp(`${context}[ /]`))
    }
  })

  test('serialization by schemas', async (t) => {
    const { answers } = await staysTheSame(t, serialization)
    assert.equal((answers[1] as { body: string }).body, '{"kept":7}')
  })
})
