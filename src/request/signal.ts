import type { FastifyRequest } from 'fastify'
import { someInChain } from '../fault/chain.ts'
import type { RequestIsolation } from '../isolation.ts'
import { requestStorage } from './async-context.ts'
import type { RequestContext } from './context.ts'
import { contextOfRequest } from './context-slot.ts'

/** The reason of the abort. By its name it is known as an abort wherever it comes up again. */
class AbortReason extends Error {
  override readonly name: string = 'AbortError'
  readonly code: 'FST_ISOLATE_FORCED' | 'FST_ISOLATE_CLIENT_GONE'

  constructor({ clientLeft }: RequestContext) {
    super(
      clientLeft
        ? 'the client went away before it had its answer'
        : 'the request was answered or cut before its handler had answered',
    )
    this.code = clientLeft ? 'FST_ISOLATE_CLIENT_GONE' : 'FST_ISOLATE_FORCED'
  }
}

/** Whether an error is the reason that a request's signal was aborted with, or is caused by it. */
export function isAbortOfRequest(error: unknown): boolean {
  return someInChain(error, (each) => each instanceof AbortReason)
}

class IsolationOfRequest implements RequestIsolation {
  readonly #request: FastifyRequest
  #signal: AbortSignal | undefined = undefined

  constructor(request: FastifyRequest) {
    this.#request = request
  }

  get signal(): AbortSignal {
    this.#signal ??= signalOf(this.#request)
    return this.#signal
  }
}

const isolations: WeakMap<FastifyRequest, RequestIsolation> = new WeakMap()

/** Returns `request.isolation`, which is made on first use. */
export function isolationOfRequest(request: FastifyRequest): RequestIsolation {
  let isolation = isolations.get(request)
  if (isolation === undefined) {
    isolation = new IsolationOfRequest(request)
    isolations.set(request, isolation)
  }
  return isolation
}

function signalOf(request: FastifyRequest): AbortSignal {
  const context = contextOfRequest(request)
  // a route that opted out is as in bare Fastify
  if (context === undefined) return request.signal
  const isOver = context.ended !== undefined || (context.done && context.isCutShort)
  return isOver ? AbortSignal.abort(new AbortReason(context)) : abortedWith(context)
}

function abortedWith(context: RequestContext): AbortSignal {
  const controller = new AbortController()
  // what the app does when it is aborted waits until the answer is made
  const abort = (): void => {
    const reason = new AbortReason(context)
    process.nextTick(() => controller.abort(reason))
  }
  if (!context.done) {
    context.abortSignal = context.route.escapes ? () => requestStorage.run(context.stored, abort) : abort
  }
  return controller.signal
}
