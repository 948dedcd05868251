import { attempt } from '../attempt.ts'
import { load } from '../load.ts'

/** Characters of an `Accept` header that is read; those of browsers have 200. A client may send 16 KiB, or more. */
const MAX_ACCEPT = 2048

/**
 * Returns the media types that a client accepts, the best first. Returns none for a header that is too long, and where
 * `negotiator` cannot be loaded, as in a bundle without it: then the client gets the usual answer.
 *
 * @param accept The value of the `Accept` header.
 * @param offered The types that the client can choose from. Default: any.
 */
export function acceptedTypes(accept: string, offered?: string[]): string[] {
  if (accept.length > MAX_ACCEPT) return []
  const Negotiator = attempt(() => load('negotiator') as typeof import('negotiator'), undefined)
  return Negotiator === undefined ? [] : new Negotiator({ headers: { accept } }).mediaTypes(offered)
}
