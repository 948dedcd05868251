import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest, RouteShorthandOptions } from 'fastify'
import { boom, type Form, good, masked, never, SECRET, text, WITH_TRAILERS } from './form.ts'
import { pieces } from './good.ts'

const STRANGE: Readonly<Record<string, unknown>> = {
  null: null,
  undefined: undefined,
  string: SECRET,
  number: 42,
  symbol: Symbol(SECRET),
  function: boom,
  frozen: Object.freeze(new Error(SECRET)),
  object: { secret: SECRET },
  buffer: Buffer.from(SECRET),
  'status-204': Object.assign(new Error(SECRET), { statusCode: 204 }),
  'status-100': Object.assign(new Error(SECRET), { statusCode: 100 }),
  'status-999': Object.assign(new Error(SECRET), { statusCode: 999 }),
}

/** What is thrown: by a handler at once, by a promise, and once the head of a success was prepared. */
const thrown: Form[] = Object.entries(STRANGE).map(([name, value], i) => ({
  name: `throws-${name}`,
  isFaulty: true,
  weight: 0.4,
  handler: (_request: FastifyRequest, reply: FastifyReply) => {
    reply.header('x-of-the-success', 'yes').code(i % 2 === 0 ? 201 : 204)
    if (i % 3 === 0) return Promise.reject(value)
    throw value
  },
  answers: [masked()],
}))

const HOOKS: readonly (keyof RouteShorthandOptions)[] = [
  'onRequest',
  'preParsing',
  'preValidation',
  'preHandler',
  'preSerialization',
  'onSend',
]

const hooks: Form[] = HOOKS.flatMap((hook) => [
  {
    name: `${hook}-rejects`,
    isFaulty: true,
    route: { [hook]: async () => boom() },
    handler: async ({ id }: FastifyRequest) => ({ id }),
    answers: [masked()],
  },
  {
    name: `${hook}-throws`,
    isFaulty: true,
    weight: 0.5,
    route: { [hook]: (_request: unknown, _reply: unknown, _third: unknown, _done?: unknown) => boom() },
    handler: async ({ id }: FastifyRequest) => ({ id }),
    answers: [masked()],
  },
])

/** A stream that breaks after a part of the answer. */
function breaking(id: string, breaks: (stream: Readable) => void): Readable {
  let isFirst = true
  return new Readable({
    read() {
      if (isFirst) this.push(text(id, 5))
      else setImmediate(() => breaks(this))
      isFirst = false
    },
  })
}
const halved = { ...good(20), isCut: true }
const fails = (stream: Readable): unknown => stream.destroy(new Error(SECRET))

const streams: Form[] = [
  {
    name: 'stream-fails-at-once',
    isFaulty: true,
    handler: async () => new Readable({ read: () => {} }).destroy(new Error(SECRET)),
    answers: [masked()],
  },
  {
    name: 'stream-fails-before-its-first-byte',
    isFaulty: true,
    handler: (_request, reply) =>
      reply
        .header('content-length', 1000)
        .code(206)
        .send(
          new Readable({
            read() {
              setImmediate(() => this.destroy(new Error(SECRET)))
            },
          }),
        ),
    answers: [masked()],
  },
  {
    name: 'stream-fails',
    weight: 2,
    isFaulty: true,
    handler: async ({ id }) => breaking(id, fails),
    answers: [halved],
  },
  {
    name: 'stream-of-length-fails',
    weight: 2,
    isFaulty: true,
    handler: ({ id }, reply) => reply.header('content-length', text(id, 20).length).send(breaking(id, fails)),
    answers: [halved],
  },
  {
    name: 'stream-is-destroyed',
    isFaulty: true,
    handler: async ({ id }) => breaking(id, (stream) => stream.destroy()),
    answers: [halved],
  },
  {
    name: 'web-stream-fails',
    isFaulty: true,
    handler: async ({ id }) => {
      let isFirst = true
      return new ReadableStream({
        pull(controller) {
          if (isFirst) controller.enqueue(new TextEncoder().encode(text(id, 5)))
          else controller.error(new Error(SECRET))
          isFirst = false
        },
      })
    },
    answers: [halved],
  },
  {
    name: 'head-of-a-failing-stream',
    method: 'HEAD',
    isFaulty: true,
    handler: async ({ id }) => breaking(id, fails),
    answers: [good(20), masked(), halved],
  },
  {
    name: 'trailers-and-a-failing-stream',
    ...WITH_TRAILERS,
    isFaulty: true,
    handler: ({ id }, reply) => reply.trailer('x-trailer', async () => id).send(breaking(id, fails)),
    answers: [halved],
  },
  {
    name: 'stream-of-objects',
    isFaulty: true,
    handler: async ({ id }) => Readable.from([text(id, 5), { a: 1 }]),
    answers: [{ ...good(5), isCut: true }],
  },
]

