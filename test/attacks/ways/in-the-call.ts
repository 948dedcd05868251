import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { type Body, forever, get, json, post, use, type Way } from '../way.ts'

const absent = (request: { query: unknown }): number => use(request.query)

/** Bugs in functions that Fastify calls, or in an answer: bare Fastify survives these, too. */
export const inTheCall: Readonly<Record<string, Way>> = {
  'a synchronous handler throws': get(absent),
  'an asynchronous handler rejects': get(async (request) => absent(request)),
  'a handler throws what the client has sent': post(
    (body) => {
      throw body
    },
    { statusCode: 200, message: 'x'.repeat(100_000) },
    null,
    'null',
    '"text"',
  ),
  'an onRequest hook throws': get(() => 'ok', {}, { onRequest: async (request) => void absent(request) }),
  'a preHandler hook with a callback throws': get(
    () => 'ok',
    {},
    { preHandler: (request) => void absent(request) },
  ),
  'an onSend hook throws': get(() => 'ok', {}, { onSend: async (request) => void absent(request) }),
  'a preSerialization hook throws': get(
    () => ({}),
    {},
    { preSerialization: async (request) => void absent(request) },
  ),
  'an onResponse hook throws': get(() => 'ok', {}, { onResponse: async (request) => void absent(request) }),
  'an onError hook throws': get(absent, {}, { onError: async (request) => void absent(request) }),
  'an error handler throws': get(absent, {}, { errorHandler: (_error, request) => void absent(request) }),
  'a not-found handler throws': { app: (app) => app.setNotFoundHandler((request) => void absent(request)) },
  'a validator throws': get(
    () => 'ok',
    {},
    {
      schema: { querystring: {} },
      validatorCompiler: () => (query) => use(query) > 0,
    },
  ),
  'a serializer throws': get((_request, reply) => reply.serializer((body) => String(use(body))).send({})),
  'a decorator throws': {
    app: (app) => {
      app.decorateRequest('user', { getter: () => use({}) })
      app.get('/bug', (request) => (request as unknown as { user: string }).user)
    },
  },
  'a content-type parser throws at once': {
    app: (app) => {
      app.addContentTypeParser('text/bug', { parseAs: 'string' }, (_request: unknown, text: string) =>
        JSON.parse(text),
      )
      app.post('/bug', () => 'ok')
    },
    send: { method: 'POST', headers: { 'content-type': 'text/bug' }, body: '{' },
  },
  'an answer is circular': get(() => {
    const circular: Body = {}
    circular.self = circular
    return circular
  }),
  'an answer has a BigInt': get(() => ({ n: 1n })),
  'a request is answered twice': get(async (_request, reply) => {
    reply.send('one')
    reply.send('two')
    return 'three'
  }),
  'a response is written to after its end': get((_request, reply) => {
    reply.hijack()
    reply.raw.end('one')
    reply.raw.write('two')
    reply.raw.setHeader('x-late', 'three')
  }),
  'a request is never answered': { ...get(forever), times: 500 },
  'a header of the answer has bytes of the client': post(
    (body, reply) => reply.header('x-name', body.name).send('ok'),
    {
      name: 'a\r\nset-cookie: b',
    },
  ),
  'a redirect has bytes of the client': post((body, reply) => reply.redirect(body.to), {
    to: '/\u0000\u{1f600}',
  }),
  'a status is the client’s': post(
    (body, reply) => reply.code(body.status).send('ok'),
    { status: 999_999 },
    { status: 'x' },
  ),
  'a raw status is the client’s': post(
    (body, reply) => {
      reply.hijack()
      reply.raw.writeHead(body.status, body.phrase)
      reply.raw.end()
    },
    { status: 9, phrase: 'x' },
    { status: 200, phrase: '\n' },
  ),
  'a content-length is the client’s': post(
    (body, reply) => reply.header('content-length', body.length).send('ok'),
    {
      length: 1e9,
    },
    { length: 1 },
    { length: 'x' },
  ),
  'a file that the client names is missing': post(
    (body, reply) => reply.send(createReadStream(body.path)),
    {
      path: '/does/not/exist',
    },
    { path: '/tmp' },
    { path: '\u0000' },
  ),
  'a stream of the answer fails in the middle': get((_request, reply) => {
    let chunks = 0
    const body = new Readable({
      read() {
        chunks += 1
        if (chunks > 2) this.destroy(new Error('the source is gone'))
        else this.push('x'.repeat(1000))
      },
    })
    return reply.send(body)
  }),
  'a number, date or text is made of what the client sent': post(
    (body) => {
      if (body.digits) return (1).toFixed(body.digits)
      if (body.date) return new Date(body.date).toISOString()
      if (body.uri) return decodeURIComponent(body.uri)
      if (body.big) return BigInt(body.big).toString()
      return new RegExp(body.pattern).source
    },
    { digits: 999 },
    { date: 'x' },
    { uri: '%' },
    { big: 'x' },
    { pattern: '(' },
  ),
  'a deep body is walked recursively': {
    ...post((body) => {
      const depth = (value: Body): number => 1 + Math.max(0, ...Object.values(value ?? {}).map(depth))
      return { depth: depth(body) }
    }),
    send: json(`${'[1,'.repeat(40_000)}1${']'.repeat(40_000)}`),
  },
  'a deep body is sent back': {
    ...post((body) => body),
    send: json(`${'[1,'.repeat(200_000)}1${']'.repeat(200_000)}`),
    times: 20,
  },
  'a text is as long as the client says': post(
    (body) => `${'x'.repeat(body.n)}`.length,
    { n: 2 ** 30 },
    { n: -1 },
  ),
  'an array is as long as the client says': post(
    (body) => new Array(body.n).length,
    { n: 2 ** 33 },
    { n: -1 },
  ),
  'a buffer is as long as the client says': {
    ...post((body) => Buffer.alloc(body.n).length, { n: 1e15 }, { n: 2 ** 52 }, { n: -1 }),
    times: 20,
  },
  'an array buffer is as long as the client says': {
    ...post((body) => new ArrayBuffer(body.n).byteLength, { n: 2 ** 45 }, { n: -1 }),
    times: 20,
  },
  'an error has the properties that an upstream sent': post(
    (body) => {
      throw Object.assign(new Error(body.message), body)
    },
    { message: 'x', code: 'EMFILE', errno: -24, syscall: 'open' },
    {
      message: 'x',
      code: 'ERR_INTERNAL_ASSERTION',
      name: 'FatalError',
      fatal: true,
      isFatal: true,
      exitCode: 70,
      verdict: 'fatal',
    },
  ),
  'an error has the stack of an upstream, too': post(
    (body) => {
      throw Object.assign(new Error(body.message), body)
    },
    {
      message: 'x',
      code: 'ERR_INTERNAL_ASSERTION',
      stack: 'Error: x\n    at assert (node:internal/assert:14:11)',
    },
  ),
  'an error has the stack of an upstream that is out of descriptors': post(
    (body) => {
      throw Object.assign(new Error(body.message), body)
    },
    { message: 'x', code: 'EMFILE', errno: -24, syscall: 'open', stack: '' },
  ),
  'an error has causes as deep as the client says': post(
    (body) => {
      let error = new Error('the first')
      for (let n = 0; n < body.n; n += 1) error = new Error('next', { cause: error })
      throw error
    },
    { n: 500 },
  ),
  'an AggregateError has as many errors as the client says': post(
    (body) => {
      throw new AggregateError(Array.from({ length: body.n }, () => new Error('one of many')))
    },
    { n: 500 },
  ),
}
