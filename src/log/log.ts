import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import type { Fault } from '../fault/fault.ts'
import { serializeError } from '../fault/serialize.ts'
import { messageOf } from '../fault/thrown.ts'
import type { HeldBack } from './rate-limit.ts'
import { type RequestLine, requestLine } from './request-line.ts'
import { PLAIN, stderrLogger } from './stderr.ts'

/** What a fault's log line holds besides what the logger adds. */
interface FaultLine {
  err: unknown
  fault: Record<string, unknown>
  req?: RequestLine
  [extra: string]: unknown
}

/** What a line tells besides the fault. */
interface About {
  /** The request itself, while it has not finished. */
  readonly request?: FastifyRequest | undefined
  /** More fields of the line, such as the bytes that a stream had sent. */
  readonly extra?: Record<string, unknown> | undefined
}

/** Whether this is the logger of an app with `logger: false`: all its methods are one that does nothing. */
function isSilent(log: FastifyBaseLogger): boolean {
  if (log.level === 'silent') return true
  return log.fatal === log.info && /\{\s*\}$/.test(Function.prototype.toString.call(log.fatal))
}

/** Fastify's own `req` serializer would drop the route. */
function withPlainRequest(log: FastifyBaseLogger): FastifyBaseLogger {
  try {
    return log.child({}, { serializers: PLAIN }) ?? log
  } catch {
    return log // it may still write
  }
}

function lineOf(log: FastifyBaseLogger, fault: Fault, about: About): FaultLine {
  const { id, origin, verdict, fingerprint, attributedTo, request } = fault
  const line: FaultLine = {
    err: serializeError(fault.error),
    fault: { id, origin, verdict, fingerprint, attributedTo },
  }
  if (request !== undefined) line.req = requestLine(log, request, about.request)
  return about.extra === undefined ? line : Object.assign(line, about.extra)
}

function firstLine(text: string): string {
  const end = text.indexOf('\n')
  const line = end === -1 ? text : text.slice(0, end)
  return line.length > 200 ? `${line.slice(0, 200)}…` : line
}

/**
 * Writes the one line of a fault: at `fatal` or `error`, through the request's own logger. A logger that throws
 * costs the line its place but not its content: it goes to stderr. Never throws.
 */
export function logFault(log: FastifyBaseLogger, fault: Fault, about: About = {}): void {
  const level = fault.verdict === 'fatal' ? 'fatal' : 'error'
  const what = fault.request === undefined ? 'error outside of any request' : 'request failed'
  try {
    const line = lineOf(log, fault, about)
    const message = `${what}: ${firstLine(messageOf(fault.error))}`
    try {
      if (isSilent(log)) {
        if (level === 'fatal') stderrLogger().fatal(line, message)
        return
      }
      withPlainRequest(log)[level](line, message)
    } catch (failure) {
      stderrLogger()[level]({ ...line, loggerFailure: serializeError(failure) }, message)
    }
  } catch {
    // stderr is closed: there is nobody left to tell
  }
}

/** Says that a fault was none: its rejection was handled after all. Never throws. */
export function logHandledLate(log: FastifyBaseLogger, fault: Fault): void {
  try {
    const req = fault.request && requestLine(log, fault.request, undefined)
    const line = { err: serializeError(fault.error), faultId: fault.id, req }
    withPlainRequest(log).warn(line, `a rejection was handled late: ${firstLine(messageOf(fault.error))}`)
  } catch {
    // the fault has its line
  }
}

/** The one line a window that stands for the faults of a bug which were counted but not logged. Never throws. */
export function logHeldBack(log: FastifyBaseLogger, held: HeldBack): void {
  const { fingerprint, heldBack, window, route, reqId } = held
  try {
    const message = `${heldBack} more faults of this kind were not logged`
    log.error({ fault: { fingerprint, heldBack, window }, route, exampleReqId: reqId }, message)
  } catch {
    // a logger that throws must not end the process from a timer
  }
}

/** Says that a client went away: nobody's fault. Never throws. */
export function logClientAbort(
  log: FastifyBaseLogger,
  error: unknown,
  before: 'its request was done' | 'it had its answer' = 'its request was done',
): void {
  logTrouble(log, 'info', error, `the client went away before ${before}`)
}

/** Logs what went wrong in the handling itself: a hook of the app that threw, an answer that failed. Never throws. */
export function logTrouble(
  log: FastifyBaseLogger,
  level: 'info' | 'warn' | 'error',
  error: unknown,
  message: string,
  fields?: Record<string, unknown>,
): void {
  try {
    withPlainRequest(log)[level]({ ...fields, err: serializeError(error) }, message)
  } catch {
    // a logger that throws must not undo the answer
  }
}