const heads: Form[] = [
  {
    name: 'throws-after-a-prepared-head',
    weight: 3,
    isFaulty: true,
    handler: ({ id }, reply) => {
      reply.code(201).header('content-length', 3).header('etag', id).header('x-of-the-success', id)
      reply.setCookie('a', id).trailer('x-trailer', async () => id)
      reply.raw.setHeader('transfer-encoding', 'chunked')
      boom()
    },
    answers: [masked()],
  },
  {
    name: 'throws-after-304',
    isFaulty: true,
    handler: async (_request, reply) => {
      reply.code(304)
      boom()
    },
    answers: [masked()],
  },
  {
    name: 'head-throws',
    method: 'HEAD',
    isFaulty: true,
    handler: boom,
    answers: [masked()],
  },
  {
    name: 'circular',
    isFaulty: true,
    handler: async ({ id }) => {
      const circular: Record<string, unknown> = { id, secret: SECRET }
      circular.self = circular
      return circular
    },
    answers: [masked()],
  },
  {
    name: 'splits-a-header',
    isFaulty: true,
    handler: ({ id }, reply) =>
      reply.header('x-split', `${id}\r\ncontent-length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n`).send(text(id, 3)),
    answers: [masked()],
    only: 1,
  },
  {
    name: 'splits-the-location',
    isFaulty: true,
    handler: ({ id }, reply) => {
      reply.header('location', `/\r\nx-evil: ${id}`).code(302).send()
    },
    answers: [masked()],
    only: 1,
  },
  {
    name: 'splits-the-phrase',
    isPlain: true,
    isFaulty: true,
    handler: ({ id }, reply) => {
      reply.raw.statusMessage = `OK\r\nx-evil: ${id}`
      return reply.send(text(id, 3))
    },
    answers: [masked()],
    only: 1,
  },
  {
    name: 'hostile-headers-of-an-error',
    isFaulty: true,
    handler: () => {
      const headers = {
        'retry-after': `1\r\nset-cookie: a=${SECRET}`,
        'content-length': '3',
        'transfer-encoding': 'chunked',
        connection: 'close',
        'x-of-the-success': 'yes',
      }
      throw Object.assign(new Error(SECRET), { statusCode: 503, headers })
    },
    answers: [
      { ...masked(503), headers: () => ({ 'retry-after': undefined, 'x-of-the-success': undefined }) },
    ],
  },
  {
    name: 'hijacks-and-throws',
    isFaulty: true,
    handler: (_request, reply) => {
      reply.hijack()
      boom()
    },
    answers: [masked()],
  },
  {
    name: 'error-handler-throws',
    isFaulty: true,
    route: { errorHandler: boom },
    handler: boom,
    answers: [masked()],
  },
  {
    name: 'on-send-throws-for-the-500-too',
    isFaulty: true,
    route: { onSend: async () => boom() },
    handler: boom,
    answers: [masked()],
  },
  {
    name: 'writes-and-throws',
    isFaulty: true,
    isRaw: true,
    handler: async ({ id }, reply) => {
      reply.raw.write(text(id, 5))
      boom()
    },
    answers: [halved],
  },
  {
    // on HTTP/2 Node 20 may then forget the writes of the other streams, in bare Node too
    name: 'destroys-the-response',
    only: 1,
    isFaulty: true,
    handler: (_request, reply) => {
      reply.raw.destroy(new Error(SECRET))
      return never()
    },
    answers: [{ status: 200, body: () => '', isCut: true }],
  },
  {
    name: 'sends-and-throws',
    isFaulty: true,
    handler: ({ id }, reply) => {
      reply.send(text(id, 3))
      boom()
    },
    answers: [good()],
  },
  {
    name: 'sends-a-stream-and-throws',
    isFaulty: true,
    handler: ({ id }, reply) => {
      reply.send(Readable.from(pieces(text(id, 20), 4, 2)))
      boom()
    },
    answers: [good(20)],
  },
  {
    name: 'times-out',
    weight: 0.5,
    isFaulty: true,
    route: { handlerTimeout: 40 },
    handler: never,
    answers: [masked(503)],
  },
]

/** What Fastify or a guard catches in the call. */
export const FAULTS: readonly Form[] = [...thrown, ...hooks, ...streams, ...heads]
