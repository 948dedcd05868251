import { errorMonitor } from 'node:events'
import { attempt } from '../attempt.ts'
import { isErrorStatus } from '../fault/http-error.ts'
import { readProperty, typeName } from '../fault/thrown.ts'

/**
 * Errors of body streams, and of promises of validators, that had no status when they came. Fastify puts a 400 on them
 * (`rawBody` in `lib/content-type-parser.js`, `wrapValidationError` in `lib/validation.js`), which then looks like the
 * app's own word.
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
  const code = readProperty(error, 'code')
  if (typeof code !== 'string' || !BAD_DATA.test(code)) rememberStatusless(error)
}

function rememberStatusless(error: unknown): void {
  if (typeof error !== 'object' || error === null) return
  if (!isErrorStatus(readProperty(error, 'statusCode'))) withoutStatus.add(error)
}

/** What validators call the error that says what is wrong with the data. */
const OF_DATA = /(?:Validation|Zod|Vali)Error$/

/** Remembers what the promise of a validator rejects with, unless it says that the data is wrong. Never throws. */
export function rememberRejected(error: unknown): void {
  if (!OF_DATA.test(typeName(error))) rememberStatusless(error)
}
