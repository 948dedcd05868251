import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FastifyInstance, InjectOptions } from 'fastify'
import { type Note, type Scenario, staysTheSame } from '../support/differential.ts'

function addParsers(app: FastifyInstance, note: Note): void {
  const echo = async (request: { body: unknown }) => ({ body: request.body, type: typeof request.body })
  app.addContentTypeParser('application/x-callback', { parseAs: 'string' }, (_request, body, done) =>
    done(null, { callback: body }),
  )
  app.addContentTypeParser(
    'application/x-async',
    { parseAs: 'buffer' },
    async (_request: unknown, body: Buffer) => ({
      length: body.length,
    }),
  )
  app.addContentTypeParser(/^text\/x-.+/, async (_request: unknown, payload: AsyncIterable<Buffer>) => {
    let length = 0
    for await (const chunk of payload) length += chunk.length
    return { length }
  })
  app.addContentTypeParser('application/x-refused', (_request, _payload, done) =>
    done(Object.assign(new Error('not in this house'), { statusCode: 422, code: 'REFUSED' })),
  )
  app.post('/', echo)
  app.post('/small', { bodyLimit: 4 }, echo)
  app.register(async (child) => {
    child.removeContentTypeParser('application/json')
    child.addContentTypeParser('*', (_request, payload, done) => {
      payload.resume().on('end', () => done(null, 'anything'))
    })
    child.post('/child', echo)
    note(child.hasContentTypeParser('application/json'), app.hasContentTypeParser('application/json'))
  })
}

const send = (url: string, type: string | undefined, payload: string): InjectOptions => ({
  method: 'POST',
  url,
  payload,
  headers: type === undefined ? {} : { 'content-type': type },
})

const parsing: Scenario = {
  install: addParsers,
  requests: [
    send('/', 'application/json', '{"a":1}'),
    send('/', 'application/json', '{"a":'),
    send('/', 'application/json', ''),
    send('/', 'application/json', '{"__proto__":{}}'),
    send('/', 'text/plain', 'text'),
    send('/', 'application/x-callback', 'cb'),
    send('/', 'application/x-async', 'async'),
    send('/', 'text/x-stream', 'streamed'),
    send('/', 'application/x-refused', 'no'),
    send('/', 'application/unknown', '?'),
    send('/', undefined, 'no type'),
    send('/', 'not a type', '?'),
    send('/small', 'application/json', '{"a":12345}'),
    send('/child', 'application/json', '{"a":1}'),
    {
      ...send('/', 'application/json', '{}'),
      headers: { 'content-type': 'application/json', 'content-length': '9' },
    },
  ],
}

const statusesOf = (answers: readonly unknown[]) =>
  answers.map((answer) => (answer as { statusCode: number }).statusCode)

test('unchanged with the plugin: parsers of bodies, and bodies that none can parse', async (t) => {
  const { answers } = await staysTheSame(t, parsing)
  assert.deepEqual(
    statusesOf(answers),
    [200, 400, 400, 400, 200, 200, 200, 200, 422, 415, 415, 415, 413, 200, 400],
  )
})
