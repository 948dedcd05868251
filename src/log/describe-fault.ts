import type { Fault } from '../fault/fault.ts'
import { traceOf } from '../fault/stack.ts'
import { messageOf } from '../fault/thrown.ts'

/** Returns the first line of a text, cut to 200 characters. */
export function firstLine(text: string): string {
  const end = text.indexOf('\n')
  const line = end === -1 ? text : text.slice(0, end)
  return line.length > 200 ? `${line.slice(0, 200)}…` : line
}

/** What is said of a fatal fault before the app has served. */
export const START_FAILED = 'the start failed'

/**
 * Says in a line what happened, and to whom.
 *
 * @param isBoot Whether the app has not served yet. Default: it has.
 */
export function describeFault(fault: Fault, isBoot = false): string {
  const { origin, error, attributedTo, request, job, verdict } = fault
  const message = firstLine(messageOf(error))
  if (origin === 'runaway') return `${runawayOf(fault)} ${message} and was ended${innermostFrame(error)}`
  if (request === undefined) {
    const where = isBoot && verdict === 'fatal' ? START_FAILED : 'error outside of any request'
    return `${job === undefined ? where : `job ${firstLine(job)} failed`}: ${message}`
  }
  // What was caught in the call is certain, everything else is a guess of Node's.
  if (attributedTo === 'call') {
    return `${request.method === '' ? 'connection failed' : 'request failed'}: ${message}`
  }
  return `an error escaped, perhaps from ${requestName(request)}: ${message}`
}

/** Names a request by its route. */
export function requestName({
  method,
  route,
}: {
  method: string
  route?: string | null | undefined
}): string {
  return method === '' ? 'a connection' : `${method} ${route ?? '(no route)'}`
}

function runawayOf({ request, job }: Fault): string {
  if (request !== undefined) return requestName(request)
  return job === undefined ? 'code of no request' : `job ${firstLine(job)}`
}

/** Where it ran, such as ` at spin (file:///srv/app.js:3:5)`; empty where that is not known. */
function innermostFrame(error: unknown): string {
  const frame = firstLine(traceOf(error).trim())
  return frame === '' ? '' : ` ${frame}`
}
