import { setTimeout as sleep } from 'node:timers/promises'
import { FatalError } from '../../../src/index.ts'
import { type Form, good, masked, never, SECRET, text } from './form.ts'

/** The exception at which a server recycles that is old enough. */
export const RECYCLES = new Error(SECRET)

/** Requests that are in flight when the process leaves, and the one that makes it leave. */
export const LEAVING = {
  /** Answers a while after the process has begun to leave. */
  late: {
    name: 'late',
    handler: async ({ id, server }) => {
      while (server.isolation.state === 'serving') await sleep(5)
      await sleep(Number.parseInt(id.slice(-2), 16))
      return text(id, 3)
    },
    answers: [good()],
  },
  /** Begins its answer while the process serves, and ends it while it leaves. */
  lateEnd: {
    name: 'late-end',
    isRaw: true,
    handler: async ({ id, server }, reply) => {
      reply.hijack()
      reply.raw.write(text(id, 2))
      while (server.isolation.state === 'serving') await sleep(5)
      await sleep(Number.parseInt(id.slice(-2), 16))
      reply.raw.end(text(id, 2))
    },
    answers: [good(4)],
  },
  /** Fails while the process leaves. */
  lateFault: {
    name: 'late-fault',
    isFaulty: true,
    handler: async ({ server }) => {
      while (server.isolation.state === 'serving') await sleep(5)
      throw new Error(SECRET)
    },
    answers: [masked()],
  },
  hung: { name: 'hung', handler: never, answers: [{ ...good(0), isCut: true }] },
  recycle: {
    name: 'recycle',
    isFaulty: true,
    handler: () => {
      setImmediate(() => {
        throw RECYCLES
      })
      return never()
    },
    answers: [masked()],
  },
  fatal: {
    name: 'fatal',
    isFaulty: true,
    handler: async () => {
      throw new FatalError(SECRET)
    },
    answers: [masked()],
  },
} as const satisfies Record<string, Form>
