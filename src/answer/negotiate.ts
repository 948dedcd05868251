import type Negotiator from 'negotiator'
import { load } from '../load.ts'

/**
 * Returns a negotiator for an `Accept` header.
 *
 * @param accept The header's value.
 */
export function negotiate(accept: string): Negotiator {
  const Negotiator = load('negotiator') as typeof import('negotiator')
  return new Negotiator({ headers: { accept } })
}
