import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Form, good, text, WITH_TRAILERS } from './form.ts'

/** More than the system buffers for a client that does not read. */
const LARGE = 120_000

/** The pieces of a text. */
export async function* pieces(whole: string, count: number, pause = 0): AsyncGenerator<string> {
  const size = Math.ceil(whole.length / count)
  for (let at = 0; at < whole.length; at += size) {
    if (pause > 0) await sleep(pause)
    yield whole.slice(at, at + size)
  }
}

/** Answers without a fault. */
export const GOOD: readonly Form[] = [
  {
    name: 'json',
    weight: 4,
    handler: async ({ id }) => ({ id, again: text(id, 3) }),
    answers: [{ status: 200, body: (id) => JSON.stringify({ id, again: text(id, 3) }) }],
  },
  { name: 'string', weight: 4, handler: async ({ id }) => text(id, 3), answers: [good()] },
  { name: 'string-by-send', handler: ({ id }, reply) => reply.send(text(id, 3)), answers: [good()] },
  { name: 'buffer', handler: async ({ id }) => Buffer.from(text(id, 50)), answers: [good(50)] },
  { name: 'large', handler: async ({ id }) => text(id, 10_000), answers: [good(10_000)] },
  {
    name: 'empty',
    handler: (_request, reply) => reply.send(),
    answers: [{ status: 200, body: () => '' }],
  },
  {
    name: 'stream',
    weight: 2,
    handler: async ({ id }) => Readable.from(pieces(text(id, 40), 8)),
    answers: [good(40)],
  },
  {
    name: 'stream-of-length',
    weight: 2,
    handler: ({ id }, reply) => {
      const whole = text(id, 40)
      return reply.header('content-length', whole.length).send(Readable.from(pieces(whole, 8)))
    },
    answers: [good(40)],
  },
  {
    name: 'slow-stream',
    handler: async ({ id }) => Readable.from(pieces(text(id, 12), 6, 8)),
    answers: [good(12)],
  },
  {
    name: 'large-stream',
    handler: async ({ id }) => Readable.from(pieces(text(id, LARGE), 60)),
    answers: [good(LARGE)],
  },
  {
    name: 'web-stream',
    handler: async ({ id }) => {
      const bytes = new TextEncoder().encode(text(id, 20))
      return new ReadableStream({
        start(controller) {
          controller.enqueue(bytes.subarray(0, 7))
          controller.enqueue(bytes.subarray(7))
          controller.close()
        },
      })
    },
    answers: [good(20)],
  },
  {
    name: 'web-response',
    handler: async ({ id }) => new Response(text(id, 20), { status: 202, headers: { 'x-of': id } }),
    answers: [{ status: 202, body: (id) => text(id, 20), headers: (id) => ({ 'x-of': id }) }],
  },
  {
    name: 'slow',
    weight: 2,
    handler: async ({ id }) => {
      await sleep(25)
      return text(id, 3)
    },
    answers: [good()],
  },
  { name: 'head', method: 'HEAD', weight: 2, handler: async ({ id }) => text(id, 9), answers: [good(9)] },
  {
    name: 'head-of-stream',
    method: 'HEAD',
    handler: async ({ id }) => Readable.from(pieces(text(id, 9), 3)),
    answers: [good(9)],
  },
  {
    name: 'no-content',
    weight: 2,
    handler: ({ id }, reply) => reply.code(204).header('x-of', id).send(),
    answers: [{ status: 204, body: () => '', headers: (id) => ({ 'x-of': id }) }],
  },
  {
    name: 'no-content-with-a-body',
    handler: (_request, reply) => reply.code(204).send('a body that must not be sent'),
    answers: [{ status: 204, body: () => '' }],
  },
  {
    name: 'not-modified',
    weight: 2,
    handler: ({ id }, reply) => reply.code(304).header('etag', `"${id}"`).send(),
    answers: [{ status: 304, body: () => '', headers: (id) => ({ etag: `"${id}"` }) }],
  },
  {
    name: 'trailers',
    ...WITH_TRAILERS,
    weight: 2,
    handler: ({ id }, reply) => reply.trailer('x-trailer', async () => id).send(text(id, 5)),
    answers: [{ ...good(5), trailers: (id) => ({ 'x-trailer': id }) }],
  },
  {
    name: 'cookies',
    handler: ({ id }, reply) => reply.setCookie('a', id).setCookie('b', `${id}b`).send(text(id, 2)),
    answers: [
      {
        ...good(2),
        headers: (id) => ({ 'set-cookie': [`a=${id}; SameSite=Lax`, `b=${id}b; SameSite=Lax`] }),
      },
    ],
  },
  {
    name: 'early-hints',
    handler: ({ id }, reply) => {
      reply.raw.writeEarlyHints({ link: `</${id}>; rel=preload` })
      return reply.send(text(id, 3))
    },
    answers: [good()],
  },
  {
    name: 'redirect',
    handler: ({ id }, reply) => reply.redirect(`/elsewhere/${id}`),
    answers: [{ status: 302, body: () => '', headers: (id) => ({ location: `/elsewhere/${id}` }) }],
  },
  {
    name: 'hijacked',
    isRaw: true,
    handler: ({ id }, reply) => {
      reply.hijack()
      reply.raw.writeHead(200, { 'x-id': id })
      reply.raw.write(text(id, 2))
      setImmediate(() => reply.raw.end(text(id, 2)))
    },
    answers: [good(4)],
  },
  {
    name: 'closes',
    closes: true,
    handler: ({ id }, reply) => reply.header('connection', 'close').send(text(id, 3)),
    answers: [good()],
    only: 1,
  },
  {
    name: 'sends-twice',
    isFaulty: true,
    isPlain: true,
    handler: ({ id }, reply) => {
      reply.send(text(id, 3))
      reply.send('the second answer')
    },
    answers: [good()],
  },
]
