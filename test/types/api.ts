/**
 * Types are tested by compiling this file: a line that must not compile says so with `@ts-expect-error`, which
 * is itself an error where the line compiles.
 */
import type { IncomingMessage } from 'node:http'
import Fastify, { type FastifyInstance } from 'fastify'
import defaultExport, {
  type AnsweredMessage,
  FatalError,
  type Fault,
  type FaultCounts,
  type IsolateOptions,
  type Isolation,
  type IsolationState,
  isolate,
  type RequestIsolation,
  type RequestOutcome,
  type Verdict,
} from '../../src/index.ts'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <_Check extends true>(): void => undefined

export function registers(app: FastifyInstance): void {
  app.register(isolate())
  app.register(isolate({ grace: 500, leave: { deadline: 5_000, signals: ['SIGTERM'] } }))
  app.register(isolate, { expose: true })
  app.register(isolate)
  app.register(defaultExport())
  // @ts-expect-error an unknown option
  app.register(isolate({ gracee: 500 }))
  // @ts-expect-error a wrong type
  app.register(isolate, { grace: '1s' })
  // @ts-expect-error not a signal
  isolate({ leave: { signals: ['SIGTREM'] } })
  // @ts-expect-error not a verdict
  isolate({ classify: () => 'restart' })
}

/** The types of another copy of Fastify, which know nothing of `isolation`. */
interface OtherInstance {
  readonly isOther: true
  register<Options>(
    plugin: (instance: OtherInstance, options: Options, done: (error?: Error) => void) => void,
    options?: Options,
  ): void
  getDecorator<T>(name: string): T
}

export function registersOnAnotherCopy(
  app: OtherInstance,
  request: { id: string; raw: IncomingMessage; server: OtherInstance },
): void {
  app.register(isolate())
  app.register(isolate)
  app.register(isolate, { grace: 500 })
  app.getDecorator<Isolation>('isolation').report(new Error('seen'), request)
}

export const options: IsolateOptions = {
  classify: (fault, proposed) => (fault.origin === 'exception' ? 'fatal' : proposed),
  expected: (error, request) => error instanceof RangeError && request?.method === 'GET',
  answer: (fault, request, reply) => reply.code(502).send({ id: fault.id, path: request.url }),
  errorHandler: (error, _request, reply) => reply.code(error.statusCode ?? 500).send(error.message),
  onFault: (fault) => fault.request?.route?.toUpperCase(),
}

export function routes(app: FastifyInstance): void {
  app.get('/off', { config: { isolate: false } }, async () => 'ok')
  app.get('/own', { config: { isolate: { answer: 'problem', grace: 0 } } }, async () => 'ok')
  // @ts-expect-error a wrong word
  app.get('/wrong', { config: { isolate: { answer: 'xml' } } }, async () => 'ok')
}

export async function isolation(app: FastifyInstance): Promise<void> {
  same<Same<typeof app.isolation.state, IsolationState>>()
  same<Same<typeof app.isolation.counts, FaultCounts>>()
  same<Same<typeof app.isolation.recycleDue, number | undefined>>()
  const fault: Fault = app.isolation.report(new FatalError('gone', { cause: 1 }))
  same<Same<typeof fault.job, string | undefined>>()
  const sent: number = await app.isolation.job('mail', async () => 1)
  const made: string = app.isolation.job('mail', () => String(sent))
  // @ts-expect-error a job has a name
  app.isolation.job(() => made)
  await app.isolation.leave('a new version is out')
  // @ts-expect-error read only
  app.isolation.state = 'serving'
  // @ts-expect-error read only
  fault.verdict = 'contain'
}

export function becomesKnown({ fault, outcome }: AnsweredMessage): Fault {
  same<Same<typeof outcome, RequestOutcome>>()
  same<Same<RequestOutcome, 'by itself' | 'forced' | 'cut' | 'gone'>>()
  return fault
}

export function hasSignal(app: FastifyInstance): void {
  app.get('/signal', async (request) => {
    same<Same<typeof request.isolation, RequestIsolation>>()
    // @ts-expect-error read only
    request.isolation.signal = AbortSignal.abort()
    return fetch('http://upstream.internal/', { signal: request.isolation.signal })
  })
}

/** A fault's verdict narrows, and a switch over it is exhaustive. */
export function narrows(fault: Fault): string {
  switch (fault.verdict) {
    case 'contain':
      return 'served on'
    case 'recycle':
      return 'replaced later'
    case 'fatal':
      return 'left'
    default: {
      const never: never = fault.verdict
      return never
    }
  }
}

export function keepsInference(): void {
  const app = Fastify()
  app.register(isolate())
  app.get<{ Params: { id: string } }>('/:id', async (request) => {
    same<Same<typeof request.params.id, string>>()
    return request.params.id
  })
  same<Same<Verdict, 'contain' | 'recycle' | 'fatal'>>()
  // @ts-expect-error what was thrown can be anything
  const thrown: Error = app.isolation.report(1).error
  void thrown
}
