import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest, RouteShorthandOptions } from 'fastify'
import { FatalError } from '../src/index.ts'

/** In the message of every error: the log has it, and no client may get it. */
export const SECRET = 'hunter2'

/** One bug. */
export interface Bug {
  readonly name: string
  readonly path: string
  readonly handler: (request: FastifyRequest, reply: FastifyReply) => unknown
  readonly options?: RouteShorthandOptions
  /** The status that the client of the bug must get. */
  readonly client: 200 | 500 | 503 | 'cut'
}

function recurse(): number {
  return recurse() + 1
}

function hostileError(): Error {
  return Object.defineProperties(new Error(), {
    message: {
      get() {
        throw new Error(SECRET)
      },
    },
    stack: {
      get() {
        throw new Error(SECRET)
      },
    },
  })
}

export const fails = async (): Promise<never> => {
  throw new Error(SECRET)
}

/** Bugs whose error Fastify catches: thrown, rejected, or while the answer is made. */
export const CALL_BUGS: readonly Bug[] = [
  { name: 'an async handler rejects', path: '/async', handler: fails, client: 500 },
  {
    name: 'undefined has no property',
    path: '/undefined',
    handler: () => (undefined as unknown as { user: string }).user,
    client: 500,
  },
  {
    name: 'throw a string',
    path: '/string',
    handler: () => {
      throw SECRET
    },
    client: 500,
  },
  {
    name: 'throw null',
    path: '/null',
    handler: () => {
      throw null
    },
    client: 500,
  },
  {
    name: 'an error whose getters throw',
    path: '/hostile',
    handler: () => {
      throw hostileError()
    },
    client: 500,
  },
  { name: 'a stack overflow', path: '/overflow', handler: recurse, client: 500 },
  {
    name: 'an error says 503, Retry-After',
    path: '/later',
    handler: () => {
      throw Object.assign(new Error(SECRET), { statusCode: 503, headers: { 'retry-after': '5' } })
    },
    client: 503,
  },
  {
    name: 'a preHandler hook throws',
    path: '/hook',
    options: { preHandler: fails },
    handler: () => 'never',
    client: 500,
  },
  {
    name: 'an onSend hook throws',
    path: '/on-send',
    options: { onSend: fails },
    handler: () => 'never',
    client: 500,
  },
  {
    name: "the app's error handler throws",
    path: '/handler',
    options: { errorHandler: fails },
    handler: fails,
    client: 500,
  },
  {
    name: 'a body that is circular',
    path: '/circular',
    handler: () => {
      const body: Record<string, unknown> = { secret: SECRET }
      body.self = body
      return body
    },
    client: 500,
  },
  {
    name: 'throw after reply.hijack()',
    path: '/hijack',
    handler: (_request, reply) => {
      reply.hijack()
      throw new Error(SECRET)
    },
    client: 500,
  },
  {
    name: 'a stream fails at once',
    path: '/stream',
    handler: () =>
      new Readable({
        read() {
          this.destroy(new Error(SECRET))
        },
      }),
    client: 500,
  },
  {
    name: 'a stream fails half way',
    path: '/half',
    handler: () => {
      let isFirst = true
      return new Readable({
        read() {
          if (isFirst) this.push('half of the answer')
          else setImmediate(() => this.destroy(new Error(SECRET)))
          isFirst = false
        },
      })
    },
    client: 'cut',
  },
]

/** The last bug, which ends the process. */
export const FATAL_BUG: Bug = {
  name: 'throw new FatalError()',
  path: '/fatal',
  handler: () => {
    throw new FatalError('the ledger does not add up', { cause: new Error(SECRET) })
  },
  client: 500,
}
