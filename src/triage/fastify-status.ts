import { errorMonitor } from 'node:events'
import { attempt } from '../attempt.ts'
import { isErrorStatus } from '../fault/http-error.ts'
import { readProperty } from '../fault/thrown.ts'

/**
 * Errors of body streams that had no status when they came. Fastify puts a 400 on them (`lib/content-type-parser.js`,
 * `rawBody`), which then looks like the app's own word.
 */
const withoutStatus: WeakSet<object> = new WeakSet()

/** How Node names what is wrong with compressed data: a client has sent it. */
const BAD_DATA = /^(?:Z_|ZSTD_|ERR__ERROR_)/

/** Whether the status of an error was put on it by Fastify, so that it is not the app's word. Never throws. */
export function hasStatusOfFastify(error: unknown): boolean {
  return typeof error === 'object' && error !== null && withoutStatus.has(error)
}

/** Remembers what a body that a hook of the app has put in place of the client's fails with. Never throws. */
export function watchBody(stream: unknown): void {
  attempt(() => (stream as NodeJS.EventEmitter).on(errorMonitor, remember), undefined)
}

function remember(error: unknown): void {
  if (typeof error !== 'object' || error === null || isErrorStatus(readProperty(error, 'statusCode'))) return
  const code = readProperty(error, 'code')
  if (typeof code !== 'string' || !BAD_DATA.test(code)) withoutStatus.add(error)
}
