import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import Fastify, { type FastifyInstance } from 'fastify'
import { isolate } from '../../src/index.ts'
import { resolveOptions } from '../../src/options/resolve.ts'

/** In every text that an error carries; it must never come out. */
const SECRET = 'hunter2-planted'

const log: Record<string, unknown>[] = []
let app: FastifyInstance
let port: number
let thrown: unknown
let headers: Record<string, unknown>

before(async () => {
  app = Fastify({ logger: { stream: { write: (line: string) => log.push(JSON.parse(line)) } } })
  app.register(isolate({ log: { burst: Number.POSITIVE_INFINITY } }))
  app.get('/throws', () => {
    throw thrown
  })
  app.get('/rejects', async () => {
    throw thrown
  })
  app.get('/headers', async (_request, reply) => {
    for (const [name, value] of Object.entries(headers)) reply.header(name, value)
    throw thrown
  })
  app.get('/hook', { preHandler: async () => Promise.reject(thrown) }, async () => 'passed')
  await app.listen({ port: 0 })
  port = (app.server.address() as { port: number }).port
})

after(() => app.close())

/** One request on a connection of its own, read to its end. */
async function ask(path: string): Promise<{ head: string; body: string }> {
  const socket = connect(port, 'localhost')
  socket.setEncoding('latin1')
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
  })
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
  await once(socket, 'close')
  const end = text.indexOf('\r\n\r\n')
  return { head: text.slice(0, end), body: text.slice(end + 4) }
}

const textWithSecret = fc.string({ unit: 'grapheme' }).map((text) => `${text}${SECRET}${text}`)

const properties = fc.dictionary(
  fc.constantFrom(
    'code',
    'status',
    'statusCode',
    'cause',
    'detail',
    'validation',
    'headers',
    'toJSON',
    'name',
  ),
  fc.oneof(fc.anything(), textWithSecret),
  { noNullPrototype: true },
)

/** Errors that are faults: an own statusCode of 400 to 499 would make them answers. */
const faults = fc
  .oneof(
    fc.tuple(textWithSecret, properties).map(([message, own]) => Object.assign(new Error(message), own)),
    fc.tuple(textWithSecret, properties).map(([message, own]) => Object.assign(new TypeError(message), own)),
    fc.tuple(textWithSecret, textWithSecret).map(([a, b]) => new AggregateError([new Error(a), b], a)),
    textWithSecret,
    fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }),
    properties,
  )
  .filter((value) => !isClientError(value))

function isClientError(value: unknown): boolean {
  const status = value instanceof Error ? (value as { statusCode?: unknown }).statusCode : undefined
  return typeof status === 'number' && status >= 400 && status <= 499
}

function isServerError(value: unknown): value is { statusCode: number } {
  const status = value instanceof Error ? (value as { statusCode?: unknown }).statusCode : undefined
  return typeof status === 'number' && Number.isInteger(status) && status >= 500 && status <= 599
}

async function checkOneAnswer(path: string): Promise<void> {
  log.length = 0
  const { head, body } = await ask(path)
  const [statusLine = '', ...fields] = head.split('\r\n')
  const status = isServerError(thrown) ? thrown.statusCode : 500
  assert.match(statusLine, new RegExp(`^HTTP/1\\.1 ${status} `))
  for (const field of fields) assert.match(field, /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+: [\t\x20-\x7e\x80-\xff]*$/)
  const length = fields.find((field) => /^content-length: /i.test(field))
  assert.equal(Number(length?.slice(16)), body.length, 'Content-Length is the length of the body')
  const answer = JSON.parse(body)
  assert.equal(answer.statusCode, status)
  assert.ok(!`${head}${body}`.includes(SECRET), `the secret came out: ${body}`)
  const lines = log.filter((line) => (line.level as number) >= 40)
  assert.equal(lines.length, 1, `one line a fault: ${JSON.stringify(lines)}`)
  assert.equal((lines[0] as { req?: { route?: string } }).req?.route, path)
}

for (const path of ['/throws', '/rejects', '/hook']) {
  test(`whatever is thrown in ${path}: one masked answer, one line`, async () => {
    const property = fc.asyncProperty(faults, async (value) => {
      thrown = value
      await checkOneAnswer(path)
    })
    await fc.assert(property, { numRuns: 150 })
  })
}

test('whatever headers a handler had set: one masked answer, valid HTTP', async () => {
  const names = fc.oneof(
    fc.constantFrom(
      'content-length',
      'transfer-encoding',
      'content-type',
      'set-cookie',
      'etag',
      'connection',
    ),
    fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/),
  )
  const values = fc.oneof(
    textWithSecret,
    fc.constant(`a\r\nx-injected: ${SECRET}`),
    fc.integer(),
    fc.array(fc.string()),
  )
  const property = fc.asyncProperty(
    fc.dictionary(names, values, { noNullPrototype: true }),
    faults,
    async (set, value) => {
      headers = set
      thrown = value
      await checkOneAnswer('/headers')
    },
  )
  await fc.assert(property, { numRuns: 150 })
})

test('whatever the options are: accepted, or refused with an error that names one', () => {
  const keys = ['classify', 'expected', 'answer', 'expose', 'escapes', 'grace', 'leave', 'log', 'leeve']
  const options = fc.oneof(
    fc.anything(),
    fc.dictionary(fc.constantFrom(...keys), fc.anything(), { noNullPrototype: true }),
  )
  fc.assert(
    fc.property(options, (value) => {
      try {
        resolveOptions(value)
      } catch (error) {
        assert.equal((error as { code: string }).code, 'FST_ISOLATE_BAD_OPTION')
        assert.match((error as Error).message, /^(Expected `|Unknown option `|Expected )/)
      }
    }),
    { numRuns: 1000 },
  )
})
