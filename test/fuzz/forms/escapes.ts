import { EventEmitter } from 'node:events'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { boom, type Form, GRACE, good, masked, never, SECRET, text } from './form.ts'
import { pieces } from './good.ts'

/** Lets something escape, and answers 200 all the same. */
function answersWell(name: string, fail: (reply: FastifyReply, request: FastifyRequest) => unknown): Form {
  return {
    name,
    isFaulty: true,
    handler: async (request, reply) => {
      fail(reply, request)
      return text(request.id, 3)
    },
    answers: [good()],
  }
}

/** Lets something escape, and never answers. */
function hangs(name: string, fail: (reply: FastifyReply, request: FastifyRequest) => unknown): Form {
  return {
    name,
    isFaulty: true,
    handler: (request, reply) => {
      fail(reply, request)
      return never()
    },
    answers: [masked()],
  }
}

const reject = async (after: number): Promise<never> => {
  await sleep(after)
  return boom()
}

/** What nobody catches. */
export const ESCAPES: readonly Form[] = [
  hangs('timer', () => setTimeout(boom, 5)),
  hangs('immediate', () => setImmediate(boom)),
  { ...hangs('tick', () => process.nextTick(boom)), stopsParser: true },
  hangs('rejection', () => void Promise.reject(new Error(SECRET))),
  hangs('late-rejection', () => void reject(10)),
  hangs('error-event', () => setImmediate(() => new EventEmitter().emit('error', new Error(SECRET)))),
  {
    ...hangs('readable', () => new Readable({ read() {} }).destroy(new Error(SECRET))),
    stopsParser: true,
  },
  hangs('two-escapes', () => {
    setTimeout(boom)
    setImmediate(boom)
  }),
  hangs('hijacks-and-escapes', (reply) => {
    reply.hijack()
    setTimeout(boom)
  }),
  hangs('prepared-head', (reply, { id }) => {
    reply.code(201).header('content-length', 3).header('x-of-the-success', id).type('text/html')
    reply.raw.setHeader('transfer-encoding', 'chunked')
    setTimeout(boom)
  }),
  answersWell('rejection-and-a-good-answer', () => void Promise.reject(new Error(SECRET))),
  answersWell('timer-after-the-answer', () => setTimeout(boom, 5)),
  { ...answersWell('tick-and-a-good-answer', () => process.nextTick(boom)), stopsParser: true },
  answersWell('immediate-after-the-answer', () => setImmediate(boom)),
  answersWell('rejection-after-the-answer', () => void reject(15)),
  answersWell('long-after-the-answer', () => setTimeout(boom, 60)),
  { ...answersWell('finish', (reply) => reply.raw.on('finish', boom)), stopsParser: true },
  {
    ...answersWell('close', (reply) => reply.raw.on('close', boom)),
    stopsParser: true,
    isNamedAfterNeighbours: true,
  },
  {
    ...answersWell('tick-after-close', (reply) => reply.raw.on('close', () => process.nextTick(boom))),
    stopsParser: true,
    isNamedAfterNeighbours: true,
  },
  {
    ...answersWell('close-rejects', (reply) => reply.raw.on('close', async () => boom())),
    isNamedAfterNeighbours: true,
  },
  {
    ...answersWell('prefinish', (reply) => reply.raw.on('prefinish', () => setImmediate(boom))),
    isNamedAfterNeighbours: true,
  },
  {
    ...answersWell('escapes-in-on-response', () => {}),
    route: { onResponse: async () => void Promise.reject(new Error(SECRET)) },
  },
  { ...answersWell('on-response-throws', () => {}), route: { onResponse: boom } },
  { ...answersWell('on-response-rejects', () => {}), route: { onResponse: async () => boom() } },
  {
    ...answersWell('done-and-then-a-throw', () => {}),
    route: {
      preHandler: (_request, _reply, done) => {
        done()
        boom()
      },
    },
  },
  {
    name: 'circular-in-a-callback',
    isFaulty: true,
    handler: ({ id }, reply) => {
      const circular: Record<string, unknown> = { id }
      circular.self = circular
      setTimeout(() => reply.send(circular))
    },
    answers: [masked()],
  },
  {
    name: 'a-stream-that-flows-on',
    isFaulty: true,
    handler: async ({ id }) => {
      setTimeout(boom)
      return Readable.from(pieces(text(id, 40), 20, GRACE / 10))
    },
    answers: [good(40)],
  },
  {
    name: 'a-stream-that-stalls',
    isFaulty: true,
    handler: async ({ id }) => {
      setTimeout(boom, 10)
      let isFirst = true
      return new Readable({
        read() {
          if (isFirst) this.push(text(id, 5))
          isFirst = false
        },
      })
    },
    answers: [{ ...good(20), isCut: true }],
  },
  {
    name: 'a-stream-without-its-first-byte',
    isFaulty: true,
    handler: ({ id }, reply) => {
      setTimeout(boom)
      return reply
        .header('content-length', 9)
        .header('x-of-the-success', id)
        .send(new Readable({ read() {} }))
    },
    answers: [masked()],
  },
  {
    name: 'on-send-hangs',
    isFaulty: true,
    route: { onSend: () => void setTimeout(boom) },
    handler: async ({ id }) => text(id, 3),
    answers: [masked()],
  },
  {
    name: 'answers-too-late',
    isFaulty: true,
    handler: async ({ id }) => {
      process.nextTick(boom)
      await sleep(GRACE * 2)
      return text(id, 3)
    },
    stopsParser: true,
    answers: [masked(), good()],
  },
  {
    name: 'streams-too-late',
    isFaulty: true,
    handler: async ({ id }) => {
      setTimeout(boom)
      return Readable.from(pieces(text(id, 4), 2, GRACE * 1.5))
    },
    answers: [masked(), good(4)],
  },
  {
    name: 'hijacked-and-begun',
    isFaulty: true,
    isRaw: true,
    handler: ({ id }, reply) => {
      reply.hijack()
      reply.raw.write(text(id, 2))
      setTimeout(boom)
    },
    answers: [{ ...good(20), isCut: true }],
  },
  {
    name: 'hijacked-begun-and-ended',
    isFaulty: true,
    isRaw: true,
    handler: ({ id }, reply) => {
      reply.hijack()
      reply.raw.write(text(id, 2))
      setTimeout(boom)
      setTimeout(() => reply.raw.end(text(id, 2)), GRACE / 4)
    },
    answers: [good(4)],
  },
  {
    // on HTTP/2 Node 20 may forget to call back the writes of a stream when another one is reset
    name: 'write-callback',
    only: 1,
    isFaulty: true,
    isFirst: true,
    stopsParser: true,
    isNamedAfterNeighbours: true,
    isRaw: true,
    handler: ({ id }, reply) => {
      reply.hijack()
      reply.raw.write(text(id, 2), boom)
    },
    answers: [{ ...good(20), isCut: true }],
  },
]
