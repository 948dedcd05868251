import { attempt } from '../attempt.ts'
import { load } from '../load.ts'

/**
 * Returns the media types that a client accepts, the best first. Returns none where `negotiator` cannot be loaded, as
 * in a bundle without it: then the client gets the usual answer.
 *
 * @param accept The value of the `Accept` header.
 * @param offered The types that the client can choose from. Default: any.
 */
export function acceptedTypes(accept: string, offered?: string[]): string[] {
  const Negotiator = attempt(() => load('negotiator') as typeof import('negotiator'), undefined)
  return Negotiator === undefined ? [] : new Negotiator({ headers: { accept } }).mediaTypes(offered)
}
