import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import { attempt } from '../attempt.ts'
import type { Fault } from '../fault/fault.ts'
import { serializeError } from '../fault/serialize.ts'
import { messageOf, ownProperty } from '../fault/thrown.ts'
import { describeFault, firstLine } from './describe-fault.ts'
import { workingLogger, writeFatalLine } from './failed-destination.ts'
import type { HeldBack } from './rate-limit.ts'
import { type RequestLine, requestLine, SERIALIZERS } from './request-line.ts'
import { isSilent } from './silence.ts'
import { IDENTITY_SERIALIZERS, stderrLogger } from './stderr.ts'

type Level = 'fatal' | 'error' | 'warn' | 'info'

/** The fields of a fault's log line. */
interface FaultLine {
  err: unknown
  fault: Record<string, unknown>
  req?: RequestLine
  [extra: string]: unknown
}

/** What to log with a fault. */
interface About {
  /** The request itself, while it has not finished. */
  readonly request?: FastifyRequest | undefined
  /** Whether the request had ended well before. */
  readonly isFinished?: boolean | undefined
  /** Whether nothing else tells of the fault: then a silent logger's line goes to stderr. */
  readonly isUnheard?: boolean | undefined
  /** More fields of the line, such as the bytes that a stream had sent. */
  readonly extra?: Record<string, unknown> | undefined
}

/**
 * Writes a line whose `req` and `err` stay as they are: Fastify's own `req` serializer would drop the route. For that
 * one line a pino gets other serializers, since a child of it costs as much as the line.
 */
export function writeAsIs(log: FastifyBaseLogger, level: Level, line: object, message: string): void {
  const serializers = ownProperty(log, SERIALIZERS)
  if (typeof serializers !== 'object' || Object.isFrozen(log)) {
    childWithIdentitySerializers(log)[level](line, message)
    return
  }
  const pino = log as unknown as { [SERIALIZERS]: unknown }
  pino[SERIALIZERS] = asIsOf(serializers)
  try {
    log[level](line, message)
  } finally {
    pino[SERIALIZERS] = serializers
  }
}

/** The serializers of the newest line, and those made of them: the loggers of all requests share theirs. */
let lastSerializers: object | null | undefined
let lastAsIs: object = IDENTITY_SERIALIZERS

function asIsOf(serializers: object | null): object {
  if (serializers !== lastSerializers) {
    lastAsIs = Object.assign(Object.create(serializers), IDENTITY_SERIALIZERS)
    lastSerializers = serializers
  }
  return lastAsIs
}

function childWithIdentitySerializers(log: FastifyBaseLogger): FastifyBaseLogger {
  // Without a child, the logger itself may still write.
  return attempt(() => log.child({}, { serializers: IDENTITY_SERIALIZERS }) ?? log, log)
}

function lineOf(log: FastifyBaseLogger, fault: Fault, about: About): FaultLine {
  const { id, origin, verdict, fingerprint, attributedTo, request, job } = fault
  const line: FaultLine = {
    err: serializeError(fault.error),
    fault: { id, origin, verdict, fingerprint, attributedTo, ...(job !== undefined && { job }) },
  }
  if (request !== undefined) line.req = requestLine(log, request, about.request)
  if (line.req !== undefined && about.isFinished) line.req.finished = true
  return about.extra === undefined ? line : Object.assign(line, about.extra)
}

/**
 * Logs a fault in one line, at `fatal` or `error`, through the request's own logger. Where that logger throws, the
 * line goes to stderr. Never throws.
 */
export function logFault(log: FastifyBaseLogger, fault: Fault, about: About = {}): void {
  const level = fault.verdict === 'fatal' ? 'fatal' : 'error'
  try {
    const line = lineOf(log, fault, about)
    const message = describeFault(fault, about.extra?.phase === 'boot')
    try {
      if (isSilent(log)) {
        if (level === 'fatal' || about.isUnheard) stderrLogger()[level](line, message)
        return
      }
      const write = (target: FastifyBaseLogger): void => writeAsIs(target, level, line, message)
      if (level === 'fatal') writeFatalLine(log, write)
      else write(workingLogger(log))
    } catch (failure) {
      stderrLogger()[level]({ ...line, loggerFailure: serializeError(failure) }, message)
    }
  } catch {
    // stderr cannot be written either: the line is lost
  }
}

export const HANDLED_LATE = 'a rejection was handled late'

/** Logs that the rejection of a fault was handled late. Never throws. */
export function logHandledLate(log: FastifyBaseLogger, fault: Fault): void {
  try {
    const req = fault.request && requestLine(log, fault.request, undefined)
    const line = { err: serializeError(fault.error), faultId: fault.id, req }
    const message = `${HANDLED_LATE}: ${firstLine(messageOf(fault.error))}`
    writeAsIs(workingLogger(log), 'warn', line, message)
  } catch {
    // the fault itself is logged already
  }
}

/**
 * Logs how many faults of a bug, or lines of one kind, were counted but not logged in one window. Never throws.
 *
 * @param isUnheard Whether nothing else tells of the faults: then the line of a silent logger goes to stderr.
 */
export function logHeldBack(log: FastifyBaseLogger, held: HeldBack, isUnheard = false): void {
  const { fingerprint, line, heldBack, window, route, reqId } = held
  const about = { route, exampleReqId: reqId }
  try {
    if (line !== undefined) {
      const message = `${heldBack} more lines of this kind were not logged: ${line.message}`
      workingLogger(log)[line.level]({ heldBack, window, ...about }, message)
      return
    }
    const message = `${heldBack} more faults of this kind were not logged`
    const target = isUnheard && isSilent(log) ? stderrLogger() : workingLogger(log)
    target.error({ fault: { fingerprint, heldBack, window }, ...about }, message)
  } catch {
    // a logger that throws must not end the process from a timer
  }
}

/** Before what a client left. */
export type ClientLeft = 'its request was done' | 'it had its answer'

/** Logs that a client disconnected, which is not a fault. Never throws. */
export function logClientAbort(
  log: FastifyBaseLogger,
  error: unknown,
  before: ClientLeft = 'its request was done',
): void {
  write(log, 'info', `the client went away before ${before}`, { err: serializeError(error) })
}

/**
 * Logs at `error` a failure that is no fault of its own: an option of the app that threw, an answer that failed. Never
 * throws.
 */
export function logFailure(
  log: FastifyBaseLogger,
  error: unknown,
  message: string,
  fields?: Record<string, unknown>,
): void {
  write(log, 'error', message, { ...fields, err: serializeError(error) })
}

/** As {@link logFailure}, at `warn`. */
export function logWarning(
  log: FastifyBaseLogger,
  error: unknown,
  message: string,
  fields?: Record<string, unknown>,
): void {
  write(log, 'warn', message, { ...fields, err: serializeError(error) })
}

function write(
  log: FastifyBaseLogger,
  level: 'info' | 'warn' | 'error',
  message: string,
  line: Record<string, unknown>,
): void {
  try {
    writeAsIs(workingLogger(log), level, line, message)
  } catch {
    // a logger that throws must not undo the answer
  }
}
