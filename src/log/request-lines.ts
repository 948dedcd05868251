import type { FastifyBaseLogger } from 'fastify'
import type { Fault } from '../fault/fault.ts'
import {
  type ClientLeft,
  HANDLED_LATE,
  logClientAbort,
  logFailure,
  logHandledLate,
  logWarning,
} from './log.ts'
import type { LineLimit } from './rate-limit.ts'

/** A request, with what a line about it depends on. */
export interface LoggedRequest {
  readonly log: FastifyBaseLogger
  readonly route: { readonly lines: LineLimit; readonly pattern: string | undefined }
  snapshot(): { readonly id: string }
}

// A client can cause these lines as often as it likes, so they go by the limit of faults. Nothing here throws.

function isAdmitted(request: LoggedRequest, level: 'info' | 'warn' | 'error', message: string): boolean {
  const { lines, pattern } = request.route
  return lines.admitsLine({ level, message, route: pattern, reqId: request.snapshot().id })
}

/** As `logFailure`, of a request. */
export function logRequestFailure(
  request: LoggedRequest,
  error: unknown,
  message: string,
  fields?: Record<string, unknown>,
): void {
  if (isAdmitted(request, 'error', message)) logFailure(request.log, error, message, fields)
}

/** As `logWarning`, of a request. */
export function logRequestWarning(request: LoggedRequest, error: unknown, message: string): void {
  if (isAdmitted(request, 'warn', message)) logWarning(request.log, error, message)
}

/** Logs that the client of a request disconnected, which is not a fault. */
export function logRequestAbort(request: LoggedRequest, error: unknown, before?: ClientLeft): void {
  if (isAdmitted(request, 'info', 'the client went away')) logClientAbort(request.log, error, before)
}

/** Logs that the rejection of a fault of a request was handled late. */
export function logRequestHandledLate(request: LoggedRequest, fault: Fault): void {
  if (isAdmitted(request, 'warn', HANDLED_LATE)) logHandledLate(request.log, fault)
}
