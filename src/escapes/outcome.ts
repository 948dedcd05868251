import type { Fault } from '../fault/fault.ts'
import type { IsolatedApp } from '../isolated-app.ts'
import type { RequestOutcome } from '../log/answered-message.ts'
import type { RequestContext } from '../request/context.ts'

const followed: WeakSet<RequestContext> = new WeakSet()

/**
 * Tells, when the response of a request is over, what became of the request. Called again for the same request, it
 * does nothing: an escape that follows another has no outcome of its own.
 *
 * @param fault What escaped from the request.
 */
export function followOutcome(app: IsolatedApp, context: RequestContext, fault: Fault): void {
  if (followed.has(context)) return
  followed.add(context)
  const tell = (): void => app.recordOutcome(context, fault, outcomeOf(context))
  if (context.done) tell()
  else context.tellOutcome = tell
}

function outcomeOf({ ended, clientLeft }: RequestContext): RequestOutcome {
  if (clientLeft) return 'gone'
  return ended === 'forced' || ended === 'cut' ? ended : 'by itself'
}
